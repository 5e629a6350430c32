"""What the three clients share: one NATS connection, inputs that are stored or known not to be, and questions.

An input counts once JetStream has acknowledged it. A lost acknowledgement says nothing about the input, so the
same bytes are sent again under the same `Nats-Msg-Id` until one is acknowledged: the stream drops what it has.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import time
from collections.abc import Mapping
from typing import Any, TypeVar

import nats.errors
import nats.js.errors
from nats.aio.client import Client

log = logging.getLogger("wissel_client")

#: Longest wait for one acknowledgement or answer; a healthy server takes milliseconds.
TRY_LIMIT = 2.0
#: How long an input is sent again. Far less than the stream's dedupe window of ten minutes, within which a
#: repeat is recognised; more than a change of the stream's leader takes.
STORE_LIMIT = 30.0
#: How long a question is asked again; the API is silent while a shard changes its owner.
ASK_LIMIT = 10.0
CONNECT_LIMIT = 10.0
#: The server is asked this often whether it is still there, and given up after the second silence.
PING_INTERVAL = 2
#: The node has not read its journal to the end yet, or is overrun.
NOT_READY = "503"
#: The first copy is still on its way to the stream's replicas; a later try tells whether it arrived.
DUPLICATE_IN_PROCESS = 10158
BACKOFF_FIRST, BACKOFF_MAX = 0.05, 1.0

C = TypeVar("C", bound="Connection")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class WisselError(Exception):
    """Any failure of this client."""


class NotConnected(WisselError):
    """There is no connection to speak over."""


class NotStored(WisselError):
    """No acknowledgement came in time, or the stream refuses the input. After a time-out it may be stored."""


class NotAnswered(WisselError):
    """Nobody answered a question in time."""


class ApiError(WisselError):
    """The API answered with an error: `code` as in HTTP, 404 for what does not exist."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code


def checked_id(text: str, what: str) -> str:
    """Ids stand in subjects, so one with a dot or a wildcard would speak for somebody else."""
    if not _ID.fullmatch(text):
        raise ValueError(f"{what} {text!r} is not an id; use 1 to 64 of A-Z a-z 0-9 _ and -")
    return text


def without_absent(body: Mapping[str, Any]) -> dict[str, Any]:
    """An optional field is left out, so that the receiver's own default holds."""
    return {name: value for name, value in body.items() if value is not None}


