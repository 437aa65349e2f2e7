"""A real agent for a benchmark, in a process of its own."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server_agent.commands.sm_cmd import local_agent
from sesam_api.location import Location

_AGENT = "import sys; from server_agent.commands.sesam_agent import main; sys.exit(main())"


@dataclass(frozen=True)
class ServingAgent:
    """An agent that serves, and the way to it."""

    pid: int
    location: Location

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024


@contextlib.contextmanager
def serving(root: Path) -> Iterator[ServingAgent]:
    """A new agent below `root`, until the end of the block."""
    made = [*_command(root), "init", "--name", "Bench", "--port", "0"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    with serving_again(root) as agent:
        yield agent


@contextlib.contextmanager
def serving_again(root: Path) -> Iterator[ServingAgent]:
    """The agent that was made below `root`, until the end of the block."""
    command = _command(root)
    with subprocess.Popen([*command, "serve"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()  # it serves
            with local_agent(str(root)) as location:
                yield ServingAgent(process.pid, location)
        finally:
            process.terminate()


def _command(root: Path) -> list[str]:
    return [sys.executable, "-c", _AGENT, "--root", str(root)]
