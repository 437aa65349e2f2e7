"""Time stamps of tasks as files whose time is the stamp."""

import os
import re
from hashlib import blake2b
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.domain.savesets import NAME_PATTERN
from server_agent.ports.stamps import Stamp, StampKind

_UNSAFE = re.compile(r"[^\w.-]")
_LONGEST_TASK_BYTES = 180  # of a file's name; the rest is its own
_DIGEST_BYTES = 4  # tells apart tasks whose names look the same in a file name
_LONGEST_CONTENT = 200


class StampFiles:
    """`server_agent.ports.stamps.Stamps`: the file's time of modification is the moment, and the
    saveset is its content."""

    def __init__(self, directory: Path) -> None:
        """Touches nothing yet."""
        self._directory = directory

    def read(self, task: str, kind: StampKind) -> Stamp | None:
        try:
            with self.file(task, kind).open("rb") as file:
                saveset = file.read(_LONGEST_CONTENT).decode("ascii", "replace").strip()
                moment_ns = os.fstat(file.fileno()).st_mtime_ns
        except OSError:
            return None
        return Stamp(saveset, moment_ns) if NAME_PATTERN.match(saveset) else None

    def write(self, task: str, kind: StampKind, stamp: Stamp) -> None:
        file = self.file(task, kind)
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.new")
        new.write_text(f"{stamp.saveset}\n", encoding="ascii")
        os.utime(new, ns=(stamp.moment_ns, stamp.moment_ns))
        sync(new)
        new.replace(file)
        sync(self._directory)

    def forget(self, task: str) -> None:
        for kind in StampKind:
            self.file(task, kind).unlink(missing_ok=True)

    def file(self, task: str, kind: StampKind) -> Path:
        """`<task>-<digest of its name>.<kind>`; signs that are awkward in a file name become
        "_"."""
        shown = _UNSAFE.sub("_", task).encode()[:_LONGEST_TASK_BYTES].decode(errors="ignore")
        digest = blake2b(task.encode(), digest_size=_DIGEST_BYTES).hexdigest()
        return self._directory / f"{shown}-{digest}.{kind.value}"
