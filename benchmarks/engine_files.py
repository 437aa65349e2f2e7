"""The files that the engines are measured with: made with a fixed seed, changed, changed back."""

import random
import shutil
from pathlib import Path

SEED = 2026
SMALLEST, LARGEST = 1024, 16 * 1024  # bytes of a file
FILES_PER_DIRECTORY = 100
_TOP = 10_000  # files below one of the first directories
_APPENDED, _ADDED, _DELETED = 0.008, 0.001, 0.001  # together 1 % of the files


def make_files(root: Path, count: int) -> int:
    """Half text, half noise, so that compression has something to do. Returns their bytes."""
    draw = random.Random(SEED)
    words = [
        bytes(draw.choices(b"abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9)))
        for _ in range(5000)
    ]
    total = 0
    for number in range(count):
        path = file_at(root, number)
        if number % FILES_PER_DIRECTORY == 0:
            path.parent.mkdir(parents=True)
        size = draw.randint(SMALLEST, LARGEST)
        text = b" ".join(draw.choices(words, k=size // 12))
        content = text + draw.randbytes(max(size - len(text), 0))
        path.write_bytes(content)
        total += len(content)
    return total


def file_at(root: Path, number: int) -> Path:
    """The path of a file by its number."""
    directory = root / f"{number // _TOP:02d}" / f"{number // FILES_PER_DIRECTORY:04d}"
    return directory / f"{number:06d}.dat"


class Change:
    """One hundredth of the files is other than before: most have grown, some are new, some are
    gone. Leaving the context makes them again what they were, but for their times."""

    def __init__(self, root: Path, count: int) -> None:
        self._root = root
        self._before: dict[Path, bytes] = {}
        self._new = root / "added"
        draw = random.Random(SEED + 1)
        chosen = draw.sample(range(count), int(count * (_APPENDED + _DELETED)))
        self._deleted = chosen[: int(count * _DELETED)]
        self._appended = chosen[len(self._deleted) :]
        self._added = [draw.randbytes(draw.randint(SMALLEST, LARGEST)) for _ in self._deleted]

    def __enter__(self) -> None:
        for number in (*self._deleted, *self._appended):
            path = file_at(self._root, number)
            self._before[path] = path.read_bytes()
        for number in self._deleted:
            file_at(self._root, number).unlink()
        for number in self._appended:
            with file_at(self._root, number).open("ab") as file:
                file.write(b"one more line\n")
        self._new.mkdir()
        for number, content in enumerate(self._added):
            (self._new / f"{number}.dat").write_bytes(content)

    def __exit__(self, *_error: object) -> None:
        shutil.rmtree(self._new)
        for path, content in self._before.items():
            path.write_bytes(content)
