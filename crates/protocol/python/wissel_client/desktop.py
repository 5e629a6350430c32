"""An agent's desktop: what the agent does becomes inputs, what is decided for the agent becomes events.

The node decides; the desktop shows. It keeps a copy of what the agent holds, made of messages that may be lost
(core NATS) and put right by fetching the state whenever something may have been missed: after a connecting, a
sign-in and a refusal.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import nats.errors
from nats.aio.msg import Msg

from .connection import (
    STORE_LIMIT,
    ApiError,
    Backoff,
    Connection,
    NotAnswered,
    NotConnected,
    NotStored,
    WisselError,
    checked_id,
    log,
    settle,
    without_absent,
)
from .origin import Seen

#: The node takes an agent for lost when none comes for 15 seconds.
HEARTBEAT_SECONDS = 5.0
#: One try to fetch the state. It is tried again, and heartbeats go out in between.
FETCH_LIMIT = 1.0
#: Events that nobody reads are dropped from the oldest on; `Desktop.contacts` stays true all the same.
EVENTS_MAX = 1024

_STATE_OF_MESSAGE = {
    "offer": "offered",
    "assigned": "active",
    "interrupted": "parked",
    "parked": "parked",
    "resumed": "active",
    "wrap_up": "wrap_up",
}
_MESSAGE_OF_STATE = {"offered": "offer", "active": "assigned", "parked": "interrupted", "wrap_up": "wrap_up"}


class NotSignedIn(WisselError):
    """The session is not open: never signed in, signed out, refused, or taken over by another desktop."""


@dataclass(frozen=True)
class Event:
    """Something that the desktop shows.

    `type` is that of the message: `offer`, `offer_ended`, `assigned`, `interrupted`, `resumed`, `wrap_up`, `returned`, `updated`, `closed`,
    `not_reached`, `quieted`, `consult`, `handed_over`, `presence`, `refused`. Two are the client's own: `gone` (the contact ended or left unheard, found by fetching the state)
    and `superseded` (another desktop signed in as this agent).
    """

    type: str
    contact: str | None = None
    offer: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    #: The message itself was missed; the event was made from the fetched state.
    is_recovered: bool = False


@dataclass(frozen=True)
class Held:
    """A contact in the agent's hands."""

    contact: str
    #: `offered`, `active`, `parked` or `wrap_up`
    state: str
    #: Absent where a message or state does not repeat it.
    offer: int | None
    #: What the node says of the contact: queue, channel, customer, attributes and so on.
    body: Mapping[str, Any]


