"""The `InterfaceFiles` port over `bin/sesam`, `skel/templates`, and a directory of its own."""

import base64
import json
import os
import stat
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import private
from server_agent.domain.interface_runs import InterfaceRun, RunOutcome
from server_agent.ports.interfaces import InterfaceFile

_MOST_INTERPRETER = 256  # bytes; execve(2) of Linux reads no longer first line


class InterfaceFilesOf:
    """Touches nothing until a run is kept.

    Args:
        programs, templates, runs: directories; runs are kept in the last, one file of JSON for each
            program, which only the agent's user can read.
    """

    def __init__(self, programs: Path, templates: Path, runs: Path) -> None:
        self._programs = programs
        self._templates = templates
        self._runs = runs

    def file(self, name: str) -> InterfaceFile:
        path = self._programs / name
        is_there = os.path.lexists(path)
        fault = _fault(path) if is_there else ""
        return InterfaceFile(
            os.fsencode(path), os.fsencode(self._templates / name), is_there, fault
        )

    def last_run(self, name: str) -> InterfaceRun | None:
        try:
            return _read(self._file(name).read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, name: str, run: InterfaceRun) -> None:
        file = self._file(name)
        self._runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.new")
        new.unlink(missing_ok=True)
        with open(new, "xb", opener=private.opener) as stream:
            stream.write(_written(run))
        sync(new)
        new.replace(file)

    def _file(self, name: str) -> Path:
        return self._runs / f"{name}.json"


def _written(run: InterfaceRun) -> bytes:
    kept = asdict(run)
    kept["start_time"] = run.start_time.isoformat()
    kept["end_time"] = run.end_time.isoformat() if run.end_time is not None else None
    kept["output"] = base64.b64encode(run.output).decode("ascii")
    return json.dumps(kept).encode("ascii")


def _read(content: bytes) -> InterfaceRun:
    """Raises KeyError, TypeError or ValueError for what was not written here."""
    kept: dict[str, Any] = json.loads(content)
    end = kept["end_time"]
    return InterfaceRun(
        **{
            **kept,
            "start_time": _moment(kept["start_time"]),
            "end_time": _moment(end) if end is not None else None,
            "outcome": RunOutcome(kept["outcome"]),
            "output": base64.b64decode(kept["output"]),
        }
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _fault(path: Path) -> str:
    """Why a file cannot be run; empty if nothing is seen that speaks against it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        reason = "it is a link to what is not there" if path.is_symlink() else error.strerror
        return f"{path} cannot be run: {reason}. Put the program itself there"
    if not stat.S_ISREG(mode):
        return f"{path} is no file. Put the program there"
    if not os.access(path, os.X_OK):
        return f"{path} is not executable by the agent's user. Run: chmod +x {path}"
    try:
        with path.open("rb") as file:
            begin = file.read(_MOST_INTERPRETER)
    except OSError:
        return ""  # a program need not be readable
    return _fault_of_begin(path, begin)


def _fault_of_begin(path: Path, begin: bytes) -> str:
    if begin.startswith(b"\x7fELF"):
        return ""
    if not begin.startswith(b"#!"):
        return f"{path} has no first line such as #!/bin/sh, so it cannot be run. Add one"
    words = begin.partition(b"\n")[0][2:].split()
    if not words or not os.path.isfile(words[0]) or not os.access(words[0], os.X_OK):
        named = words[0].decode("utf-8", "backslashreplace") if words else "nothing"
        return f"{path} cannot be run: its first line names {named}, which is no program here"
    return ""
