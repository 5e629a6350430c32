"""An input is stored once, however its acknowledgement fares."""

from __future__ import annotations

import asyncio
import unittest

from examples.relay import Relay
from tests.server import AGENT, TENANT, WithServer
from wissel_client import Admin, Desktop, NotSignedIn, NotStored, Producer
from wissel_client.blake3 import blake3
from wissel_client.connection import settle


class Inputs(WithServer):
    async def test_a_lost_acknowledgement_is_asked_for_under_the_same_id(self) -> None:
        acks: list[bytes] = []

        def lose_the_first_ack(data: bytes) -> bytes:
            if b'"stream":"ING_1"' not in data:
                return data
            acks.append(data)
            return b"" if len(acks) == 1 else data

        async with Relay("127.0.0.1", self.port, lose_the_first_ack) as relay:
            async with Desktop(relay.url, TENANT, AGENT) as desktop:
                position = await desktop.sign_in()
                session = desktop.session
        self.assertEqual(position, 1)
        self.assertEqual(len(acks), 2)
        self.assertIn(b'"duplicate": true', acks[1].replace(b'":true', b'": true'))
        body = {"type": "sign_in", "session": session, "counter": 1}
        expected = (f"wissel.in.{TENANT}.agent.{AGENT}", body, f"{TENANT}.{AGENT}.{session}.1")
        self.assertEqual(await self.stored(), [expected])

    async def test_a_broken_connection_delays_an_input(self) -> None:
        async with Relay("127.0.0.1", self.port) as relay, Desktop(relay.url, TENANT, AGENT) as desktop:
            await desktop.sign_in()
            relay.cut()
            inputs = asyncio.gather(desktop.aux("lunch"), desktop.available())
            await asyncio.sleep(0.5)
            self.assertFalse(inputs.done())
            relay.mend()
            await inputs
        stored = [(body["type"], body["counter"]) for _, body, _ in await self.stored()]
        self.assertEqual(stored, [("sign_in", 1), ("aux", 2), ("available", 3)])

    async def test_a_tenant_that_is_being_moved_delays_an_input(self) -> None:
        async with Producer(self.url, "other") as producer:
            creation = asyncio.create_task(producer.create_contact("c1", channel="voice", queue="sales"))
            await asyncio.sleep(0.5)
            self.assertFalse(creation.done())
            await self.add_stream("ING_2", "wissel.in.other.>")
            self.assertEqual(await creation, 1)

    async def test_inputs_are_stored_in_the_order_of_their_counters(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await desktop.sign_in()
            await self.node.jetstream().delete_stream("ING_1")
            inputs = asyncio.gather(*(desktop.requeue(f"c{number}") for number in range(8)))
            await asyncio.sleep(0.5)
            await self.add_stream("ING_1", f"wissel.in.{TENANT}.>")
            await inputs
        self.assertEqual([body["counter"] for _, body, _ in await self.stored()], [*range(2, 10)])

    async def test_trying_ends(self) -> None:
        async with Producer(self.url, "nobody") as producer:
            with self.assertRaisesRegex(NotStored, "no stream listens there"):
                await producer._store("wissel.in.nobody.contact", {}, "id", limit=0.5)

    async def test_each_input_of_an_agent(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            with self.assertRaises(NotSignedIn):
                await desktop.available()
            await desktop.sign_in(aux="training")
            await desktop.drain()
            await desktop.drain(then="lunch")
            await desktop.complete("c1")
            await desktop.complete("c5", not_reached=True)
            await desktop.wrap_up_done("c1")
            await desktop.transfer("c2", queue="support", skills={"dutch": 3})
            await desktop.transfer("c3", agent="al", attributes={"topic": "loan", "draft": None})
            await desktop.transfer("c3", consult="k1")
            await desktop.consult("c3", "k1", queue="support")
            await desktop.consult("c3", "k2", agent="al", channel="chat", skills={"dutch": 3})
            await desktop.requeue("c4")
            await desktop.pull(queue="support")
            await desktop.pull(contact="c5")
            await desktop.quiet("c6")
            await desktop.sign_out()
            first = desktop.session
            await desktop.sign_in()
            self.assertGreater(desktop.session, first)
            with self.assertRaises(ValueError):
                await desktop.transfer("c3")
            with self.assertRaises(ValueError):
                await desktop.consult("c3", "k3")
            with self.assertRaises(ValueError):
                await desktop.pull()
        said = [body for _, body, _ in await self.stored()]
        self.assertEqual([one["counter"] for one in said], [*range(1, 17), 1])
        for one in said:
            del one["session"], one["counter"]
        expected = [
            {"type": "sign_in", "aux": "training"},
            {"type": "drain"},
            {"type": "drain", "aux": "lunch"},
            {"type": "complete", "contact": "c1"},
            {"type": "complete", "contact": "c5", "not_reached": True},
            {"type": "wrap_up_done", "contact": "c1"},
            {"type": "transfer", "contact": "c2", "to": {"queue": "support"}, "skills": {"dutch": 3}},
            {
                "type": "transfer",
                "contact": "c3",
                "to": {"agent": "al"},
                "attributes": {"topic": "loan", "draft": None},
            },
            {"type": "transfer", "contact": "c3", "to": {"consult": "k1"}},
            {"type": "consult", "contact": "c3", "consult": "k1", "to": {"queue": "support"}},
            {
                "type": "consult",
                "contact": "c3",
                "consult": "k2",
                "to": {"agent": "al"},
                "channel": "chat",
                "skills": {"dutch": 3},
            },
            {"type": "requeue", "contact": "c4"},
            {"type": "pull", "from": {"queue": "support"}},
            {"type": "pull", "from": {"contact": "c5"}},
            {"type": "quiet", "contact": "c6"},
            {"type": "sign_out"},
            {"type": "sign_in"},
        ]
        self.assertEqual(said, expected)

    async def test_each_input_of_a_producer(self) -> None:
        async with Producer(self.url, TENANT) as producer:
            await producer.create_contact("c1", channel="voice", attributes={"tier": "gold"})
            await producer.create_contact(
                "c2", channel="callback", not_before="2026-03-01T14:00:00Z", not_after="2026-03-01T15:00:00Z"
            )
            await producer.create_contact("c3", channel="desk", site="north", person=True)
            await producer.update_contact("c1", attributes={"tier": None, "topic": "loan"}, customer="k-5", person=True)
            await producer.update_contact("c1", attributes={})
            await producer.answer("c1", True)
            await producer.quiet("c1")
            await producer.reply("c1")
            await producer.end_contact("c1")
        expected = [
            {"type": "contact_create", "contact": "c1", "channel": "voice", "attributes": {"tier": "gold"}},
            {
                "type": "contact_create",
                "contact": "c2",
                "channel": "callback",
                "not_before": "2026-03-01T14:00:00Z",
                "not_after": "2026-03-01T15:00:00Z",
            },
            {"type": "contact_create", "contact": "c3", "channel": "desk", "site": "north", "person": True},
            {
                "type": "contact_update",
                "contact": "c1",
                "attributes": {"tier": None, "topic": "loan"},
                "customer": "k-5",
                "person": True,
            },
            {"type": "contact_update", "contact": "c1", "attributes": {}},
            {"type": "contact_answer", "contact": "c1", "accepts": True},
            {"type": "contact_quiet", "contact": "c1"},
            {"type": "contact_reply", "contact": "c1"},
            {"type": "contact_end", "contact": "c1", "by": "customer"},
        ]
        self.assertEqual([body for _, body, _ in await self.stored()], expected)

    async def test_heartbeats_name_the_session(self) -> None:
        beats = await self.node.subscribe(f"wissel.beat.{TENANT}.agent.{AGENT}")
        await settle(self.node)
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await desktop.sign_in()
            beat = await beats.next_msg(timeout=2)
            self.assertEqual(beat.data.decode(), f'{{"type": "beat", "session": {desktop.session}}}')
            self.assertLess(len(beat.data), 256)

    async def test_a_configuration_is_stored_before_it_is_named(self) -> None:
        await self.add_stream("CFG", "wissel.cfg.>")
        text = "version = 1\n"
        async with Admin(self.url, TENANT) as admin:
            await admin.apply_config(text)
            await admin.put_agent("jo", channels={"voice": {}, "chat": {"max": 2}}, skills={"dutch": 3})
            await admin.put_agent("al", channels={"desk": {}}, site="north", reserve=40, kind="bot")
            await admin.remove_agent("jo")
            await admin.switch_queue("sales", "paused")
            await admin.switch_agent("jo", "aux", aux="lunch")
            await admin.switch_agent("al", "signed_out")
            await admin.switch_agent("al", "drain", aux="lunch")
            await admin.assign_contact("c1", "al")
            await admin.requeue_contact("c1", queue="support")
            await admin.requeue_contact("c2")
            with self.assertRaisesRegex(ValueError, "open, paused or closed"):
                await admin.switch_queue("sales", "shut")
        digest = blake3(text.encode()).hex()
        found = await self.node.jetstream().get_msg("CFG", 1)
        self.assertEqual((found.subject, found.data), (f"wissel.cfg.{TENANT}.{digest}", text.encode()))
        expected = [
            {"type": "config_apply", "hash": digest},
            {
                "type": "agent_put",
                "agent": "jo",
                "channels": {"voice": {}, "chat": {"max": 2}},
                "skills": {"dutch": 3},
            },
            {
                "type": "agent_put",
                "agent": "al",
                "channels": {"desk": {}},
                "site": "north",
                "reserve": 40,
                "kind": "bot",
            },
            {"type": "agent_remove", "agent": "jo"},
            {"type": "queue_switch", "queue": "sales", "state": "paused"},
            {"type": "agent_switch", "agent": "jo", "presence": {"aux": "lunch"}},
            {"type": "agent_switch", "agent": "al", "presence": "signed_out"},
            {"type": "agent_switch", "agent": "al", "presence": {"drain_to_aux": "lunch"}},
            {"type": "contact_assign", "contact": "c1", "agent": "al"},
            {"type": "contact_requeue", "contact": "c1", "queue": "support"},
            {"type": "contact_requeue", "contact": "c2"},
        ]
        self.assertEqual([body for _, body, _ in await self.stored()], expected)


class Hash(unittest.TestCase):
    def test_the_published_vectors(self) -> None:
        """One block, one chunk, two chunks, an uneven tree, and one of five levels."""
        for size, digest in [
            (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
            (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
            (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
            (1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
            (3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"),
            (31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"),
        ]:
            self.assertEqual(blake3(bytes(at % 251 for at in range(size))).hex(), digest, size)
