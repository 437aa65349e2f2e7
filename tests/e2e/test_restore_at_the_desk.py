"""A file is found by name at a desk over a real agent, and its older version comes back."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.app import Program, Stores
from sesam_master.core.states import JobState
from sesam_master.local import LocalAgent, MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.ui.restore.compare import ComparePage
from sesam_master.ui.restore.finder import unindexed_of
from sesam_master.ui.restore.page import CHECK, FILES, RUN, TARGET, RestorePage
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.e2e.agent_process import SECONDS, AgentProcess

PATIENCE_MS = 30_000
ODD = "r\udce9port.odt"  # no UTF-8
FILES_BESIDE = 600  # the file is behind the first pages of its directory


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a short path, for the agent's socket."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def agent(place: Path) -> Iterator[AgentProcess]:
    process = AgentProcess(place / "root", place)
    process.start()
    yield process
    process.close()


@pytest.fixture
def program(agent: AgentProcess, qapp: QApplication, qtbot: QtBot) -> Iterator[Program]:
    local = LocalAgent(agent.root, {})
    made = Program(
        ThemeHolder(qapp, ThemeMode.LIGHT),
        Stores(MemoryRegistry([local.registration]), MemoryCredentials(), NoPictures()),
        is_local=True,
    )
    qtbot.addWidget(made.desk.window)
    made.start()
    yield made
    made.stop()
    local.close()


def back_up_twice(agent: AgentProcess, tree: Path, old: bytes, new: bytes) -> None:
    """A FULL with the old content, an INC with the new one."""
    (tree / "sub").mkdir(parents=True)
    for number in range(FILES_BESIDE):
        (tree / "sub" / f"a{number}").write_bytes(b"beside")
    (tree / "sub" / ODD).write_bytes(old)
    with agent.connected() as location:
        location.add_client("local")
        location.add_task("docs", "local", [os.fsencode(tree)])
        location.wait(location.start_backup("docs", "FULL"), SECONDS)
        (tree / "sub" / ODD).write_bytes(new)
        location.wait(location.start_backup("docs", "INC"), SECONDS)


def run_dry(page: RestorePage, target: Path, until: Callable[[Callable[[], bool]], None]) -> None:
    """A dry run to its end: nothing is at the target then."""
    page.last.check.dry_run.click()
    until(lambda: page.presenter.job is not None and not page.presenter.job.is_open)
    assert page.presenter.job is not None
    assert page.presenter.job.dry_run
    assert "dry run" in page.last.run.state.text.casefold()
    assert not target.exists()


def test_the_older_version_of_a_found_file_comes_back(
    agent: AgentProcess, program: Program, place: Path, qtbot: QtBot
) -> None:
    old, new = os.urandom(20_000), os.urandom(30_000)
    tree, target = place / "tree", place / "back"
    back_up_twice(agent, tree, old, new)
    fleet, desk = program.bridge.fleet, program.desk

    def until(condition: Callable[[], bool]) -> None:
        qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    until(lambda: any(one.is_live for one in fleet.locations.values()))
    desk.open_restore(next(iter(fleet.locations)), None, "")
    page = desk.window.current_page
    assert isinstance(page, RestorePage)

    def found() -> bool:
        """Asked again until the agent has read the listings."""
        files = page.finder.files
        is_missing = unindexed_of(files).total > 0
        if not files.is_asking and (not files.was_asked or is_missing):
            page.by_name.search.click()
        return bool(files.items) and not is_missing and files.items[0].versions == 2

    page.by_name.text.setText("port.odt")
    until(found)
    page.by_name.view.selectRow(0)
    page.next.click()
    path = os.fsencode(tree / "sub" / ODD)
    until(lambda: page.listing.tree.paths() == (path,))
    assert page.step == FILES
    assert [one.size for one in page.finder.versions.items] == [30_000, 20_000]
    newest = page.presenter.saveset
    assert newest is not None

    page.versions.view.selectRow(1)
    page.versions.take.click()
    until(lambda: page.presenter.saveset not in (None, newest) and not page.choice().is_empty)
    assert page.listing.tree.paths() == (path,)
    assert page.choice().size_bytes == 20_000
    page.next.click()
    assert page.step == TARGET
    page.last.target.directory.setText(str(target))
    page.next.click()
    assert page.step == CHECK
    run_dry(page, target, until)
    page.last.run.restore_now.click()

    def ended() -> bool:
        job = page.presenter.job
        return job is not None and not job.dry_run and not job.is_open

    until(ended)
    assert page.step == RUN
    assert page.presenter.job is not None
    assert page.presenter.job.state is JobState.OK
    back = [Path(folder, name) for folder, _, names in os.walk(target) for name in names]
    assert [os.fsencode(one)[len(os.fsencode(target)) :] for one in back] == [path]
    assert back[0].read_bytes() == old
    assert (tree / "sub" / ODD).read_bytes() == new


def test_two_savesets_are_compared_and_exported(
    agent: AgentProcess, program: Program, place: Path, qtbot: QtBot
) -> None:
    tree, file = place / "tree", place / "differences.csv"
    back_up_twice(agent, tree, b"old", b"newer")
    fleet, desk = program.bridge.fleet, program.desk
    qtbot.waitUntil(lambda: any(one.is_live for one in fleet.locations.values()))
    desk.open_restore(next(iter(fleet.locations)), None, "docs")
    restore = desk.window.current_page
    assert isinstance(restore, RestorePage)
    qtbot.waitUntil(lambda: len(restore.presenter.savesets) == 2, timeout=PATIENCE_MS)

    restore.moments.compare.click()
    page = desk.window.current_page
    assert isinstance(page, ComparePage)
    told = "0 added, 0 removed, 1 changed"
    qtbot.waitUntil(lambda: page.counts.text == told, timeout=PATIENCE_MS)
    assert page.model.index(0, 3).data() == "size, time"
    page.write_csv(file)
    qtbot.waitUntil(file.exists, timeout=PATIENCE_MS)
    [line] = file.read_text(encoding="utf-8-sig").splitlines()[1:]
    assert line.startswith("changed,")
    assert "r\\xe9port.odt,size time,file,3," in line
