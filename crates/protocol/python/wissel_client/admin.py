"""Keeps a tenant's roster and configuration."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from .blake3 import blake3
from .connection import Connection, checked_id, without_absent


class Admin(Connection):
    """Administers one tenant. A refusal goes to the dead letters, `wissel.refused.<tenant>.<reason>`."""

    async def put_agent(
        self,
        agent: str,
        *,
        channels: Mapping[str, Mapping[str, int]],
        skills: Mapping[str, int] | None = None,
        capacity: int | None = None,
        rank: int | None = None,
        site: str | None = None,
        reserve: int | None = None,
        kind: str | None = None,
    ) -> int:
        """Adds an agent to the roster or replaces its entry.

        `channels`: those it works on, each with nothing (`{}`) or its own maximum (`{"max": 2}`).
        `site`: where it sits; contacts that name another site never go to it.
        `kind`: `"person"`, or `"bot"`, which gets no contact that asks for a person; what it hands over asks for one.
        `reserve`: units that indirect work never takes, in place of the tenant's.
        """
        body = {
            "channels": channels,
            "skills": skills,
            "capacity": capacity,
            "rank": rank,
            "site": site,
            "reserve": reserve,
            "kind": kind,
        }
        return await self._admin("agent_put", {"agent": checked_id(agent, "the agent"), **body})

    async def remove_agent(self, agent: str) -> int:
        """Takes an agent from the roster, who must be signed out."""
        return await self._admin("agent_remove", {"agent": checked_id(agent, "the agent")})

    async def switch_queue(self, queue: str, state: str) -> int:
        """Pauses or closes a queue, or opens it again: ``open``, ``paused`` or ``closed``.

        Contacts wait in a paused queue and none is offered; a closed one sends whoever comes to its exit. It holds until
        the next switch, whatever the configuration.
        """
        if state not in ("open", "paused", "closed"):
            raise ValueError(f"a queue is open, paused or closed, not {state!r}")
        return await self._admin("queue_switch", {"queue": checked_id(queue, "the queue"), "state": state})

    async def switch_agent(self, agent: str, presence: str, aux: str | None = None) -> int:
        """Forces what an agent who is signed in does: ``available``, ``aux``, ``drain`` or ``signed_out``.

        `aux`: the reason, which ``aux`` needs; with ``drain`` the one that follows, without it the agent is signed out then.
        """
        if presence not in ("available", "aux", "drain", "signed_out"):
            raise ValueError(f"an agent is available, aux, drain or signed_out, not {presence!r}")
        if presence == "aux" and aux is None:
            raise ValueError("aux needs a reason")
        if presence in ("available", "signed_out") and aux is not None:
            raise ValueError(f"{presence} has no reason")
        wanted = presence if aux is None else {"aux" if presence == "aux" else "drain_to_aux": aux}
        return await self._admin("agent_switch", {"agent": checked_id(agent, "the agent"), "presence": wanted})

    async def assign_contact(self, contact: str, agent: str) -> int:
        """Offers a contact that waits, is put off or is offered to somebody else to this agent, out of turn.

        The agent must be open for it, and may decline.
        """
        fields = {"contact": checked_id(contact, "the contact"), "agent": checked_id(agent, "the agent")}
        return await self._admin("contact_assign", fields)

    async def requeue_contact(self, contact: str, queue: str | None = None) -> int:
        """Takes a contact out of an agent's hands, or to another queue, with its age."""
        fields = {"contact": checked_id(contact, "the contact"), "queue": queue}
        return await self._admin("contact_requeue", fields)

    async def apply_config(self, text: str) -> int:
        """Puts a configuration in force, whose version must be higher than the present one's.

        The text is stored first, under its hash; the input names only the hash, so that a node never decides by a
        text that is not there.
        """
        stored = text.encode()
        digest = blake3(stored).hex()
        await self._store(f"wissel.cfg.{self.tenant}.{digest}", stored, f"{self.tenant}.{digest}")
        return await self._admin("config_apply", {"hash": digest})

    async def _admin(self, kind: str, fields: Mapping[str, Any]) -> int:
        body = {"type": kind, **without_absent(fields)}
        return await self._store(f"wissel.in.{self.tenant}.admin", body, uuid.uuid4().hex)
