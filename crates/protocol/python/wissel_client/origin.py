"""Which messages are new. Outputs may come twice, and late ones of a former owner may come after newer ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: After every message of a commit: a fetched state holds all of its last commit.
AFTER_COMMIT = 2**53

Mark = tuple[int, int, int]


@dataclass
class Seen:
    """How far each shard's journal has been heard: its highest (epoch, commit, index).

    A mark, not a set of what was seen: an older message that comes after a newer one would undo it, so it is as
    good as seen. Marks of different shards do not compare; a tenant that is moved starts a new one.
    """

    _marks: dict[str, Mark] = field(default_factory=dict)

    def is_new(self, origin: Mapping[str, Any]) -> bool:
        """Whether a message is to be handled; from then on it is not new."""
        shard, mark = str(origin["shard"]), (origin["epoch"], origin["commit"], origin["index"])
        if mark <= self._marks.get(shard, (0, 0, -1)):
            return False
        self._marks[shard] = mark
        return True

    def take_state(self, origin: Mapping[str, Any]) -> bool:
        """Whether a fetched state holds everything that was heard; if so, its messages are not new any more."""
        shard, mark = str(origin["shard"]), (origin["epoch"], origin["commit"], AFTER_COMMIT)
        heard = self._marks.get(shard, (0, 0, -1))
        if mark[:2] < heard[:2]:
            return False
        self._marks[shard] = max(heard, mark)
        return True
