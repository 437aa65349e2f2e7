"""The logs of a real agent, followed from day to day."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_api.location import Location
from sesam_api.log_records import LogLine
from sesam_master.app import Program, Stores
from sesam_master.local import LocalAgent, MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.e2e.agent_process import REPOSITORY, SECONDS, AgentProcess
from tests.e2e.set_clock_agent import SetClock

PATIENCE_MS = 30_000


@pytest.fixture
def clock(tmp_path: Path) -> SetClock:
    return SetClock(tmp_path / "offset")


@pytest.fixture
def agent(tmp_path: Path, clock: SetClock) -> Iterator[AgentProcess]:
    root = tmp_path / "agent"
    serving = (
        *(sys.executable, "-m", "tests.e2e.set_clock_agent"),
        *(str(root), str(tmp_path / "offset")),
    )
    agent = AgentProcess(root, tmp_path, serving)
    agent.start()
    yield agent
    agent.close()


@pytest.fixture
def location(agent: AgentProcess, tmp_path: Path) -> Iterator[Location]:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/letter.txt").write_text("Dear reader\n")
    with agent.connected() as location:
        location.add_client("local")
        location.add_task("docs", "local", [os.fsencode(tmp_path / "tree")])
        yield location


class Reader:
    """Follows a log in a thread of its own."""

    def __init__(self, agent: AgentProcess, kind: str, name: str = "") -> None:
        self._came = threading.Condition()
        self._lines: list[LogLine] = []
        self._agent, self._what = agent, (kind, name)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        kind, name = self._what
        with self._agent.connected() as location:
            while not self._is_over.is_set():
                for line in location.follow_log(kind, name, last_lines=1000, timeout=1.0):
                    with self._came:
                        if line not in self._lines:
                            self._lines.append(line)
                            self._came.notify_all()

    def until(self, condition: Callable[[list[LogLine]], bool]) -> list[LogLine]:
        """The lines, as soon as it holds."""
        with self._came:
            assert self._came.wait_for(lambda: condition(self._lines), SECONDS), self._lines
            return list(self._lines)

    def end(self) -> None:
        self._is_over.set()
        self._thread.join()


def back_up(location: Location) -> str:
    job = location.wait(location.start_backup("docs", "FULL"), SECONDS)
    assert job.state == "ok"
    return job.id


def test_lines_come_over_a_newday_and_agree_with_the_files(
    agent: AgentProcess, location: Location, clock: SetClock
) -> None:
    states, happened = Reader(agent, "state"), Reader(agent, "day")
    try:
        first = back_up(location)
        lines = states.until(lambda found: any(f"\t{first}\t" in line.text for line in found))
        assert [line.text[0] for line in lines[1:]] == ["0"], "its code stands first"
        day = lines[-1].sesam_day
        happened.until(lambda found: any("ended backup docs" in line.text for line in found))

        clock.set_ahead(timedelta(days=1))
        states.until(lambda found: any("\tnewday\t" in line.text for line in found))
        second = back_up(location)
        lines = states.until(lambda found: any(f"\t{second}\t" in line.text for line in found))
        assert lines[-1].sesam_day > day
        told = happened.until(lambda found: any(f"job {second}, ok" in each.text for each in found))

        prot = agent.root / "var/prot"
        name = day.replace("-", "")
        assert not (prot / f"{name}.open").exists(), "it is closed for good"
        for followed, suffix in ((lines, "status"), (told, "prt")):
            closed = (prot / f"{name}.{suffix}").read_text().splitlines()
            of_day = [line.text for line in followed if line.sesam_day == day]
            assert of_day[: len(closed)] == closed[: len(of_day)], suffix
            assert len(closed) - len(of_day) in ((0,) if suffix == "status" else (0, 1))
    finally:
        states.end()
        happened.end()


def test_parts_write_logs_of_their_own(agent: AgentProcess, location: Location) -> None:
    job = back_up(location)
    names = {log.name for log in location.logs("part")}
    assert {"agent", "sm_gui_server_requests", "sm_qm_main"} <= names
    [log] = [each for each in location.logs("part") if each.name == "sm_qm_main"]
    lines = [line.text for line in location.read_log("part", log.sesam_day, "sm_qm_main")]
    assert [line.partition(": ")[2] for line in lines] == [
        f"job {job} starts: backup docs",
        f"job {job} has ended: ok",
    ]
    found = [
        line.text for line in location.search_logs("part", "sm_gui_server_requests", text="task")
    ]
    assert len(found) == 1
    assert "TaskService/CreateTask" in found[0]


def test_the_desk_follows_an_agent_over_a_newday(
    agent: AgentProcess, location: Location, clock: SetClock, qapp: QApplication, qtbot: QtBot
) -> None:
    local = LocalAgent(agent.root, {})
    program = Program(
        ThemeHolder(qapp, ThemeMode.LIGHT),
        Stores(MemoryRegistry([local.registration]), MemoryCredentials(), NoPictures()),
        is_local=True,
    )
    qtbot.addWidget(program.desk.window)
    program.start()
    try:
        where = local.registration.location_id

        def is_live() -> bool:
            state = program.bridge.fleet.locations.get(where)
            return state is not None and state.is_live

        qtbot.waitUntil(is_live, timeout=PATIENCE_MS)
        page = program.desk.logs.open(where)
        assert page is not None

        def rows() -> list[str]:
            model = page.view.lines
            return [model.line(row).text for row in range(model.rowCount())]

        qtbot.waitUntil(lambda: len(rows()) == 1, timeout=PATIENCE_MS)
        back_up(location)
        qtbot.waitUntil(lambda: len(rows()) == 2, timeout=PATIENCE_MS)
        assert rows()[1].startswith("0\t")
        day = page.presenter.shown_day
        clock.set_ahead(timedelta(days=1))
        qtbot.waitUntil(lambda: "\tnewday\t" in "".join(rows()), timeout=PATIENCE_MS)
        assert page.presenter.shown_day > day
        page.kinds.setCurrentIndex(page.kinds.findText("Queue manager (sm_qm_main)"))
        page.kinds.activated.emit(page.kinds.currentIndex())
        qtbot.waitUntil(lambda: "has ended: ok" in "".join(rows()), timeout=PATIENCE_MS)
    finally:
        program.stop()
        local.close()


def sm_cmd(agent: AgentProcess, *arguments: str) -> "subprocess.CompletedProcess[str]":
    verb, *rest = arguments
    program = "import sys; from server_agent.commands.sm_cmd import main; sys.exit(main())"
    return subprocess.run(
        (sys.executable, "-c", program, verb, *rest, "--root", str(agent.root)),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_from_the_command_line(agent: AgentProcess, location: Location) -> None:
    back_up(location)
    reader = Reader(agent, "state")
    try:
        [_, line] = reader.until(lambda found: len(found) == 2)
    finally:
        reader.end()
    shown = sm_cmd(agent, "show", "log", "state")
    assert shown.stdout.splitlines()[1] == line.text
    assert sm_cmd(agent, "show", "log", "error").stdout == ""
    filtered = sm_cmd(agent, "show", "log", "day", "-B", line.sesam_day, "--filter", "ENDED")
    assert len(filtered.stdout.splitlines()) == 1
    none = sm_cmd(agent, "show", "log", "state", "-B", "yesterday")
    assert none.returncode == 1
    assert "There is no log state of the sesam day" in none.stdout
    both = sm_cmd(agent, "show", "log", "state", "--follow", "-B", "yesterday")
    assert "Leave out --day" in both.stdout
    listed = sm_cmd(agent, "list", "logs").stdout.splitlines()
    assert listed[0].split("\t") == ["kind", "name", "sesam_day", "size", "cut"]
    assert len(listed) >= 6
