"""A real agent in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sesam_api.client import Location, connect

COMMAND = (sys.executable, "-m", "server_agent.commands.sesam_agent")
REPOSITORY = Path(__file__).parents[2]
SECONDS = 20.0  # only a test that fails waits so long

# A tar that, while the file HOLD exists, stands still in the middle of what it writes.
HELD_TAR = """#!/bin/sh
if [ ! -e "{hold}" ]; then exec /usr/bin/tar "$@"; fi
/usr/bin/tar "$@" | {{
    head -c 36000000
    echo $$ > "{held}.new"
    mv "{held}.new" "{held}"
    while [ -e "{hold}" ]; do sleep 0.02; done
}}
"""


def run(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`sesam-agent --root ROOT ...`"""
    return subprocess.run(
        (*COMMAND, "--root", str(root), *arguments),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


class AgentProcess:
    """One root, and the agent that serves it while it runs.

    Args:
        serving: the command that runs the agent; else the usual one.
    """

    def __init__(self, root: Path, directory: Path, serving: tuple[str, ...] = ()) -> None:
        self.root = root
        self._serving = serving or (*COMMAND, "--root", str(root), "serve")
        self._directory = directory
        self._process: subprocess.Popen[str] | None = None
        self.hold = directory / "hold"
        self.held = directory / "held"
        tar = directory / "bin/tar"
        tar.parent.mkdir()
        tar.write_text(HELD_TAR.format(hold=self.hold, held=self.held))
        tar.chmod(0o755)
        made = run(root, "init", "--name", "Alpha", "--host", "127.0.0.1", "--port", "0")
        assert made.returncode == 0, made.stderr
        self.made = made.stdout

    @property
    def address(self) -> str:
        return (self.root / "var/work/agent/address").read_text().strip()

    def start(self) -> str:
        """Returns the line that it says when it can be called."""
        path = f"{self._directory / 'bin'}:{os.environ['PATH']}"
        with (self._directory / "stderr").open("ab") as errors:
            self._process = subprocess.Popen(
                self._serving,
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=os.environ | {"PATH": path},
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.errors
        return line

    @property
    def errors(self) -> str:
        """What it said on standard error."""
        return (self._directory / "stderr").read_text()

    def send(self, how: signal.Signals) -> None:
        """Does not wait for anything."""
        assert self._process is not None
        self._process.send_signal(how)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal, and returns the exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        status = self._process.wait(SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return status

    def children(self) -> list[int]:
        """Ids of the processes that it has started and that run."""
        assert self._process is not None
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                facts = (process / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            if int(facts[1]) == self._process.pid and facts[0] != "Z":
                found.append(int(process.name))
        return found

    def close(self) -> None:
        """Leaves nothing behind."""
        self.hold.unlink(missing_ok=True)
        if self._process is not None:
            self.end(signal.SIGKILL)

    @contextmanager
    def connected(self) -> Iterator[Location]:
        """A script on the agent's socket."""
        with connect(unix=self.root / "var/work/agent/agent.sock") as location:
            yield location