class Connection:
    """One connection of one tenant's client. Use it as `async with`."""

    def __init__(self, servers: str | list[str], tenant: str, **options: Any) -> None:
        """`options` go to the NATS client's `connect`: `tls`, `user_credentials`, `inbox_prefix` and so on."""
        self.tenant = checked_id(tenant, "the tenant")
        self._servers = servers
        self._options = options
        self._nats: Client | None = None

    async def connect(self) -> None:
        """Connects, and from then on connects again by itself whenever the connection breaks."""
        options: dict[str, Any] = {
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": 0.2,
            "ping_interval": PING_INTERVAL,
            "max_outstanding_pings": 2,
            "connect_timeout": 2,
            "error_cb": self._on_error,
            "disconnected_cb": self._on_disconnected,
            "reconnected_cb": self._on_connected,
            **self._options,
        }
        client = Client()
        try:
            await asyncio.wait_for(client.connect(self._servers, **options), CONNECT_LIMIT)
        except (OSError, asyncio.TimeoutError, nats.errors.Error) as error:
            await client.close()
            raise NotConnected(
                f"no NATS server answered at {self._servers} within {CONNECT_LIMIT:g} s ({error!r}); "
                "check that it runs and that the address is right"
            ) from error
        self._nats = client
        await self._on_connected()

    async def close(self) -> None:
        """Closes the connection and nothing else: an agent who leaves signs out first."""
        if self._nats is not None:
            await self._nats.close()
            self._nats = None

    async def __aenter__(self: C) -> C:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def is_connected(self) -> bool:
        return self._nats is not None and self._nats.is_connected

    @property
    def nats(self) -> Client:
        if self._nats is None:
            raise NotConnected("the client is not connected; call connect() or use it as `async with`")
        return self._nats

    async def _on_connected(self) -> None:
        """Called after each connecting; subscriptions of before are in place again."""

    async def _on_disconnected(self) -> None:
        """Called after each loss of the connection, also at closing."""

    async def _on_error(self, error: Exception) -> None:
        log.info("NATS connection: %r", error)

    async def _store(
        self, subject: str, body: Mapping[str, Any] | bytes, message_id: str, limit: float = STORE_LIMIT
    ) -> int:
        """Publishes until it is known to be stored; gives its position in the stream.

        Every try sends the same bytes under the same id, so however many arrive, one is stored.
        """
        payload = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
        headers = {"Nats-Msg-Id": message_id}
        jetstream = self.nats.jetstream(timeout=TRY_LIMIT)
        deadline = time.monotonic() + limit
        backoff = Backoff()
        while True:
            try:
                if self.is_connected:
                    ack = await jetstream.publish(subject, payload, headers=headers)
                    return ack.seq
                problem = "the connection is broken"
            except (nats.errors.TimeoutError, nats.errors.OutboundBufferLimitError):
                problem = "no acknowledgement came"
            except nats.js.errors.NoStreamResponseError:
                problem = "no stream listens there: the tenant does not exist, or is being moved"
            except nats.js.errors.APIError as error:
                if error.code != 503 and error.err_code != DUPLICATE_IN_PROCESS:
                    raise NotStored(f"{subject}: the stream refuses the input: {error}") from error
                problem = f"the stream is not available ({error.description})"
            except nats.errors.MaxPayloadError as error:
                raise NotStored(f"{subject}: {len(payload)} bytes are more than the server takes") from error
            if time.monotonic() >= deadline:
                raise NotStored(
                    f"{subject}: not known to be stored after {limit:g} s: {problem}; read the state to see "
                    "whether it took effect, then decide again"
                )
            await asyncio.sleep(backoff.next())

    async def _ask(self, verb: str, body: Mapping[str, Any], limit: float = ASK_LIMIT) -> dict[str, Any]:
        """Asks the node's API. Questions change nothing, so they are simply asked again."""
        subject = f"wissel.api.{self.tenant}.{verb}"
        deadline = time.monotonic() + limit
        backoff = Backoff()
        while True:
            try:
                answer = await self.nats.request(subject, json.dumps(body).encode(), timeout=min(limit, TRY_LIMIT))
                headers = answer.headers or {}
                if headers.get("Nats-Service-Error-Code") != NOT_READY:
                    break
                problem = headers.get("Nats-Service-Error", "the node is not ready")
            except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
                problem = "nobody answered; check that a node owns the tenant's shard"
            if time.monotonic() >= deadline:
                raise NotAnswered(f"{subject}: no answer within {limit:g} s: {problem}")
            await asyncio.sleep(backoff.next())
        if "Nats-Service-Error-Code" in headers:
            raise ApiError(headers["Nats-Service-Error-Code"], headers.get("Nats-Service-Error", ""))
        found = json.loads(answer.data)
        if not isinstance(found, dict):
            raise ApiError("500", f"{subject}: the answer is not an object")
        return found


async def settle(client: Client) -> None:
    """Returns when the server has processed everything sent before, such as a subscription.

    nats-py writes the PING of a flush ahead of commands that still wait to be written. The first flush makes it
    write those, so the answer to the second comes after them.
    """
    await client.flush()
    await client.flush()


class Backoff:
    """Pauses that grow, spread out so that many clients do not come back at one moment."""

    def __init__(self) -> None:
        self._next = BACKOFF_FIRST

    def next(self) -> float:
        pause = self._next * random.uniform(0.5, 1.0)
        self._next = min(self._next * 2, BACKOFF_MAX)
        return pause
