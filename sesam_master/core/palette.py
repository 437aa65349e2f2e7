"""What the command palette finds: words in any order, first as they stand, else letter by letter.

A text that holds all words stands before one that only has their letters in that order; of each,
what was chosen last stands first, then what begins with a word, then the shorter one.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

MOST_HITS = 50


class EntryKind(StrEnum):
    """In the order in which they stand beside each other."""

    ACTION = "action"
    LOCATION = "location"
    CLIENT = "client"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be found. `name` is an action's id, or of a client or task; `title` what is read."""

    kind: EntryKind
    title: str
    name: str = ""
    location_id: str = ""
    where: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind.value, self.location_id, self.name


class Palette:
    """Made anew when it is opened; then it only searches. `recent` are keys, the newest first."""

    def __init__(self, entries: Iterable[Entry], recent: Sequence[tuple[str, str, str]]) -> None:
        self._entries = sorted(entries, key=lambda one: (_KINDS[one.kind], len(one.title)))
        self._texts = [f"{one.title} {one.where}".casefold() for one in self._entries]
        places = {one.key: at for at, one in enumerate(self._entries)} if recent else {}
        self._recent = [places[key] for key in recent if key in places]

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, text: str) -> list[Entry]:
        """At most MOST_HITS. Without a text what was chosen before, then the actions, or what there
        is where there are none."""
        words = text.casefold().split()
        if not words:
            return self._begin()
        texts = self._texts
        found: Sequence[int] = range(len(texts))
        for word in words:
            found = [at for at in found if word in texts[at]]
        best = self._best(found, words[0])
        if len(best) < MOST_HITS:
            best += self._loose(words, frozenset(found), MOST_HITS - len(best))
        return [self._entries[at] for at in best]

    def _begin(self) -> list[Entry]:
        known = frozenset(self._recent)
        rest = [at for at in range(len(self._entries)) if at not in known]
        actions = [at for at in rest if self._entries[at].kind is EntryKind.ACTION]
        return [self._entries[at] for at in [*self._recent, *(actions or rest)][:MOST_HITS]]

    def _best(self, found: Sequence[int], first: str) -> list[int]:
        """Those that were chosen before, that begin with the word, of which a word does, the
        others; each in their usual order."""
        texts, all_found = self._texts, frozenset(found)
        best = [at for at in self._recent if at in all_found]
        begun = f" {first}"
        for is_better in (
            lambda text: text.startswith(first),
            lambda text: begun in text,
            lambda _text: True,
        ):
            if len(best) < MOST_HITS:
                known = frozenset(best)
                more = (at for at in found if at not in known and is_better(texts[at]))
                best += islice(more, MOST_HITS - len(best))
        return best[:MOST_HITS]

    def _loose(self, words: Sequence[str], strict: frozenset[int], most: int) -> list[int]:
        """Those that have the letters of each word in their order."""
        patterns = [re.compile(".*?".join(map(re.escape, word))).search for word in words]
        near = (
            at
            for at, text in enumerate(self._texts)
            if at not in strict and all(search(text) for search in patterns)
        )
        return list(islice(near, most))


_KINDS = {kind: place for place, kind in enumerate(EntryKind)}
