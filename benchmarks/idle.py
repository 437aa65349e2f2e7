"""An agent at rest with a desk that watches it: memory, processor and bytes on the wire.

`python -m benchmarks.idle [--minutes N] [--dir DIR]` lets an agent of a small location settle,
watches it as a desk does through a proxy that counts, prints a table with the goals beside a gRPC
server that does nothing, and writes `benchmarks/results/idle.json`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.names_agent import serving
from server_agent.adapters.identity import load_identity
from sesam_api.client import connect
from sesam_api.location import Location

RESULTS = Path(__file__).parent / "results" / "idle.json"
SETTLE_SECONDS = 30.0
TASKS = 50
GOAL_BYTES, GOAL_CORE, GOAL_WIRE = 80e6, 0.002, 2000.0
# The floor: the interpreter with gRPC and its server, and nothing to do.
_FLOOR = """
import asyncio, grpc
async def main():
    server = grpc.aio.server()
    server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print("serving", flush=True)
    await server.wait_for_termination()
asyncio.run(main())
"""


@dataclass(frozen=True)
class Rest:
    """What a process at rest takes.

    Attributes:
        resident_bytes: resident memory at the end.
        core: share of one core.
        wire_bytes: on the wire in a minute, both ways, with TLS; 0 for the floor.
    """

    resident_bytes: int
    core: float
    wire_bytes: float = 0.0


def resident_bytes(pid: int) -> int:
    [line] = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    ]
    return int(line.split()[1]) * 1024


def cpu_seconds(pid: int) -> float:
    """Of the process and what it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Counting:
    """A proxy to one port; counts what passes. Runs in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.bytes = 0
        self._target = port
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._passed, "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        self._ready.set()
        await server.serve_forever()

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(1 << 16):
                self.bytes += len(piece)
                writer.write(piece)
                await writer.drain()
        writer.close()


def populate(location: Location, directory: Path) -> None:
    """Clients, tasks, a schedule, and savesets, as a small location has them."""
    (directory / "data").mkdir()
    (directory / "data/file").write_bytes(b"data")
    location.add_client("here")
    for number in range(TASKS):
        location.add_task(f"task_{number:02}", "here", [str(directory / "data")])
    for number in range(0, TASKS, 10):
        location.wait(location.start_backup(f"task_{number:02}", "FULL"), 60)


@contextlib.contextmanager
def watched(location: Location) -> Iterator[None]:
    """A thread reads the watch, as a desk does, until the end of the block."""
    watch = location.watch()
    next(watch)

    def read() -> None:
        with contextlib.suppress(Exception):
            for _ in watch:
                pass

    thread = threading.Thread(target=read, name="watch", daemon=True)
    thread.start()
    yield


def measured(pid: int, minutes: float, passed: "Counting | None") -> Rest:
    """After it has settled."""
    time.sleep(SETTLE_SECONDS)
    cpu, sent, began = cpu_seconds(pid), passed.bytes if passed else 0, time.monotonic()
    time.sleep(minutes * 60)
    seconds = time.monotonic() - began
    wire = (passed.bytes - sent) / seconds * 60 if passed else 0.0
    return Rest(resident_bytes(pid), (cpu_seconds(pid) - cpu) / seconds, wire)


def agent_at_rest(directory: Path, minutes: float) -> Rest:
    root = directory / "root"
    with serving(root) as agent:
        populate(agent.location, directory)
        port = int((root / "var/work/agent/address").read_text().strip().rpartition(":")[2])
        passed = Counting(port)
        token = agent.location.create_token("monitor", timedelta(minutes=5)).token
        identity = load_identity(root / "var/ini", agent.location.identity.location_id)
        with (
            connect(
                f"127.0.0.1:{passed.port}", token=token, fingerprint=identity.fingerprint
            ) as desk,
            watched(desk),
        ):
            return measured(agent.pid, minutes, passed)


def floor_at_rest(minutes: float) -> Rest:
    command = [sys.executable, "-c", _FLOOR]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            return measured(process.pid, minutes, None)
        finally:
            process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="default %(default)s")
    parser.add_argument("--dir", type=Path, help="for the agent; else a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as directory:
        floor = floor_at_rest(min(options.minutes, 1.0))
        agent = agent_at_rest(Path(directory), options.minutes)
    print(f"{'':24}{'memory MB':>10}{'% of a core':>13}{'bytes/min':>11}")
    for name, rest in (("gRPC server, idle", floor), ("agent, one desk", agent)):
        wire = f"{rest.wire_bytes:11.0f}" if rest.wire_bytes else f"{'-':>11}"
        print(f"{name:24}{rest.resident_bytes / 1e6:10.1f}{rest.core * 100:13.3f}{wire}")
    goals = (
        ("memory < 80 MB", agent.resident_bytes, GOAL_BYTES),
        ("processor < 0.2 % of a core", agent.core, GOAL_CORE),
        ("wire < 2 kB/min", agent.wire_bytes, GOAL_WIRE),
    )
    for name, value, goal in goals:
        print(f"{'met   ' if value < goal else 'MISSED'} {name}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"floor": asdict(floor), "agent": asdict(agent)}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
