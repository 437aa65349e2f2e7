"""Interface programs and their last runs in memory."""

from server_agent.domain.interface_runs import InterfaceRun
from server_agent.ports.interfaces import InterfaceFile


class FakeInterfaceFiles:
    """`server_agent.ports.interfaces.InterfaceFiles`.

    Attributes:
        there: the programs that are there, with what is wrong with each.
    """

    def __init__(self) -> None:
        self.there: dict[str, str] = {}
        self.runs: dict[str, InterfaceRun] = {}
        self.is_full = False

    def file(self, name: str) -> InterfaceFile:
        place, template = f"/bin/sesam/{name}".encode(), f"/skel/templates/{name}".encode()
        return InterfaceFile(place, template, name in self.there, self.there.get(name, ""))

    def last_run(self, name: str) -> InterfaceRun | None:
        return self.runs.get(name)

    def keep(self, name: str, run: InterfaceRun) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.runs[name] = run
