"""At a desk over a real agent: picking sources, testing excludes, and looking into a saved file."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.app import Program, Stores
from sesam_master.local import LocalAgent, MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.components.rows import ComponentKind
from sesam_master.ui.components.source_browser import SourceBrowser
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.e2e.agent_process import SECONDS, AgentProcess

PATIENCE_MS = 30_000


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
def tree(place: Path, agent: AgentProcess, qapp: QApplication) -> Path:
    """Saved by the task docs, whose second exclude hits nothing."""
    tree = place / "tree"
    (tree / "more").mkdir(parents=True)
    (tree / "letter.txt").write_text("Dear reader\n")
    (tree / "left.tmp").write_bytes(bytes(4_000_000))
    image = QImage(1200, 800, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    assert image.save(str(tree / "picture.bmp"))
    with agent.connected() as location:
        location.add_client("local")
        location.add_task("docs", "local", [os.fsencode(tree)], ["*.tmp", "*.bak"])
        location.wait(location.start_backup("docs", "FULL"), SECONDS)
    return tree


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


def until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE_MS)


def location_of(program: Program, qtbot: QtBot) -> str:
    fleet = program.bridge.fleet
    until(qtbot, lambda: any(one.is_live for one in fleet.locations.values()))
    return next(iter(fleet.locations))


def open_down_to(browser: SourceBrowser, path: bytes, qtbot: QtBot) -> None:
    """Each directory on the way, as it comes."""
    model = browser.model

    def is_there() -> bool:
        for node in list(model.rows):
            if node.is_directory and not node.is_open and path.startswith(node.path + b"/"):
                model.set_open(node, True)
        return any(node.path == path for node in model.rows)

    until(qtbot, is_there)


def test_sources_are_picked_and_excludes_tested(tree: Path, program: Program, qtbot: QtBot) -> None:
    page = program.desk.components.open(location_of(program, qtbot))
    assert isinstance(page, ComponentsPage)
    until(qtbot, lambda: page.presenter.whole is not None)
    page.presenter.choose((ComponentKind.TASKS, "docs"))
    form = page.editor.task_form

    form.test.click()
    tester = page.windows.tester
    assert tester is not None
    until(qtbot, lambda: not tester.is_running)
    assert tester.warnings.sentences == ["1 exclude hits nothing: *.bak."]
    assert tester.left_out.index(0, 1).data() == "1"
    assert "4.0\u00a0MB" in tester.left.accessibleName()
    assert "0 files since SF" in tester.changed.accessibleName()
    tester.close()

    form.browse.click()
    browser = page.windows.browser
    assert browser is not None
    more = os.fsencode(tree / "more")
    open_down_to(browser, more, qtbot)
    browser.model.toggle(next(node for node in browser.model.rows if node.path == more))
    form.sources.setPlainText("/etc")
    browser.add.click()
    assert form.sources.lines() == ("/etc", str(tree / "more"))
    page.presenter.discard()


def test_a_saved_file_is_looked_into(tree: Path, program: Program, qtbot: QtBot) -> None:
    program.desk.open_restore(location_of(program, qtbot), None, "docs")
    page = program.desk.window.current_page
    assert isinstance(page, RestorePage)
    program.desk.window.show()
    page.preview.toggle.click()

    def choose(name: str) -> None:
        path = os.fsencode(tree / name)

        def is_there() -> bool:
            return any(node.path == path for node in page.listing.rows)

        until(qtbot, is_there)
        node = next(node for node in page.listing.rows if node.path == path)
        page.tree.setCurrentIndex(page.listing.index_of(node))

    choose("letter.txt")
    until(qtbot, lambda: page.preview.text.toPlainText() == "Dear reader\n")
    choose("picture.bmp")
    until(qtbot, page.preview.picture.isVisible)
    assert "1200 × 800" in page.preview.picture.accessibleName()
