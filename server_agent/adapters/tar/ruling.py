"""What an overwrite rule makes of the entries of a restore, and what has to go before they come."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from server_agent.adapters.tar.failures import is_full
from server_agent.adapters.tar.names import ancestors
from server_agent.adapters.tar.selection import Selection
from server_agent.adapters.tar.standing import Look, Wanted
from server_agent.adapters.tar.target import below
from server_agent.domain.jobs import Level
from server_agent.domain.overwriting import (
    OverwriteRule,
    Standing,
    Verdict,
    renamed,
    verdict,
)
from server_agent.domain.quoting import quoted
from server_agent.ports import Message

LINES = 5000  # of each code; the rest is counted
Judged = tuple[Wanted, Standing | None, Verdict]
_WHY = {  # of one, and of several
    OverwriteRule.NEVER: ("because it exists", "because they exist"),
    OverwriteRule.IF_OLDER: ("because it is not older", "because they are not older"),
}


def judged(
    rule: OverwriteRule, found: Iterator[tuple[Wanted, Standing | None]]
) -> Iterator[Judged]:
    """With each entry what becomes of it; none of what a directory holds that cannot come."""
    blocked: set[bytes] = set()
    cleared: set[bytes] = set()  # directories in whose places other things are now
    for wanted, standing in found:
        if _is_inside(wanted.path, blocked):
            continue
        if _is_inside(wanted.path, cleared):
            standing = None
        says = verdict(rule, standing, is_directory=wanted.is_directory, modify_ns=wanted.modify_ns)
        if wanted.is_directory and says is Verdict.IN_THE_WAY:
            blocked.add(wanted.path)
        elif wanted.is_directory and says is Verdict.REPLACE:
            cleared.add(wanted.path)
        yield wanted, standing, says


def why_in_the_way(rule: OverwriteRule, wanted: Wanted, standing: Standing) -> str:
    """Why what stands somewhere stays, and what was to come there does not."""
    if rule is OverwriteRule.NEVER:
        return "nothing that is there is replaced"
    if rule is OverwriteRule.RENAME:
        return "a directory gets no other name"
    if standing.has_entries and not wanted.is_directory:
        return "a directory that is not empty is never replaced by a file"
    return "it is not older than the saved one"


class Lines:
    """Messages of which there may be millions: of each code so many as anybody reads."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def line(self, code: str, text: str, path: bytes) -> Iterator[Message]:
        self.counts[code] += 1
        if self.counts[code] <= LINES:
            yield Message(Level.INFO, code, text, path)

    def rest(self) -> Iterator[Message]:
        """How many more there were."""
        for code, count in self.counts.items():
            if count > LINES:
                yield Message(Level.INFO, code, f"and {count - LINES} more")


@dataclass(slots=True)
class Ruling:
    """Goes through all that is picked, once.

    Attributes:
        take: moves what is in a place out of the way; None where that is done later.
        lost: entries, not directories, that cannot come since something is in the way.
    """

    rule: OverwriteRule
    selection: Selection
    target: bytes
    look: Look
    take: Callable[[bytes], None] | None
    lost: int = 0
    lines: Lines = field(default_factory=Lines)

    def events(self) -> Iterator[Message | None]:
        """Says what stays, and settles in the selection what comes and where; None is a sign of
        life. Raises OSError: no space is left for a note of what is moved."""
        left_out: list[bytes] = []
        for wanted, standing, says in judged(self.rule, self.look(self.selection.wanted)):
            if standing is not None:
                reason = self._settle(wanted, standing, says)
                if reason:
                    left_out.append(wanted.path)
                    yield self._in_the_way(wanted.path, reason)
                elif says is Verdict.KEEP and not wanted.is_directory:
                    where = quoted(below(self.target, wanted.path))
                    text = f"{where} stays as it is, {_WHY[self.rule][0]}"
                    yield from self.lines.line("KEPT", text, wanted.path)
            yield None
        for path in left_out:
            self.lost += max(self.selection.leave_out(path), 1)
        self.selection.settle()
        yield from self._name()
        yield from self.lines.rest()

    def notes(self) -> Iterator[str]:
        """Sentences about what the rule has left."""
        kept, anew = self.lines.counts["KEPT"], self.lines.counts["RENAMED"]
        if kept:
            yield f"{_files(kept)} kept {_WHY[self.rule][kept > 1]}"
        if anew:
            yield f"{_files(anew)} restored under {'a new name' if anew == 1 else 'new names'}"

    def _settle(self, wanted: Wanted, standing: Standing, says: Verdict) -> str:
        """Returns why it cannot come; empty if it can, or need not."""
        if says is Verdict.IN_THE_WAY:
            return why_in_the_way(self.rule, wanted, standing)
        if says is Verdict.REPLACE and standing.is_directory == wanted.is_directory:
            return ""  # one file for another
        if says is Verdict.REPLACE and self.take is not None:
            try:
                self.take(below(self.target, wanted.path))
            except OSError as error:
                if is_full(error):
                    raise
                return error.strerror or str(error)
        elif wanted.key is not None and says is Verdict.KEEP:
            self.selection.keep(wanted.key)
        elif wanted.key is not None and says is Verdict.RENAME:
            self.selection.rename(wanted.key, wanted.path)
        return ""

    def _in_the_way(self, path: bytes, reason: str) -> Message:
        where = quoted(below(self.target, path))
        text = f"{where} is in the way and stays: {reason}"
        return Message(Level.WARNING, "IN_THE_WAY", text, path)

    def _name(self) -> Iterator[Message | None]:
        yield from name_anew(self.selection, self.look)
        for old, new in self.selection.names():
            old_place, new_place = below(self.target, old), below(self.target, new)
            text = f"{quoted(old_place)} stays; the restored one is {quoted(new_place)}"
            yield from self.lines.line("RENAMED", text, old)


def name_anew(selection: Selection, look: Look) -> Iterator[None]:
    """Gives names that are free to all that gets a new one; pauses after each try."""
    number = 1
    while selection.has_nameless():

        def tries(number: int = number) -> Iterator[Wanted]:
            for key, path in selection.nameless():
                yield Wanted(renamed(path, number), is_directory=False, key=key)

        for wanted, standing in look(tries):
            if standing is None and wanted.key is not None:
                selection.name(wanted.key, wanted.path)
            yield None
        number += 1


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _is_inside(path: bytes, directories: set[bytes]) -> bool:
    return bool(directories) and any(above in directories for above in ancestors(path))
