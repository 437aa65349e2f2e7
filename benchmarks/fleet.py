"""Start of a desk with many locations, beside the bare fetch of the same snapshots.

`python -m benchmarks.fleet [--locations N] [--rounds N]` starts simulated locations in processes of
their own, fetches all of them in turn with plain gRPC and with the desk, prints the time until the
last one is in the desk's tree and the worst stall of its GUI thread, with the goals.
"""

import argparse
import asyncio
import base64
import contextlib
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QTreeView

from sesam_api.v1 import location_pb2
from sesam_api.v1.location_pb2_grpc import LocationServiceStub
from sesam_master.core.fleet import FleetChange
from sesam_master.core.registry import Registration
from sesam_master.local import MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.remote.channel import bearer, channel_to
from sesam_master.remote.hub import Hub
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.collector import QuietStart
from sesam_master.ui.topology.model import TopologyModel

PROCESSES = 2
LONGEST_SECONDS = 60.0
BEAT_MS = 5
GOAL_RATIO = 1.3
GOAL_STALL_MS = 50.0
RESULTS = Path(__file__).parent / "results" / "fleet.json"


@dataclass(frozen=True, slots=True)
class Start:
    """How long a start of the desk took until all locations were in the tree, and the worst
    lateness of a timer in its GUI thread meanwhile."""

    seconds: float
    stall_ms: float


@contextlib.contextmanager
def simulated(count: int) -> Iterator[list[Registration]]:
    """So many locations in processes of their own."""
    each = -(-count // PROCESSES)
    with contextlib.ExitStack() as stack:
        processes = []
        for first in range(0, count, each):
            command = [sys.executable, "-m", "benchmarks.fleet_simulator"]
            process = subprocess.Popen(
                [*command, str(min(each, count - first)), str(first)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            processes.append(stack.enter_context(process))
            assert process.stdin is not None
            stack.callback(process.stdin.close)
        yield [registration for process in processes for registration in _read(process)]


def _read(process: "subprocess.Popen[str]") -> Iterator[Registration]:
    assert process.stdout is not None
    for line in process.stdout:
        if not line.strip():
            return
        told = json.loads(line)
        certificate = base64.b64decode(told.pop("certificate"))
        number = int(told["name"].split()[-1])
        yield Registration(
            farm=f"Farm {number % 20:02d}", host="127.0.0.1", certificate=certificate, **told
        )
    raise RuntimeError("A simulator ended before all of its locations served.")


async def _fetch(registration: Registration) -> int:
    async with channel_to(registration, 10.0) as channel:
        request = location_pb2.WatchRequest(location_id=registration.location_id)
        metadata = bearer("sesam_bare")
        call = LocationServiceStub(channel).Watch(request, metadata=metadata, timeout=60)
        size = 0
        async for message in call:
            size += len(message.snapshot.tasks)
            if message.snapshot.complete:
                break
        call.cancel()
        return size


def bare(registrations: list[Registration]) -> float:
    """Seconds until the last snapshot was there, without any desk."""

    async def fetch_all() -> float:
        start = time.perf_counter()
        done = asyncio.get_running_loop().create_future()
        left = len(registrations)

        async def fetch(registration: Registration) -> None:
            nonlocal left
            await _fetch(registration)
            left -= 1
            if not left:
                done.set_result(time.perf_counter() - start)

        await asyncio.gather(*(fetch(registration) for registration in registrations))
        seconds = float(await done)
        await asyncio.sleep(0.1)  # gRPC still reports the ends of the closed channels
        return seconds

    return asyncio.run(fetch_all())


def desk(registrations: list[Registration]) -> Start:
    """Starts the desk's network thread, bridge and tree."""
    gc.unfreeze()  # each round begins like a new process
    gc.collect()
    loop = QEventLoop()
    hub_slot: list[Hub] = []
    bridge = Bridge(lambda coroutine, done: hub_slot[0].submit(coroutine, done))
    credentials = MemoryCredentials()
    for registration in registrations:
        credentials.put(registration.location_id, f"sesam_{registration.location_id}")
    hub = Hub(MemoryRegistry(registrations), credentials, NoPictures(), bridge.deliver)
    hub_slot.append(hub)
    model = TopologyModel(bridge.fleet, lambda: datetime.now(UTC))
    tree = QTreeView()
    tree.setUniformRowHeights(True)
    tree.setModel(model)
    tree.resize(400, 900)
    tree.show()
    waiting = {registration.location_id for registration in registrations}

    def take(change: FleetChange) -> None:
        model.take(change)
        waiting.difference_update(change.pictures)
        if not waiting:
            loop.quit()

    bridge.fleet_changed.connect(take)
    QApplication.processEvents()
    start = time.perf_counter()
    beat = Beat()
    quiet = QuietStart()  # as the program does
    hub.start()
    QTimer.singleShot(int(LONGEST_SECONDS * 1000), loop.quit)
    loop.exec()
    seconds = time.perf_counter() - start
    worst = beat.end()
    quiet.end()
    bridge.close()
    if not hub.stop(10.0) or waiting:
        raise RuntimeError(f"{len(waiting)} locations did not come in time.")
    tree.close()
    return Start(seconds, worst)


class Beat:
    """The worst lateness of a precise timer in the GUI thread, in milliseconds."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._worst = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(BEAT_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._worst = max(self._worst, (now - self._last) * 1000 - BEAT_MS)
        self._last = now

    def end(self) -> float:
        self._tick()
        self._timer.stop()
        return self._worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locations", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    application = QApplication.instance() or QApplication([])
    fetches, starts = [], []
    with simulated(options.locations) as registrations:
        bare(registrations[:10])
        for _ in range(options.rounds):
            fetches.append(bare(registrations))
            starts.append(desk(registrations))
    del application
    return report(options.locations, fetches, starts)


def report(locations: int, fetches: list[float], starts: list[Start]) -> int:
    """Prints and writes the numbers. 1 if a goal was missed."""
    fetched = statistics.median(fetches)
    shown = statistics.median(start.seconds for start in starts)
    stall = max(start.stall_ms for start in starts)
    ratio = shown / fetched
    rows = [
        ("bare fetch, median", f"{fetched:.2f} s", "", ""),
        ("all in the tree, median", f"{shown:.2f} s", "", ""),
        ("ratio", f"{ratio:.2f}", f"<= {GOAL_RATIO}", ratio <= GOAL_RATIO),
        (
            "worst stall of all",
            f"{stall:.0f} ms",
            f"<= {GOAL_STALL_MS:.0f} ms",
            stall <= GOAL_STALL_MS,
        ),
    ]
    print(f"{locations} locations, {len(starts)} rounds, interleaved")
    for name, value, goal, is_met in rows:
        print(f"{name:26}{value:>10}  {goal:10}{'' if not goal else 'met' if is_met else 'MISSED'}")
    RESULTS.write_text(
        json.dumps(
            {
                "locations": locations,
                "bare_seconds": fetches,
                "desk": [asdict(start) for start in starts],
            },
            indent=1,
        )
        + "\n"
    )
    return 0 if all(is_met for *_, goal, is_met in rows if goal) else 1


if __name__ == "__main__":
    raise SystemExit(main())
