"""The program as a whole: it starts, stops without a trace, and finds the local agent."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.__main__ import main
from sesam_master.app import Program, Stores
from sesam_master.core.registry import KeepingError
from sesam_master.core.states import Connection
from sesam_master.local import (
    LONGEST_SOCKET_PATH,
    LocalAgent,
    MemoryCredentials,
    MemoryRegistry,
    NoPictures,
)
from sesam_master.ui.theme import ThemeHolder
from tests.fakes.fleet import registration


def agent_at(root: Path) -> Path:
    work = root / "var/work"
    (work / "agent").mkdir(parents=True)
    sm_ini = root / "sm.ini"
    sm_ini.write_text(
        f"[PATHS]\ngv_rw_work={work}\n[SERVER]\nname=Lab\nlocation_id=1234\n", encoding="utf-8"
    )
    (root / "sesam2000.ini").write_text(f"# anchor\nSM_INI='{sm_ini}'\n", encoding="utf-8")
    return work / "agent/agent.sock"


def test_it_starts_with_what_is_listed_and_leaves_no_thread(
    holder: ThemeHolder, qtbot: QtBot
) -> None:
    off = registration("lab", is_on=False)
    program = Program(holder, Stores(MemoryRegistry([off]), MemoryCredentials(), NoPictures()))
    qtbot.addWidget(program.desk.window)
    program.start()

    qtbot.waitUntil(lambda: "lab" in program.bridge.fleet.locations)
    program.stop()

    assert program.bridge.fleet.locations["lab"].connection is Connection.OFF
    assert program.desk.window.isVisible()


def test_the_local_agent_is_found_by_root_or_environment(tmp_path: Path) -> None:
    socket = agent_at(tmp_path)
    by_root = LocalAgent(tmp_path, {})
    by_environment = LocalAgent(None, {"SESAM2000_INI": str(tmp_path / "sesam2000.ini")})

    assert by_root.registration == by_environment.registration
    assert by_root.registration.name == "Lab"
    assert by_root.registration.location_id == "1234"
    assert by_root.registration.socket.endswith(socket.name)
    by_root.close()
    by_environment.close()


def test_a_long_socket_path_goes_through_its_directory(tmp_path: Path) -> None:
    root = tmp_path / ("long" * 30)
    root.mkdir()
    agent_at(root)
    agent = LocalAgent(root, {})

    address = agent.registration.socket
    assert len(address) <= LONGEST_SOCKET_PATH
    directory = Path(address.removeprefix("unix:")).parent
    assert directory.samefile(root / "var/work/agent")
    agent.close()
    assert not directory.exists()


@pytest.mark.parametrize("anchor", [None, "", "SM_INI=relative\n", "SM_INI='open\n"])
def test_no_usable_agent_is_told(tmp_path: Path, anchor: str | None) -> None:
    if anchor is not None:
        (tmp_path / "sesam2000.ini").write_text(anchor, encoding="utf-8")

    with pytest.raises(KeepingError, match=r"sesam2000\.ini"):
        LocalAgent(tmp_path, {})


def test_a_root_without_local_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--root", "/nowhere"])

    assert "give --local too" in capsys.readouterr().err
