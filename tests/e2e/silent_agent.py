"""An agent one of whose directories may not answer: `python -m tests.e2e.silent_agent ROOT PLACE
HOLD`. As below a mount whose server is gone, each call of its process that has to do with PLACE, or
with what lies below it, does not come back as long as the file HOLD exists.
"""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server_agent.app import serve
from server_agent.installation import find_installation

_UNTOLD = ("stat", "lstat", "statvfs", "access")  # of these, the interpreter tells no audit hook


class Silence:
    """Below a place, for this process, as long as a file exists."""

    def __init__(self, place: Path, hold: Path) -> None:
        self._below = os.fsencode(place)
        self._hold = hold
        self._exists = os.path.exists
        self._pause = threading.Event()

    def begin(self) -> None:
        for name in _UNTOLD:
            setattr(os, name, self._waiting(getattr(os, name)))
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" or event.startswith("os."):
            for argument in arguments[:2]:
                self._wait(argument)

    def _waiting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def waits(path: object, *arguments: Any, **named: Any) -> Any:
            self._wait(path)
            return call(path, *arguments, **named)

        return waits

    def _wait(self, path: object) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        name = os.fsencode(path)
        if name == self._below or name.startswith(self._below + b"/"):
            while self._exists(self._hold):
                self._pause.wait(0.02)


def main(root: str, place: str, hold: str) -> None:
    Silence(Path(place), Path(hold)).begin()
    serve(find_installation(Path(root), {}), _announce)


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
