"""A restore goes on behind what is damaged: what lies in it is taken out of the selection and said,
and all that lies in whole frames comes back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from server_agent.adapters.tar.listing import Amount
from server_agent.adapters.tar.ruling import LINES, Lines
from server_agent.adapters.tar.salvage import SalvageReader
from server_agent.adapters.tar.selection import Selection
from server_agent.adapters.tar.slices import LISTED, Slice
from server_agent.adapters.tar.stream import DamagedFrame
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import EngineError, Message

_LOST, _PIECE = "LIES_IN_DAMAGE", "DAMAGED_PIECE"

Place = tuple[int, int]  # a home, and a byte of its stream
Run = Callable[[Place], Iterator[Message | None]]  # does all that lies from there on
BEGIN: Place = (0, 0)


@dataclass(slots=True)
class Damage:
    """What of one restore's savesets is not as it was written.

    Attributes:
        files: entries that are no directories and lie in it.
    """

    files: int = 0
    _found: dict[str, str] = field(default_factory=dict)  # saveset -> what is wrong with it
    _pieces: int = 0
    _first: bytes = b""
    _lines: Lines = field(default_factory=Lines)

    def __bool__(self) -> bool:
        return bool(self._found)

    def note(self, saveset: str, flaw: str) -> Iterator[Message]:
        """A file that was cut, or has another end than it had."""
        if flaw and saveset not in self._found:
            self._found[saveset] = flaw
            yield Message(Level.WARNING, "DAMAGED_END", f"saveset {saveset} is damaged: {flaw}")

    def whole(self, amount: Amount) -> Amount:
        """What is still to come with what is lost of it already."""
        return Amount(amount.files + self.files, amount.size)

    def passed(
        self,
        selection: Selection,
        homes: Mapping[int, str],
        open_home: Callable[[int], SalvageReader],
        run: Run,
    ) -> Iterator[Message | None]:
        """Runs, and as often as that ends in a damaged frame once more for what lies behind it.
        Raises whatever else ends it."""
        after = BEGIN
        while True:
            try:
                yield from run(after)
            except EngineError as error:
                damage = error.__cause__
                if not isinstance(damage, DamagedFrame) or damage.place is None:
                    raise
                [home] = (home for home, name in homes.items() if name == error.saveset)
                begin, end = damage.place
            else:
                return
            after = home, begin
            with open_home(home) as reader:  # raises if it is the medium that has gone
                while (next_end := reader.damage_at(end)) is not None:
                    end = next_end
                    yield None
            yield from self._take(selection, home, homes[home], begin, end, damage)

    def _take(
        self,
        selection: Selection,
        home: int,
        saveset: str,
        begin: int,
        end: int,
        damage: DamagedFrame,
    ) -> Iterator[Message | None]:
        self._found.setdefault(saveset, str(damage))
        self._pieces += 1
        piece = f"saveset {saveset} is damaged: {damage}; bytes {begin} to {end} of its data"
        yield from self._said(_PIECE, f"{piece} are lost", b"")
        for path, is_directory in selection.lost.take(home, begin, end):
            text = f"{quoted(path)} lies in what is damaged of {saveset}"
            if is_directory:
                text += ": a directory, which gets owner, mode and time out of the listing"
            else:
                self.files += 1
                self._first = self._first or path
            yield from self._said(_LOST, text, path)
            yield None

    def _said(self, code: str, text: str, path: bytes) -> Iterator[Message]:
        for line in self._lines.line(code, text, path):
            yield Message(Level.WARNING, line.code, line.text, line.path or None)

    def rest(self) -> Iterator[Message]:
        """How many lines were not said."""
        yield from self._lines.rest()

    def error(self, restored: int, wanted: int) -> EngineError:
        """How the restore ends that has met it. `wanted`: of how many entries, no directories."""
        first, *others = self._found
        text = f"saveset {first} is damaged: {self._found[first]}"
        if self._pieces > 1:
            text += f", the first of {self._pieces} damaged pieces"
        if others:
            text += f"; damaged too: {', '.join(others)}"
        files = "1 file was" if wanted == 1 else f"{wanted} files were"
        text += f". {restored} of {files} restored, "
        if not self.files:
            return EngineError("SAVESET_DAMAGED", f"{text}none lies in what is damaged", first)
        lie = "1 lies" if self.files == 1 else f"{self.files} lie"
        named = "the protocol names them"
        if self._lines.counts[_LOST] > LINES:
            named = f"the protocol names {LINES}, and that of a directory alone its own"
        text += (
            f"{lie} in what is damaged, first {quoted(self._first)}: {named}. Restore these from a"
            " copy of it on another medium, or from another saveset"
        )
        return EngineError("SAVESET_DAMAGED", text, first)


def from_there_on(slices: Iterator[Slice], after: Place) -> Iterator[Slice]:
    """Those that begin there or behind, and those that lie nowhere."""
    if after == BEGIN:
        return slices
    return (each for each in slices if each.home == LISTED or (each.home, each.range[0]) >= after)