class Desktop(Connection):
    """One agent's desktop, for one sign-in after another."""

    def __init__(self, servers: str | list[str], tenant: str, agent: str, **options: Any) -> None:
        super().__init__(servers, tenant, **options)
        self.agent = checked_id(agent, "the agent")
        self.session = 0
        self.counter = 0
        #: The presence last heard, such as `{"state": "available"}`; absent until something is known.
        self.presence: Mapping[str, Any] | None = None
        #: What the agent holds, by contact.
        self.contacts: dict[str, Held] = {}
        self.is_signed_in = False
        self._input_subject = f"wissel.in.{self.tenant}.agent.{self.agent}"
        self._beat_subject = f"wissel.beat.{self.tenant}.agent.{self.agent}"
        self._events: asyncio.Queue[Event] = asyncio.Queue(EVENTS_MAX)
        self._seen = Seen()
        # A later counter that is stored first makes the earlier one a repeat, so inputs go one at a time.
        self._one_input = asyncio.Lock()
        self._current = asyncio.Event()
        self._wake = asyncio.Event()
        self._pulse: asyncio.Task[None] | None = None
        self._refused_positions: set[int] = set()
        self._sign_in_position: int | None = None
        # Highest session that any desktop of this agent was heard to use.
        self._session_known = 0
        # Local monotonic time minus the node's time, where the least was heard; see `_is_over`.
        self._clock_lead: float | None = None

    # What the agent does. Each gives the position of the stored input, which a refusal repeats.

    async def sign_in(self, aux: str | None = None) -> int:
        """Opens a new session; what an older one holds is taken over. With `aux` no work comes at first.

        A session number is used once and only grows, also over restarts: the milliseconds since 1970.
        """
        async with self._one_input:
            self.session = max(time.time_ns() // 1_000_000, self.session + 1, self._session_known + 1)
            self.counter = 0
            self.is_signed_in = False
            position = await self._send("sign_in", {"aux": aux})
            if position not in self._refused_positions:
                self._sign_in_position = position
                self.is_signed_in = True
            # A sign-in that changes no presence is answered by no message.
            self._doubt()
            return position

    async def sign_out(self) -> int:
        """Closes the session; offers are taken back and active contacts return to their queues, or stay as their channel says."""
        position = await self._input("sign_out")
        self.is_signed_in = False
        return position

    async def available(self) -> int:
        return await self._input("available")

    async def aux(self, reason: str) -> int:
        """Takes no new work, for a reason that the configuration names."""
        return await self._input("aux", reason=reason)

    async def drain(self, then: str | None = None) -> int:
        """Takes no new work; after the last contact the aux reason `then` follows, or the sign-out."""
        return await self._input("drain", aux=then)

    async def accept(self, offer: Event | Held) -> int:
        return await self._input("accept", contact=offer.contact, offer=offer.offer)

    async def decline(self, offer: Event | Held) -> int:
        return await self._input("decline", contact=offer.contact, offer=offer.offer)

    async def complete(self, contact: str, *, not_reached: bool = False) -> int:
        """The conversation is over; wrap-up starts if the queue has one.

        With `not_reached` nobody was there: a scheduled contact is tried again later, as often as its queue says.
        """
        if not_reached:
            return await self._input("complete", contact=contact, not_reached=True)
        return await self._input("complete", contact=contact)

    async def wrap_up_done(self, contact: str) -> int:
        return await self._input("wrap_up_done", contact=contact)

    async def transfer(
        self,
        contact: str,
        *,
        queue: str | None = None,
        agent: str | None = None,
        consult: str | None = None,
        skills: Mapping[str, int] | None = None,
        attributes: Mapping[str, str | None] | None = None,
    ) -> int:
        """Hands the contact on to a queue or to an agent; it keeps its age.

        `attributes` are for whoever gets it: added to those it has, or in place of their values; `None` takes one away.
        To a consult about it that somebody has: that agent has the contact at once, whatever it requires.
        """
        named = {"queue": queue, "agent": agent, "consult": consult}
        to = {kind: name for kind, name in named.items() if name is not None}
        if len(to) != 1:
            raise ValueError("a transfer goes to a queue, to an agent or to a consult; give one of the three")
        return await self._input("transfer", contact=contact, to=to, skills=skills, attributes=attributes)

    async def consult(
        self,
        contact: str,
        consult: str,
        *,
        queue: str | None = None,
        agent: str | None = None,
        channel: str | None = None,
        skills: Mapping[str, int] | None = None,
    ) -> int:
        """Asks another agent about a contact, and keeps it: by a contact of its own, under the new id `consult`.

        What becomes of it is told as `consult`. It is not needed any more: `complete` it. The contact goes to whoever has it by
        `transfer`.
        """
        if (queue is None) == (agent is None):
            raise ValueError("a consult asks either in a queue or an agent; give one of the two")
        to = {"queue": queue} if queue is not None else {"agent": agent}
        return await self._input("consult", contact=contact, consult=consult, to=to, channel=channel, skills=skills)

    async def requeue(self, contact: str) -> int:
        return await self._input("requeue", contact=contact)

    async def pull(self, *, queue: str | None = None, contact: str | None = None) -> int:
        """Takes what waits, where its queue lets agents do so: the first of a queue, or one contact.

        It is `assigned` at once, or `refused`: `wrong_state` and `unknown_contact` when another was faster.
        """
        if (queue is None) == (contact is None):
            raise ValueError("a pull names a queue or a contact")
        wanted = {"queue": queue} if queue is not None else {"contact": contact}
        return await self._input("pull", **{"from": wanted})

    async def still_working(self, contact: str) -> int:
        """The contact is not forgotten; as long again as its queue says it is not called `stuck`."""
        return await self._input("still_working", contact=contact)

    async def quiet(self, contact: str) -> int:
        """The customer is silent: the contact is nobody's until the customer writes again, and comes to this agent first then."""
        return await self._input("quiet", contact=contact)

    async def _input(self, kind: str, **fields: Any) -> int:
        async with self._one_input:
            if not self.is_signed_in:
                raise NotSignedIn(f"{self.agent} has no open session, so {kind} would be refused; sign in first")
            return await self._send(kind, fields)

    async def _send(self, kind: str, fields: Mapping[str, Any]) -> int:
        self.counter += 1
        body = {"type": kind, "session": self.session, "counter": self.counter, **without_absent(fields)}
        message_id = f"{self.tenant}.{self.agent}.{self.session}.{self.counter}"
        try:
            return await self._store(self._input_subject, body, message_id, STORE_LIMIT)
        except NotStored:
            self._doubt()
            raise

    # What the agent is told.

    async def next_event(self, limit: float) -> Event:
        """The next event; `asyncio.TimeoutError` when none comes within `limit` seconds."""
        return await asyncio.wait_for(self._events.get(), limit)

    async def events(self) -> AsyncIterator[Event]:
        """All events, until the client is closed."""
        while self._nats is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                yield await self.next_event(1.0)

    async def until_current(self, limit: float) -> None:
        """Returns when the state was fetched since the last moment at which something may have been missed."""
        await asyncio.wait_for(self._current.wait(), limit)

    async def close(self) -> None:
        if self._pulse is not None:
            self._pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pulse
            self._pulse = None
        await super().close()

    async def _on_connected(self) -> None:
        # First listen, then fetch: whatever is decided after the fetched state is heard.
        if self._pulse is None:
            subject = f"wissel.out.{self.tenant}.agent.{self.agent}"
            await self.nats.subscribe(subject, cb=self._on_message)
            await settle(self.nats)
            self._pulse = asyncio.create_task(self._beat_and_fetch())
        self._doubt()

    async def _on_disconnected(self) -> None:
        self._current.clear()

    def _doubt(self) -> None:
        """Something may have been missed, so the state is fetched soon."""
        self._current.clear()
        self._wake.set()

    async def _beat_and_fetch(self) -> None:
        """Says that the agent is there, and fetches the state while it is in doubt. Ends with the client."""
        next_beat, pause = 0.0, Backoff()
        while True:
            if self._wake.is_set():
                self._wake.clear()
                next_beat, pause = 0.0, Backoff()
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + HEARTBEAT_SECONDS
                await self._beat()
            if self.is_connected and not self._current.is_set():
                await self._fetch()
            wait = next_beat - time.monotonic()
            if not self._current.is_set():
                wait = min(wait, pause.next())
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(wait, 0.0))

    async def _beat(self) -> None:
        if not (self.is_signed_in and self.is_connected):
            return
        body = json.dumps({"type": "beat", "session": self.session}).encode()
        try:
            await self.nats.publish(self._beat_subject, body)
        except nats.errors.Error as error:
            log.info("a heartbeat of %s was not sent: %r", self.agent, error)

    async def _fetch(self) -> None:
        state: dict[str, Any] | None
        try:
            state = await self._ask("agent.get", {"agent": self.agent}, FETCH_LIMIT)
        except (NotAnswered, NotConnected, nats.errors.Error) as error:
            log.info("the state of %s could not be fetched and is asked for again: %s", self.agent, error)
            return
        except ApiError as error:
            if error.code != "404":
                log.warning("the state of %s could not be fetched and is asked for again: %s", self.agent, error)
                return
            state = None
        if self._wake.is_set():
            return  # Something may have been missed since it was asked for.
        if state is None:
            # Not in the roster: there is nothing to fetch, and a sign-in will be refused and say so. Right after
            # one that is not refused, the API only has not caught up.
            if not self.is_signed_in:
                self._current.set()
            return
        try:
            self._reconcile(state)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("the state of %s cannot be read (%r); update the client", self.agent, error)

    def _reconcile(self, state: Mapping[str, Any]) -> None:
        """Makes up for what was missed: what is new is told, what is not there any more is gone."""
        if not self._seen.take_state(state["origin"]):
            return  # Older than a message that was heard already; ask again.
        session = int(state["session"])
        self._session_known = max(self._session_known, session)
        if self.is_signed_in and session < self.session:
            return  # The sign-in is stored but not decided yet.
        self._note_time(state["at"])
        listed = {held.contact: held for held in map(_held, state["contacts"])}
        for contact in [contact for contact in self.contacts if contact not in listed]:
            del self.contacts[contact]
            self._tell(Event("gone", contact, is_recovered=True))
        for entry in state["contacts"]:
            self._recover(_held(entry), entry)
        if state["presence"] != self.presence:
            body = {"type": "presence", "session": session, "presence": state["presence"]}
            self._tell(Event("presence", body=body, is_recovered=True))
            self._on_presence(session, state["presence"])
        self._check_superseded(session)
        self._current.set()

    def _recover(self, held: Held, entry: Mapping[str, Any]) -> None:
        known = self.contacts.get(held.contact)
        is_known = known is not None and known.state == held.state
        if is_known and (held.state != "offered" or known is None or known.offer == held.offer):
            if known is not None and known.offer is None:
                # It was kept for this agent since another session, and a message named it alone.
                self.contacts[held.contact] = held
            return
        if held.state == "offered" and self._is_over(entry):
            return
        self.contacts[held.contact] = held
        kind = _MESSAGE_OF_STATE[held.state]
        self._tell(Event(kind, held.contact, held.offer, {**entry, "type": kind}, is_recovered=True))

    async def _on_message(self, message: Msg) -> None:
        try:
            body = json.loads(message.data)
            # A refusal is part of no state, so a fetched one does not stand for it.
            is_told = body["type"] != "refused" and self._seen.is_in_state(body["origin"])
            if self._seen.is_new(body["origin"]) and not is_told:
                self._handle(body)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("a message on %s cannot be read (%r); update the client", message.subject, error)
            self._doubt()

    def _handle(self, body: Mapping[str, Any]) -> None:
        self._note_time(body["at"])
        kind, contact = str(body["type"]), _contact(body)
        event = Event(kind, contact, body.get("offer"), body)
        if kind == "offer" and self._is_over(body):
            return
        if kind in _STATE_OF_MESSAGE and contact is not None:
            self._hold(event, contact)
        elif kind == "offer_ended" and contact is not None:
            # A later offer of the same contact stays.
            if contact in self.contacts and self.contacts[contact].offer == event.offer:
                del self.contacts[contact]
        elif kind == "updated" and contact in self.contacts:
            self.contacts[contact] = replace(self.contacts[contact], body=body["contact"])
        elif kind in ("returned", "not_reached", "quieted", "handed_over", "closed") and contact is not None:
            self.contacts.pop(contact, None)
        self._tell(event)
        if kind == "presence":
            self._on_presence(int(body["session"]), body["presence"])
            self._check_superseded(int(body["session"]))
        elif kind == "refused":
            self._on_refused(int(body["position"]))

    def _hold(self, event: Event, contact: str) -> None:
        known = self.contacts.get(contact)
        said = event.body["contact"]
        # An interruption and a wrap-up name the contact alone.
        facts = said if isinstance(said, Mapping) else (known.body if known else {"contact": contact})
        offer = event.offer if event.offer is not None else (known.offer if known else None)
        self.contacts[contact] = Held(contact, _STATE_OF_MESSAGE[event.type], offer, facts)

    def _on_presence(self, session: int, presence: Mapping[str, Any]) -> None:
        self.presence = presence
        self._session_known = max(self._session_known, session)
        if presence.get("state") == "signed_out" and session >= self.session:
            self.is_signed_in = False

    def _check_superseded(self, session: int) -> None:
        if session > self.session and self.is_signed_in:
            self.is_signed_in = False
            self._tell(Event("superseded"))

    def _on_refused(self, position: int) -> None:
        """A refusal means that the desktop showed something that is not so."""
        self._refused_positions.add(position)
        if len(self._refused_positions) > 64:
            self._refused_positions.discard(min(self._refused_positions))
        if position == self._sign_in_position:
            self.is_signed_in = False
        self._doubt()

    def _note_time(self, at: str) -> None:
        """The least difference is of what was the shortest on its way; a state may be old, too."""
        lead = time.monotonic() - _seconds(at)
        self._clock_lead = lead if self._clock_lead is None else min(self._clock_lead, lead)

    def _is_over(self, body: Mapping[str, Any]) -> bool:
        """Whether an offer that comes late has expired.

        Judged by the node's time, as the messages tell it: a desktop whose clock is wrong by more than an
        offer's length would drop every offer, and nobody would see why.
        """
        if self._clock_lead is None or "expires_at" not in body:
            return False
        return time.monotonic() - self._clock_lead >= _seconds(body["expires_at"])

    def _tell(self, event: Event) -> None:
        if self._events.full():
            dropped = self._events.get_nowait()
            log.warning("nobody reads the events of %s; %s is dropped", self.agent, dropped.type)
        self._events.put_nowait(event)


def _contact(body: Mapping[str, Any]) -> str | None:
    """Messages name a contact by its id, or hold all of it."""
    said = body.get("contact")
    return str(said["contact"]) if isinstance(said, Mapping) else said


def _held(entry: Mapping[str, Any]) -> Held:
    """A contact of a fetched state."""
    said = entry["contact"]
    facts = said if isinstance(said, Mapping) else entry
    return Held(str(facts["contact"]), str(entry["state"]), entry.get("offer"), facts)


def _seconds(moment: str) -> float:
    """An instant in RFC 3339, in seconds since 1970."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
