"""Whoever brings contacts in: a telephone system, a chat server, a mailbox."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import nats.errors
from nats.aio.subscription import Subscription

from .connection import ASK_LIMIT, ApiError, Connection, NotAnswered, checked_id, log, settle, without_absent
from .origin import Seen

#: After this much silence a followed contact is asked for: its last message may have been lost.
SILENCE_SECONDS = 30.0


class Producer(Connection):
    """Creates, updates and ends contacts of one tenant, and follows them."""

    async def create_contact(
        self,
        contact: str,
        *,
        channel: str,
        queue: str | None = None,
        customer: str | None = None,
        matter: str | None = None,
        skills: Mapping[str, int] | None = None,
        site: str | None = None,
        person: bool | None = None,
        points: int | None = None,
        due_at: str | None = None,
        arrived_at: str | None = None,
        not_before: str | None = None,
        not_after: str | None = None,
        preferred_agent: str | None = None,
        preferred_patience: str | None = None,
        excluded_agents: Sequence[str] | None = None,
        attributes: Mapping[str, str] | None = None,
        reachable: Sequence[str] | None = None,
        traceparent: str | None = None,
    ) -> int:
        """Stores a new contact; gives the position of the input.

        Without a queue the tenant's rules choose one by the contact's attributes, or it is the default queue.

        With `not_before` or `not_after` it is scheduled, a call-back or an appointment: offered to nobody before the one,
        and not in line for longer than until the other. With `arrived_at` it keeps the place in line of the call that it
        replaces.

        `reachable` names the channels that the customer can and wants to use instead, the preferred first. If one of them is
        proposed, the message `proposal` says so; `answer` answers it.
        With `person=True` no bot gets it, wherever it goes.
        With a `site` only agents of that site get it, however long it waits; `unservable` is said when there is none who could.

        The id is the producer's own and makes repeats harmless for 24 hours: after a crash, create again what may
        not have been created. Times are RFC 3339 with `Z`, the patience is a length such as `"30s"`.
        """
        body = {
            "type": "contact_create",
            "contact": checked_id(contact, "the contact"),
            "channel": channel,
            "queue": queue,
            "customer": customer,
            "matter": matter,
            "skills": skills,
            "site": site,
            "person": person,
            "points": points,
            "due_at": due_at,
            "arrived_at": arrived_at,
            "not_before": not_before,
            "not_after": not_after,
            "preferred_agent": preferred_agent,
            "preferred_patience": preferred_patience,
            "excluded_agents": None if excluded_agents is None else list(excluded_agents),
            "attributes": attributes,
            "reachable": None if reachable is None else list(reachable),
            "traceparent": traceparent,
        }
        return await self._contact_input(body)

    async def update_contact(
        self,
        contact: str,
        *,
        attributes: Mapping[str, str | None] | None = None,
        customer: str | None = None,
        person: bool | None = None,
    ) -> int:
        """Says more of a contact that is open: adds attributes or replaces their values; `None` takes one away.

        A contact that waits is classified anew and may come to another queue. A customer is taken by a contact that
        has none. With `person=True` no bot gets it from here on. Saying the same twice changes nothing the second time.
        """
        body = {
            "type": "contact_update",
            "contact": checked_id(contact, "the contact"),
            "attributes": attributes,
            "customer": customer,
            "person": person,
        }
        return await self._contact_input(body)

    async def answer(self, contact: str, accepts: bool) -> int:
        """Answers what was proposed to the customer. Refused when nothing is, or not any more.

        Who accepts is on the channel that was proposed, with its age: the message `switched` says so.
        """
        return await self._contact_input(
            {"type": "contact_answer", "contact": checked_id(contact, "the contact"), "accepts": accepts}
        )

    async def quiet(self, contact: str) -> int:
        """Says that the customer fell silent, on a channel on which people write when they like.

        What an agent has is nobody's until the customer writes again; what waits goes on as indirect work. Saying it twice changes
        nothing the second time.
        """
        return await self._contact_input({"type": "contact_quiet", "contact": checked_id(contact, "the contact")})

    async def reply(self, contact: str) -> int:
        """Says that a customer who was silent wrote again. The contact is live again, with its age."""
        return await self._contact_input({"type": "contact_reply", "contact": checked_id(contact, "the contact")})

    async def end_contact(self, contact: str, by: str = "customer") -> int:
        """Says that the contact ended: `by` the `customer`, who left, or the `organisation`, which withdrew it."""
        return await self._contact_input({"type": "contact_end", "contact": contact, "by": by})

    async def follow(self, contact: str, limit: float = 3600.0) -> Follow:
        """What happens to a contact, from this call on; so follow first, then create. Ends with `ended`.

        `limit` is the longest that it is followed, in seconds; then the iteration raises `asyncio.TimeoutError`.
        """
        subject = f"wissel.out.{self.tenant}.contact.{checked_id(contact, 'the contact')}"
        subscription = await self.nats.subscribe(subject)
        await settle(self.nats)
        return Follow(self, contact, subscription, limit)

    async def get_contact(self, contact: str, limit: float = ASK_LIMIT) -> dict[str, Any]:
        """The contact as it is; `ApiError` with the code 404 when nobody knows it (any more)."""
        return await self._ask("contact.get", {"contact": checked_id(contact, "the contact")}, limit)

    async def queues(self) -> list[dict[str, Any]]:
        """Every queue with its counts."""
        answer = await self._ask("queue.list", {})
        return list(answer["queues"])

    async def _contact_input(self, body: Mapping[str, Any]) -> int:
        # An id of this call alone: a different body under an id used before is to be refused, not swallowed.
        return await self._store(f"wissel.in.{self.tenant}.contact", without_absent(body), uuid.uuid4().hex)


class Follow:
    """The messages of one contact: `async for message in follow`. Close it when it is left before its end."""

    def __init__(self, producer: Producer, contact: str, subscription: Subscription, limit: float) -> None:
        self._producer = producer
        self._contact = contact
        self._subscription = subscription
        self._deadline = time.monotonic() + limit
        self._seen = Seen()
        self._is_over = False

    async def close(self) -> None:
        self._is_over = True
        await self._subscription.unsubscribe()

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self

    async def __anext__(self) -> dict[str, Any]:
        while not self._is_over:
            message = await self._next()
            if message is None:
                continue
            if message["type"] == "ended":
                await self.close()
            return message
        raise StopAsyncIteration

    async def _next(self) -> dict[str, Any] | None:
        rest = self._deadline - time.monotonic()
        if rest <= 0:
            await self.close()
            raise asyncio.TimeoutError(f"the contact {self._contact} did not end while it was followed")
        try:
            received = await self._subscription.next_msg(timeout=min(rest, SILENCE_SECONDS))
        except nats.errors.TimeoutError:
            return await self._end_that_was_missed(self._deadline - time.monotonic())
        body = json.loads(received.data)
        return body if self._seen.is_new(body["origin"]) else None

    async def _end_that_was_missed(self, limit: float) -> dict[str, Any] | None:
        if limit <= 0:
            return None
        try:
            found = await self._producer.get_contact(self._contact, min(limit, ASK_LIMIT))
        except (ApiError, NotAnswered) as error:
            log.info("the silent contact %s could not be asked for: %s", self._contact, error)
            return None
        if found.get("state") != "closed":
            return None
        return without_absent({"type": "ended", "contact": self._contact, "outcome": found.get("outcome")})
