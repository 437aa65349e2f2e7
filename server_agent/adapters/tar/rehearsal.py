"""A dry run: what a restore would do with each entry, of which it does nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from server_agent.adapters.tar.ruling import Lines, judged, name_anew, why_in_the_way
from server_agent.adapters.tar.selection import Selection
from server_agent.adapters.tar.standing import Look, Wanted
from server_agent.adapters.tar.target import below
from server_agent.domain.jobs import Level
from server_agent.domain.overwriting import OverwriteRule, Standing, Verdict
from server_agent.domain.quoting import quoted
from server_agent.ports import EntryKind, Message, RestoreDone

_CODES = {
    Verdict.CREATE: ("WOULD_CREATE", "would be created"),
    Verdict.REPLACE: ("WOULD_REPLACE", "would be replaced"),
    Verdict.MERGE: ("WOULD_MERGE", "would get owner, mode and times of the saved directory"),
    Verdict.KEEP: ("WOULD_KEEP", "would stay as it is"),
    Verdict.RENAME: ("WOULD_RENAME", "would stay; restored would be"),
    Verdict.IN_THE_WAY: ("IN_THE_WAY", "is in the way and would stay"),
}
_SUMS = {
    "WOULD_CREATE": "would be created",
    "WOULD_REPLACE": "would be replaced",
    "WOULD_KEEP": "would stay",
    "WOULD_RENAME": "would be restored under another name",
}
_BRINGS = (Verdict.CREATE, Verdict.REPLACE, Verdict.RENAME)


@dataclass(slots=True)
class Rehearsal:
    """One dry run, in which the selection is changed."""

    rule: OverwriteRule
    selection: Selection
    target: bytes
    look: Look
    _lines: Lines = field(default_factory=Lines)
    _size: int = 0
    _lost: int = 0
    _unsaved: int = 0
    _left_out: list[bytes] = field(default_factory=list)

    def events(self) -> Iterator[Message | None]:
        """A line for each entry, of each code the first few thousand; None is a sign of life."""
        for path, kind in self.selection.unsaved():
            if kind != EntryKind.SOCKET:
                self._unsaved += 1
                text = f"{quoted(path)} was not saved and would not be restored"
                yield from self._lines.line("NOT_SAVED", text, path)
        for wanted, standing, says in judged(self.rule, self.look(self.selection.wanted)):
            yield from self._judge(wanted, standing, says)
            yield None
        for path in self._left_out:
            self._lost += max(self.selection.leave_out(path), 1)
        yield from name_anew(self.selection, self.look)
        code, text = _CODES[Verdict.RENAME]
        for old, new in self.selection.names():
            where = quoted(below(self.target, old))
            new_place = quoted(below(self.target, new))
            yield from self._lines.line(code, f"{where} {text} {new_place}", old)
        yield from self._lines.rest()

    def done(self) -> RestoreDone:
        """The sums."""
        counts = self._lines.counts
        told = ", ".join(_sums(counts)) or "nothing would be done"
        note = f"Dry run, nothing was restored: {told}; at most {self._size} bytes would be written"
        warnings = []
        if self._lost:
            verb = "entry" if self._lost == 1 else "entries"
            warnings.append(f"{self._lost} {verb} would not be restored: something is in the way")
        if self._unsaved:
            verb = "entry was" if self._unsaved == 1 else "entries were"
            warnings.append(f"{self._unsaved} {verb} not saved")
        return RestoreDone(0, 0, 0, tuple(warnings), (note,))

    def _judge(self, wanted: Wanted, standing: Standing | None, says: Verdict) -> Iterator[Message]:
        code, text = _CODES[says]
        where = quoted(below(self.target, wanted.path))
        if wanted.key is None and says not in (Verdict.REPLACE, Verdict.IN_THE_WAY):
            return  # a directory above the sources, which has no line in a listing
        if wanted.key is not None and says is Verdict.RENAME:
            self.selection.rename(wanted.key, wanted.path)
        elif says is Verdict.IN_THE_WAY and standing is not None:
            self._left_out.append(wanted.path)
            why = why_in_the_way(self.rule, wanted, standing)
            for message in self._lines.line(code, f"{where} {text}: {why}", wanted.path):
                yield Message(Level.WARNING, message.code, message.text, message.path)
        elif says is not Verdict.KEEP or not wanted.is_directory:
            yield from self._lines.line(code, f"{where} {text}", wanted.path)
        if says in _BRINGS:
            self._size += wanted.size


def _sums(counts: Mapping[str, int]) -> Iterator[str]:
    """1 entry would be created, 3 would stay."""
    noun = True
    for code, text in _SUMS.items():
        if count := counts.get(code, 0):
            entries = "entry " if count == 1 else "entries "
            yield f"{count} {entries if noun else ''}{text}"
            noun = False
