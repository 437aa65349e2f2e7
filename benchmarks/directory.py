"""A directory of a million entries at a desk, from the click to the painted rows.

`python -m benchmarks.directory [--entries N] [--rounds N] [--dir DIR]` makes so many empty files,
backs them up by an agent in a process of its own, opens the page Restore of a desk (offscreen) over
it, and prints a table with the goals. Cold is an agent that has just started, of whose listing
nothing is in the memory of the machine.
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.names_agent import ServingAgent, serving, serving_again
from sesam_master.app import Program, Stores
from sesam_master.local import LocalAgent, MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.ui.restore.page import FILES, FIND, RestorePage
from sesam_master.ui.restore.tree import Node
from sesam_master.ui.theme import ThemeHolder, ThemeMode

GOAL_MS = 200.0
LONGEST_SECONDS = 120.0
LOOK_MS = 1
TASK, BIG = "million", b"big"


@dataclass
class Line:
    """One measured thing: its times and its goal in milliseconds, and what it gave."""

    name: str
    goal: float | None = None
    times: list[float] = field(default_factory=list)
    result: str = ""

    @property
    def is_met(self) -> bool:
        return self.goal is None or max(self.times) < self.goal


class RestoreDesk:
    """A desk whose page Restore shows the newest saveset, with the directory still closed."""

    def __init__(self, program: Program, saveset: str) -> None:
        self._program = program
        fleet, desk = program.bridge.fleet, program.desk
        desk.window.resize(1440, 900)
        self.wait_for(lambda: any(one.is_live for one in fleet.locations.values()))
        desk.open_restore(next(iter(fleet.locations)), saveset, TASK)
        page = desk.window.current_page
        assert isinstance(page, RestorePage)
        self.page = page
        self.wait_for(lambda: bool(self._directories()))

    def open_directory(self) -> float:
        """Milliseconds from the click on the directory until its first rows are painted."""
        [big] = self._directories()
        return self._until_painted(
            lambda: self.page.listing.set_open(big, True), lambda: bool(big.children)
        )

    def forget(self) -> None:
        """All is asked for again, and the directory is closed."""
        self.page.listing.reload()
        self.wait_for(lambda: bool(self._directories()))

    def next_page(self) -> float:
        """The same, of a scroll to what is the end by now, until more rows are painted."""
        [big] = self._directories()
        before = len(big.children)
        return self._until_painted(
            self.page.tree.scrollToBottom, lambda: len(big.children) > before
        )

    def press_end(self) -> float:
        """The same, of the key End, until all that is read on by itself is here."""
        [big] = self._directories()
        before = len(big.children)
        self.page.tree.setFocus()
        if self.page.tree.currentIndex().row() < 0:
            self.page.tree.selectRow(0)
        return self._until_painted(
            lambda: QTest.keyClick(self.page.tree, Qt.Key.Key_End),
            lambda: big.is_complete or (len(big.children) > before and not big.is_loading),
        )

    def to_the_end(self) -> tuple[float, int, float]:
        """Milliseconds until the last entry is painted, how often End was pressed for it, and the
        longest that one of them took."""
        [big] = self._directories()
        taken: list[float] = []
        while not big.is_complete:
            taken.append(self.press_end())
        return sum(taken), len(taken), max(taken, default=0.0)

    def find(self, text: str) -> float:
        """Milliseconds from the search for a part of a name until what is found is painted."""
        pane, files = self.page.by_name, self.page.finder.files
        self.page.steps.step_chosen.emit(FIND)
        pane.text.setText(text)
        taken = self._until_painted(
            pane.search.click, lambda: not files.is_asking and bool(files.items)
        )
        self.page.steps.step_chosen.emit(FILES)
        return taken

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Raises RuntimeError after two minutes."""
        loop, timer = QEventLoop(), QTimer()
        deadline = time.perf_counter() + LONGEST_SECONDS

        def look() -> None:
            if is_so() or time.perf_counter() > deadline:
                loop.quit()

        timer.timeout.connect(look)
        timer.start(LOOK_MS)
        loop.exec()
        timer.stop()
        if time.perf_counter() > deadline:
            raise RuntimeError("The desk does not show what it was asked for.")

    def _directories(self) -> list[Node]:
        return [row for row in self.page.listing.rows[:9] if row.name == BIG]

    def _until_painted(self, act: Callable[[], object], is_here: Callable[[], bool]) -> float:
        QApplication.processEvents()
        begin = time.perf_counter()
        act()
        self.wait_for(is_here)
        self._program.desk.window.repaint()
        return (time.perf_counter() - begin) * 1000


