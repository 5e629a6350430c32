"""What a desktop drops, and how it makes up for what it missed."""

from __future__ import annotations

import asyncio
from typing import Any

from examples.relay import Relay
from tests.server import AGENT, TENANT, WithServer, contact, moment, origin
from wissel_client import Desktop

#: After this long no further event is expected.
QUIET_SECONDS = 0.5


class Dropping(WithServer):
    async def test_repeats_older_messages_and_lower_epochs_are_dropped(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.offer("c1", commit=5, epoch=2)
            await self.offer("c1", commit=5, epoch=2)
            await self.offer("c2", commit=4, epoch=2)
            await self.offer("c3", commit=9, epoch=1)
            await self.say("assigned", commit=5, epoch=2, index=1, offer=1, contact=contact("c1"))
            await self.say("wrap_up", commit=6, epoch=3, contact="c1", until=moment(5))
            self.assertEqual(await told(desktop), [("offer", "c1"), ("assigned", "c1"), ("wrap_up", "c1")])
            held = desktop.contacts["c1"]
            self.assertEqual((held.state, held.offer, held.body["queue"]), ("wrap_up", 1, "sales"))
            await self.say("closed", commit=7, epoch=3, contact="c1", outcome="completed")
            self.assertEqual(await told(desktop), [("closed", "c1")])
            self.assertEqual(desktop.contacts, {})

    async def test_what_is_interrupted_is_kept_and_resumed(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.say("assigned", commit=5, epoch=2, offer=1, contact=contact("c1"))
            await self.say("interrupted", commit=6, epoch=2, contact="c1")
            self.assertEqual(await told(desktop), [("assigned", "c1"), ("interrupted", "c1")])
            held = desktop.contacts["c1"]
            self.assertEqual((held.state, held.offer, held.body["queue"]), ("parked", 1, "sales"))
            await self.say("resumed", commit=7, epoch=2, contact="c1")
            self.assertEqual(await told(desktop), [("resumed", "c1")])
            self.assertEqual(desktop.contacts["c1"].state, "active")

    async def test_what_stays_with_its_agent_is_resumed_at_another_desktop(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.say("assigned", commit=5, epoch=2, offer=1, contact=contact("c1"))
            await self.say("parked", commit=6, epoch=2, contact="c1", until=moment(60))
            self.assertEqual(await told(desktop), [("assigned", "c1"), ("parked", "c1")])
            self.assertEqual(desktop.contacts["c1"].state, "parked")
            await self.say("resumed", commit=7, epoch=2, contact="c2")
            self.assertEqual(await told(desktop), [("resumed", "c2")])
            self.assertEqual(desktop.contacts["c2"].state, "active")

    async def test_a_silent_customer_is_not_the_agents_any_more(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.say("assigned", commit=5, epoch=2, offer=1, contact=contact("c1"))
            await self.say("quieted", commit=6, epoch=2, contact="c1", until=moment(60))
            self.assertEqual(await told(desktop), [("assigned", "c1"), ("quieted", "c1")])
            self.assertEqual(desktop.contacts, {})

    async def test_who_was_asked_gets_the_contact(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.say("assigned", commit=5, epoch=2, offer=1, contact=contact("c1"))
            await self.say("consult", commit=6, epoch=2, contact="k1", about="c1", state="active", agent="al")
            await self.say("handed_over", commit=7, epoch=2, contact="c1", agent="al")
            expected = [("assigned", "c1"), ("consult", "k1"), ("handed_over", "c1")]
            self.assertEqual(await told(desktop), expected)
            self.assertEqual(desktop.contacts, {})

    async def test_an_offer_that_comes_too_late_is_dropped(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.say("presence", 1, session=1, presence={"state": "available"}, cause="agent")
            await self.offer("c1", commit=2, at=moment(-30), expires_at=moment(-10))
            await self.offer("c2", commit=3, at=moment(-10), expires_at=moment(10))
            self.assertEqual(await told(desktop), [("presence", None), ("offer", "c2")])

    async def test_a_wrong_clock_drops_no_offers(self) -> None:
        for hours in (-1, 1):
            async with Desktop(self.url, TENANT, AGENT) as desktop:
                there = hours * 3600
                await self.offer("c1", commit=1, at=moment(there), expires_at=moment(there + 20))
                await self.offer("c2", commit=2, at=moment(there), expires_at=moment(there + 20))
                self.assertEqual(await told(desktop), [("offer", "c1"), ("offer", "c2")])

    async def test_the_end_of_an_older_offer_leaves_a_newer_one(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.offer("c1", commit=2, number=8)
            await self.say("offer_ended", commit=3, contact="c1", offer=7, how="expired")
            await told(desktop)
            self.assertEqual(desktop.contacts["c1"].offer, 8)

    async def test_an_update_changes_what_is_known_of_a_contact(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.offer("c1", commit=2, number=8)
            await self.say("updated", 3, contact={**contact("c1"), "attributes": {"topic": "loan"}})
            await self.say("updated", 4, contact=contact("gone"))
            self.assertEqual(await told(desktop), [("offer", "c1"), ("updated", "c1"), ("updated", "gone")])
            held = desktop.contacts["c1"]
            self.assertEqual((held.state, held.offer, held.body["attributes"]), ("offered", 8, {"topic": "loan"}))
            self.assertEqual(list(desktop.contacts), ["c1"])

    async def test_what_cannot_be_read_is_passed_over(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            with self.assertLogs("wissel_client", "WARNING"):
                for payload in (b"", b"[]", b'{"type":"offer"}'):
                    await self.node.publish(f"wissel.out.{TENANT}.agent.{AGENT}", payload)
                await self.offer("c1", commit=1)
                self.assertEqual(await told(desktop), [("offer", "c1")])

    async def offer(self, name: str, commit: int, epoch: int = 1, number: int = 1, **fields: Any) -> None:
        fields = {"expires_at": moment(20), **fields}
        await self.say("offer", commit, epoch, offer=number, contact=contact(name), **fields)


class Reconciling(WithServer):
    async def test_what_was_missed_is_made_up_for(self) -> None:
        await self.answer_agent_get()
        async with Relay("127.0.0.1", self.port) as relay, Desktop(relay.url, TENANT, AGENT) as desktop:
            await self.sign_in(desktop)
            await self.say("offer", 3, offer=1, expires_at=moment(20), contact=contact("stays"))
            await self.say("assigned", 4, offer=2, contact=contact("ends"))
            await self.say("offer", 5, offer=3, expires_at=moment(20), contact=contact("accepted"))
            await told(desktop)

            relay.cut()
            await asyncio.sleep(0.2)
            await self.say("offer", 6, offer=4, expires_at=moment(20), contact=contact("missed"))
            self.hold(
                desktop,
                commit=9,
                contacts=[
                    {**contact("stays"), "state": "offered", "offer": 1, "expires_at": moment(20)},
                    {**contact("accepted"), "state": "active", "offer": 3},
                    {**contact("missed"), "state": "offered", "offer": 4, "expires_at": moment(20)},
                    {**contact("too-late"), "state": "offered", "offer": 5, "expires_at": moment(-1)},
                ],
            )
            relay.mend()
            await desktop.until_current(5)
            self.assertEqual(
                await told(desktop, only_recovered=True),
                [("gone", "ends"), ("assigned", "accepted"), ("offer", "missed")],
            )
            self.assertEqual(desktop.contacts["missed"].offer, 4)

            # What the state holds already is not told once more; what comes after it is.
            await self.say("offer", 6, offer=4, expires_at=moment(20), contact=contact("missed"))
            await self.say("offer_ended", 10, contact="missed", offer=4, how="revoked")
            self.assertEqual(await told(desktop), [("offer_ended", "missed")])

    async def test_a_state_older_than_a_message_is_not_taken(self) -> None:
        await self.answer_agent_get()
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.say("offer", 7, offer=1, expires_at=moment(20), contact=contact("c1"))
            await told(desktop)
            self.hold(desktop, commit=6, contacts=[])
            await self.say("refused", 8, position=3, reason="offer_gone", meaning="", detail="")
            self.assertEqual(await told(desktop), [("refused", None)])
            self.assertFalse(desktop._current.is_set())
            self.assertIn("c1", desktop.contacts)
            self.state["origin"] = origin(8)
            await desktop.until_current(5)
            self.assertEqual(desktop.contacts, {})

    async def test_a_refusal_is_told_even_after_a_newer_state(self) -> None:
        await self.answer_agent_get()
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            self.hold(desktop, commit=8, contacts=[])
            await desktop.until_current(5)
            await told(desktop)
            await self.say("refused", 8, position=3, reason="offer_gone", meaning="", detail="")
            self.assertEqual(await told(desktop), [("refused", None)])

    async def test_a_sign_in_takes_over_what_an_older_session_holds(self) -> None:
        await self.answer_agent_get()
        ahead = 4_000_000_000_000
        held = {**contact("c1"), "state": "active", "offer": 1}
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            self.hold(desktop, commit=4, contacts=[held])
            self.state["session"] = ahead
            await desktop.until_current(5)
            await desktop.sign_in()
            self.assertEqual(desktop.session, ahead + 1)
            self.assertEqual(await told(desktop), [("assigned", "c1"), ("presence", None)])
            self.assertFalse(desktop._current.is_set(), "the sign-in is not decided yet")
            self.hold(desktop, commit=5, contacts=[held])
            await desktop.until_current(5)
            self.assertEqual(desktop.presence, {"state": "available"})

    async def test_another_desktop_takes_over(self) -> None:
        await self.answer_agent_get()
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            await self.sign_in(desktop)
            session = desktop.session + 1
            presence = {"state": "aux", "reason": "lunch"}
            await self.say("presence", 3, session=session, presence=presence, cause="agent")
            self.assertEqual(await told(desktop), [("presence", None), ("superseded", None)])
            self.assertFalse(desktop.is_signed_in)

    async def test_a_refused_sign_in_leaves_the_agent_signed_out(self) -> None:
        async with Desktop(self.url, TENANT, AGENT) as desktop:
            position = await desktop.sign_in()
            await self.say("refused", 1, position=position, reason="unknown_agent", meaning="", detail="")
            self.assertEqual(await told(desktop), [("refused", None)])
            self.assertFalse(desktop.is_signed_in)

    async def test_a_window_that_is_over_needs_a_new_session(self) -> None:
        await self.answer_agent_get()
        async with Relay("127.0.0.1", self.port) as relay, Desktop(relay.url, TENANT, AGENT) as desktop:
            await self.sign_in(desktop)
            relay.cut()
            self.hold(desktop, commit=9, contacts=[])
            self.state["presence"] = {"state": "signed_out"}
            relay.mend()
            while (await desktop.next_event(5)).body.get("presence") != {"state": "signed_out"}:
                pass
            self.assertFalse(desktop.is_signed_in)

    async def sign_in(self, desktop: Desktop) -> None:
        await desktop.sign_in()
        self.hold(desktop, commit=2, contacts=[])
        await desktop.until_current(5)
        await told(desktop)

    def hold(self, desktop: Desktop, commit: int, contacts: list[dict[str, Any]]) -> None:
        """From here on the node answers so."""
        self.state = {
            "agent": AGENT,
            "session": desktop.session,
            "counter": desktop.counter,
            "at": moment(0),
            "origin": origin(commit),
            "presence": {"state": "available"},
            "contacts": contacts,
        }


async def told(desktop: Desktop, only_recovered: bool = False) -> list[tuple[str, str | None]]:
    """Every event until it is quiet."""
    events: list[tuple[str, str | None]] = []
    while True:
        try:
            event = await desktop.next_event(QUIET_SECONDS)
        except asyncio.TimeoutError:
            return events
        if event.is_recovered or not only_recovered:
            events.append((event.type, event.contact))
