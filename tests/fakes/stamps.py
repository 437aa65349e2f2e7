"""Time stamps of tasks in memory."""

from server_agent.ports.stamps import Stamp, StampKind


class FakeStamps:
    """`server_agent.ports.stamps.Stamps`."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, StampKind], Stamp] = {}
        self.is_full = False

    def read(self, task: str, kind: StampKind) -> Stamp | None:
        return self.held.get((task, kind))

    def write(self, task: str, kind: StampKind, stamp: Stamp) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.held[task, kind] = stamp

    def forget(self, task: str) -> None:
        if self.is_full:
            raise OSError(30, "Read-only file system")
        self.held = {key: stamp for key, stamp in self.held.items() if key[0] != task}