@contextmanager
def desk_over(root: Path, saveset: str, holder: ThemeHolder) -> Iterator[RestoreDesk]:
    """A desk over the agent of `root`, until the end of the block."""
    local = LocalAgent(root, {})
    stores = Stores(MemoryRegistry([local.registration]), MemoryCredentials(), NoPictures())
    program = Program(holder, stores, is_local=True)
    program.start()
    try:
        yield RestoreDesk(program, saveset)
    finally:
        program.stop()
        local.close()


def back_up(agent: ServingAgent, source: Path, entries: int) -> tuple[float, str]:
    """Seconds that the FULL took, and its saveset. The directory stands beside a file, so that it
    is opened by a click and not by itself."""
    big = source / os.fsdecode(BIG)
    big.mkdir(parents=True)
    (source / "beside").touch()
    for number in range(entries):
        os.close(os.open(big / f"file-{number:08d}.dat", os.O_CREAT | os.O_WRONLY, 0o644))
    location = agent.location
    location.add_client("here")
    location.add_task(TASK, "here", [source])
    started = time.perf_counter()
    job = location.wait(location.start_backup(TASK, "FULL"))
    taken = time.perf_counter() - started
    while location.find_files("file-00000001").unindexed.total:
        time.sleep(0.05)
    return taken, job.saveset


def forget_pages(root: Path) -> None:
    """Nothing of the agent's listings and indexes is in the memory of the machine."""
    os.sync()
    for path in root.rglob("*.db"):
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def measure(root: Path, saveset: str, entries: int, rounds: int) -> list[Line]:
    """With the application of Qt made here."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    holder = ThemeHolder(application, ThemeMode.LIGHT)
    cold, warm = Line("first rows, cold", GOAL_MS), Line("first rows, warm", GOAL_MS)
    following, end = Line("next page", GOAL_MS), Line("End once")
    found, whole = Line("find a name in it", GOAL_MS), Line("End until the last entry")
    for _ in range(rounds):
        forget_pages(root)
        with serving_again(root), desk_over(root, saveset, holder) as desk:
            cold.times.append(desk.open_directory())
    name = f"file-{entries // 2:08d}"
    with serving_again(root) as agent, desk_over(root, saveset, holder) as desk:
        for _ in range(rounds):
            desk.forget()
            warm.times.append(desk.open_directory())
            following.times.append(desk.next_page())
            end.times.append(desk.press_end())
            found.times.append(desk.find(name))
        taken, presses, longest = desk.to_the_end()
        whole.times.append(taken)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        whole.result = (
            f"{presses} times, the longest {longest:.0f} ms; desk {peak / 1e6:.0f} MB, "
            f"agent {agent.resident_bytes() / 1e6:.0f} MB"
        )
    return [cold, warm, following, end, found, whole]


def report(lines: list[Line]) -> int:
    """Prints the table; 1 if a goal was missed."""
    print(f"{'':26} {'median':>9} {'worst':>9} {'goal':>7}")
    for line in lines:
        goal = f"{line.goal:.0f} ms" if line.goal is not None else ""
        sign = "" if line.is_met else "  MISSED"
        print(
            f"{line.name:26} {statistics.median(line.times):6.0f} ms {max(line.times):6.0f} ms "
            f"{goal:>7}{sign}  {line.result}".rstrip()
        )
    return int(not all(line.is_met for line in lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", type=Path, help="for the files and the agent; several GB")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="sm", dir=options.dir) as directory:
        place = Path(directory)
        root = place / "root"
        with serving(root) as agent:
            taken, saveset = back_up(agent, place / "source", options.entries)
            print(f"FULL of {options.entries} empty files: {taken:.1f} s")
        return report(measure(root, saveset, options.entries, options.rounds))


if __name__ == "__main__":
    sys.exit(main())
