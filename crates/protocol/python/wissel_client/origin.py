"""Which messages are new. Outputs may come twice, and late ones of a former owner may come after newer ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Mark = tuple[int, int, int]
_NOTHING: Mark = (0, 0, -1)
#: Behind every message of a commit: a fetched state holds the whole of its last commit.
_AFTER_COMMIT = 2**53


@dataclass
class Seen:
    """How far each shard's journal is known: its highest (epoch, commit, index), heard and fetched.

    A mark, not a set of what was seen: an older message that comes after a newer one would undo it, so it is as
    good as seen. Marks of different shards do not compare; a tenant that is moved starts a new one.
    """

    _heard: dict[str, Mark] = field(default_factory=dict)
    _fetched: dict[str, Mark] = field(default_factory=dict)

    def is_new(self, origin: Mapping[str, Any]) -> bool:
        """Whether a message is no repeat and not older than another; from then on it is not new."""
        shard, mark = _mark(origin, origin["index"])
        if mark <= self._heard.get(shard, _NOTHING):
            return False
        self._heard[shard] = mark
        return True

    def is_in_state(self, origin: Mapping[str, Any]) -> bool:
        """Whether the state fetched last holds already what a message says."""
        shard, mark = _mark(origin, origin["index"])
        return mark <= self._fetched.get(shard, _NOTHING)

    def take_state(self, origin: Mapping[str, Any]) -> bool:
        """Whether a fetched state is as new as all that is known; if so, it is the one to hold."""
        shard, mark = _mark(origin, _AFTER_COMMIT)
        if mark < max(self._heard.get(shard, _NOTHING), self._fetched.get(shard, _NOTHING)):
            return False
        self._fetched[shard] = mark
        return True


def _mark(origin: Mapping[str, Any], index: int) -> tuple[str, Mark]:
    return str(origin["shard"]), (origin["epoch"], origin["commit"], index)
