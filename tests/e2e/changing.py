"""Sources that change while an agent saves them, and what was in them when."""

import os
import random
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from blake3 import blake3

# Path -> kind, mode, link target or the digest of a file's content: hundreds of trees are kept.
Tree = dict[str, tuple[str, int, bytes]]

_NAMES = ("letter", "Büro", "blank name", "line\nbreak", "list", "notes", "table", "sketch")
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


def tree_of(top: Path) -> Tree:
    """All that is below a directory."""
    found: Tree = {}
    for path in sorted(top.rglob("*")):
        status = path.lstat()
        content = b""
        if stat.S_ISLNK(status.st_mode):
            content = os.fsencode(os.readlink(path))
        elif stat.S_ISREG(status.st_mode):
            content = blake3(path.read_bytes()).digest()
        kind = "l" if path.is_symlink() else "d" if path.is_dir() else "f"
        mode = 0 if kind == "l" else stat.S_IMODE(status.st_mode)
        found[str(path.relative_to(top))] = (kind, mode, content)
    return found


@dataclass(frozen=True)
class State:
    """What was in a source between two changes; `begin` and `end` of the change that led to it."""

    begin: datetime
    end: datetime
    tree: Tree


@dataclass
class ChangingSource:
    """One directory with small files."""

    top: Path
    chance: random.Random
    states: list[State] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.top.mkdir()
        for number in range(12):
            self._write(number)
        self.states.append(State(_ALWAYS, _ALWAYS, tree_of(self.top)))

    def change(self, now: Callable[[], datetime]) -> None:
        """A few files become others, come, go, or get another mode."""
        begin = now()
        for _ in range(self.chance.randint(1, 5)):
            self._write(self.chance.randrange(40))
        files = [path for path in self.top.rglob("*") if path.is_file() or path.is_symlink()]
        if len(files) > 6:
            self.chance.choice(files).unlink()
        self.states.append(State(begin, now(), tree_of(self.top)))

    def between(self, first: datetime, last: datetime) -> list[Tree]:
        """What a backup that ran from first to last may have found."""
        before = [state for state in self.states if state.end <= first]
        during = [state for state in self.states if state.end > first and state.begin <= last]
        return [state.tree for state in (before[-1], *during)]

    def _write(self, number: int) -> None:
        directory = self.top / f"directory {number % 3}"
        directory.mkdir(exist_ok=True)
        path = directory / f"{_NAMES[number % len(_NAMES)]} {number}"
        part = self.top.parent / f"{self.top.name}.part"
        if number % 7 == 0:
            part.symlink_to(f"nowhere {self.chance.random()}")
        else:
            part.write_bytes(self.chance.randbytes(self.chance.randrange(5000)))
            part.chmod(self.chance.choice((0o600, 0o644, 0o755)))
        part.replace(path)
