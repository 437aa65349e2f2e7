"""The `Programs` port at a client over SSH: the interface programs that lie there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from server_agent.adapters.programs import is_name, lines
from server_agent.adapters.ssh.client import SshClient
from server_agent.adapters.tar.child import Child
from server_agent.domain.reach import Ssh
from server_agent.ports import Control
from server_agent.ports.programs import Ended, Output

DIRECTORY = "/opt/sesam/bin/sesam"  # of a client, as the manual has it
_TOGETHER = 'exec "$0" "$@" 2>&1'  # standard error in its place among the output
_SIGNALLED = 128  # what a shell adds to the signal that killed a program


class SshPrograms:
    """Each call has a connection of its own, and a cancel kills all that it has started there.

    Raises EngineError, besides what the port says, if the client cannot be reached or is lost.
    """

    def __init__(self, client: Ssh, tmp_dir: Path, directory: str = DIRECTORY) -> None:
        """Touches nothing yet.

        Args:
            tmp_dir: for what a connection needs.
            directory: absolute path at the client.
        """
        self._client = client
        self._tmp_dir = tmp_dir
        self._directory = directory

    def has(self, name: str) -> bool:
        return self._test("-x", name)

    def is_there(self, name: str) -> bool:
        return self._test("-e", name)

    def run(
        self, name: str, arguments: Sequence[str], facts: Mapping[str, str], control: Control
    ) -> Iterator[Output | Ended]:
        told = [f"{key}={value}" for key, value in facts.items()]
        program = ["/bin/sh", "-c", _TOGETHER, f"{self._directory}/{name}", *arguments]
        with (
            SshClient(self._client, self._tmp_dir) as client,
            client.start(["env", *told, *program], control) as child,
        ):
            yield from lines(_said(child))
            status = child.wait()
        yield Ended(_SIGNALLED - status if _SIGNALLED < status < _SIGNALLED + 65 else status)

    def _test(self, how: str, name: str) -> bool:
        if not is_name(name):
            return False
        with (
            SshClient(self._client, self._tmp_dir) as client,
            client.start(["test", how, f"{self._directory}/{name}"], _Quick()) as child,
        ):
            for _ in _said(child):
                pass
            return child.wait() == 0


class _Quick:
    """The control of what ends at once by itself, or by the limits of a connection."""

    cancelled = False

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Nobody does."""


def _said(child: Child) -> Iterator[bytes]:
    while child.talks:
        for output in child.ready():
            yield child.read(output)
