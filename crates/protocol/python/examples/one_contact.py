"""One contact from its arrival to its end, through two broken connections.

Needs a running `wissel dev --speed 1`, or any node with a tenant whose configuration has a queue that requires a
skill of its own (`--queue`, `--skill`), so that no other agent can take the contact. Ends with 0 when every step
came out as the protocol says, else with 1.

    python examples/one_contact.py --server nats://127.0.0.1:4222
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from examples.relay import Relay  # noqa: E402
from wissel_client import Admin, ApiError, Desktop, Event, Producer, WisselError  # noqa: E402

#: Longer than anything the example waits for: the wrap-up, a take-over of the shard.
STEP_LIMIT = 30.0
#: Shorter than the silence after which the node takes an agent for lost, so an offer stays open meanwhile.
OUTAGE_SECONDS = 2.0


class Unexpected(Exception):
    """A step came out otherwise than the protocol says."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="nats://127.0.0.1:4222", help="NATS server (default: %(default)s)")
    parser.add_argument("--tenant", default="bank", help="default: %(default)s")
    parser.add_argument("--queue", default="guest", help="default: %(default)s")
    parser.add_argument("--skill", default="guest", help="what the queue requires (default: %(default)s)")
    parser.add_argument("--channel", default="voice", help="default: %(default)s")
    options = parser.parse_args()
    try:
        asyncio.run(run(options))
    except (Unexpected, WisselError, asyncio.TimeoutError) as error:
        print(f"failed: {error or 'a step took too long'}", file=sys.stderr)
        return 1
    print("done: every step came out as the protocol says")
    return 0


async def run(options: argparse.Namespace) -> None:
    started = int(time.time() * 1000)
    agent = f"guest-{started}"
    server = urlsplit(options.server)
    async with (
        Relay(server.hostname or "127.0.0.1", server.port or 4222) as relay,
        Admin(options.server, options.tenant) as admin,
        Producer(options.server, options.tenant) as producer,
        Desktop(relay.url, options.tenant, agent) as desktop,
    ):
        await admin.put_agent(agent, channels={options.channel: {}}, skills={options.skill: 10})
        say(f"the agent {agent} is in the roster")
        try:
            await desktop.sign_in()
            await desktop.until_current(STEP_LIMIT)
            say(f"signed in with the session {desktop.session}: {desktop.presence}")
            await break_after_the_offer(options, relay, producer, desktop, f"guest-{started}-1")
            await break_before_the_offer(options, relay, producer, desktop, f"guest-{started}-2")
        finally:
            relay.mend()
            if desktop.is_signed_in:
                await desktop.sign_out()
            await admin.remove_agent(agent)
            say("signed out, and taken from the roster")


async def break_after_the_offer(
    options: argparse.Namespace, relay: Relay, producer: Producer, desktop: Desktop, contact: str
) -> None:
    """The offer is there, the connection breaks, and the offer is still there."""
    follow = await producer.follow(contact, limit=4 * STEP_LIMIT)
    await producer.create_contact(contact, channel=options.channel, queue=options.queue)
    offer = await expect(desktop, "offer", contact)
    say(f"offered: {contact}, offer {offer.offer}, until {offer.body['expires_at']}")

    relay.cut()
    say("the desktop's connection is cut")
    await asyncio.sleep(OUTAGE_SECONDS)
    relay.mend()
    await desktop.until_current(STEP_LIMIT)
    held = desktop.contacts.get(contact)
    check(held is not None and held.offer == offer.offer, f"after the outage the offer is not there: {held}")
    say("connected again: the offer is still open")

    await handle(producer, desktop, offer, contact)
    heard = [message["type"] async for message in follow]
    check(heard[-3:] == ["accepted", "handled", "ended"], f"the customer's side heard {heard}")
    say(f"the customer's side heard {heard}")


async def break_before_the_offer(
    options: argparse.Namespace, relay: Relay, producer: Producer, desktop: Desktop, contact: str
) -> None:
    """The offer is made while the desktop is away: it is found in the fetched state, and is no RONA."""
    relay.cut()
    say("the desktop's connection is cut")
    await producer.create_contact(contact, channel=options.channel, queue=options.queue)
    await asyncio.sleep(OUTAGE_SECONDS)
    relay.mend()
    offer = await expect(desktop, "offer", contact)
    check(offer.is_recovered, "the offer came as a message, so nothing was missed")
    say(f"connected again: the missed offer {offer.offer} of {contact} was found")
    await handle(producer, desktop, offer, contact)


async def handle(producer: Producer, desktop: Desktop, offer: Event, contact: str) -> None:
    await desktop.accept(offer)
    await expect(desktop, "assigned", contact)
    say(f"accepted: {await producer.get_contact(contact)}")
    await desktop.complete(contact)
    wrap_up = await expect(desktop, "wrap_up", contact)
    say(f"completed; wrap-up until {wrap_up.body['until']}")
    await desktop.wrap_up_done(contact)
    closed = await expect(desktop, "closed", contact)
    check(closed.body["outcome"] == "completed", f"the outcome is {closed.body['outcome']}")
    say(f"closed: {await read_back(producer, contact)}")


async def read_back(producer: Producer, contact: str) -> dict[str, Any] | str:
    """The closed contact; questions are answered from committed records, a moment after the messages."""
    deadline = time.monotonic() + STEP_LIMIT
    while True:
        try:
            found = await producer.get_contact(contact)
        except ApiError as error:
            check(error.code == "404", f"the contact cannot be read back: {error}")
            return "the node keeps no more than its id"
        if found.get("state") == "closed":
            return found
        check(time.monotonic() < deadline, f"read back, the contact is {found}")
        await asyncio.sleep(0.2)


async def expect(desktop: Desktop, kind: str, contact: str) -> Event:
    """The next event of this kind for this contact; other news of the agent is passed over, refusals are not."""
    deadline = time.monotonic() + STEP_LIMIT
    while (rest := deadline - time.monotonic()) > 0:
        try:
            event = await desktop.next_event(rest)
        except asyncio.TimeoutError:
            break
        if event.type == "refused":
            raise Unexpected(f"refused: {event.body['reason']}: {event.body['detail']}")
        if event.type == kind and event.contact == contact:
            return event
    raise Unexpected(
        f"no {kind} of {contact} within {STEP_LIMIT:g} s; look at the refused inputs of the tenant "
        "(wissel.refused.<tenant>.>): the queue, the skill or the channel may not exist"
    )


def check(holds: bool, problem: str) -> None:
    if not holds:
        raise Unexpected(problem)


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
