"""A producer follows its contacts and asks for them."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest import mock

from tests.server import TENANT, WithServer
from wissel_client import ApiError, NotAnswered, Producer, producer


class Following(WithServer):
    async def test_a_contact_is_followed_to_its_end(self) -> None:
        async with Producer(self.url, TENANT) as client:
            follow = await client.follow("c1")
            await client.create_contact("c1", channel="voice", queue="sales", attributes={"topic": "loan"})
            await client.end_contact("c1")
            await self.say_to("contact.c1", "queued", 1, contact="c1", queue="sales")
            await self.say_to("contact.c1", "queued", 1, contact="c1", queue="sales")
            await self.say_to("contact.c2", "queued", 2, contact="c2", queue="sales")
            await self.say_to("contact.c1", "ended", 3, contact="c1", outcome="abandoned")
            self.assertEqual([message["type"] async for message in follow], ["queued", "ended"])
        expected = [
            {
                "type": "contact_create",
                "contact": "c1",
                "channel": "voice",
                "queue": "sales",
                "attributes": {"topic": "loan"},
            },
            {"type": "contact_end", "contact": "c1", "by": "customer"},
        ]
        self.assertEqual([body for _, body, _ in await self.stored()], expected)

    async def test_an_end_that_was_missed_is_asked_for(self) -> None:
        await self.answer("contact.get", lambda _: {"contact": "c1", "state": "closed", "outcome": "completed"})
        async with Producer(self.url, TENANT) as client:
            with mock.patch.object(producer, "SILENCE_SECONDS", 0.1):
                follow = await client.follow("c1")
                messages = [message async for message in follow]
        self.assertEqual(messages, [{"type": "ended", "contact": "c1", "outcome": "completed"}])

    async def test_following_has_a_limit(self) -> None:
        async with Producer(self.url, TENANT) as client:
            follow = await client.follow("c1", limit=0.1)
            with self.assertRaises(asyncio.TimeoutError):
                await follow.__anext__()


class Asking(WithServer):
    async def test_questions_are_answered(self) -> None:
        known = {"c1": {"contact": "c1", "state": "active"}}
        queues = [{"queue": "sales", "waiting": 3}]
        await self.answer("contact.get", lambda question: known[question["contact"]])
        await self.answer("queue.list", lambda _: {"queues": queues})
        async with Producer(self.url, TENANT) as client:
            self.assertEqual(await client.get_contact("c1"), known["c1"])
            self.assertEqual(await client.queues(), queues)
            with self.assertRaises(ApiError) as raised:
                await client.get_contact("c2")
            self.assertEqual(raised.exception.code, "404")
            with self.assertRaises(ValueError):
                await client.get_contact("c.*")

    async def test_a_node_that_is_not_ready_is_asked_again(self) -> None:
        asked = 0

        def reply(_: dict[str, Any]) -> dict[str, Any]:
            nonlocal asked
            asked += 1
            if asked < 3:
                raise BlockingIOError
            return {"queues": []}

        await self.answer("queue.list", reply)
        async with Producer(self.url, TENANT) as client:
            self.assertEqual(await client.queues(), [])
        self.assertEqual(asked, 3)

    async def test_asking_ends(self) -> None:
        async with Producer(self.url, TENANT) as client:
            with self.assertRaisesRegex(NotAnswered, "check that a node owns"):
                await client._ask("queue.list", {}, limit=0.3)
