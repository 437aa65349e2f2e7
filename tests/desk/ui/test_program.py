"""The program as a whole: it starts, stops without a trace, and finds the local agent."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from sesam_master.__main__ import main
from sesam_master.app import Options, Program, Stores, _stores
from sesam_master.core.registry import KeepingError
from sesam_master.core.states import Connection
from sesam_master.local import (
    LONGEST_SOCKET_PATH,
    LocalAgent,
    MemoryCredentials,
    MemoryRegistry,
    NoPictures,
)
from sesam_master.storage.desk_lock import DeskLock
from sesam_master.storage.settings_file import SettingsFile
from sesam_master.storage.views_file import ViewsFile
from sesam_master.tour import Tour, TourStopped
from sesam_master.ui.start_failure import StartFailureDialog
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


def test_a_second_desk_on_a_profile_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    first = DeskLock(tmp_path / "desk.lock")
    with pytest.raises(KeepingError, match=rf"process {os.getpid()}\) uses .* already"):
        DeskLock(tmp_path / "desk.lock")
    first.release()
    DeskLock(tmp_path / "desk.lock").release()


def test_a_damaged_list_of_locations_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "locations.json").write_text("{broken", encoding="utf-8")
    (tmp_path / "passphrase").write_text("correct horse", encoding="utf-8")
    (tmp_path / "passphrase").chmod(0o600)
    options = Options(tmp_path, tmp_path / "passphrase")
    with ExitStack() as stack:
        stores = _stores(options, stack, asks=False)
        assert stores is not None
        with pytest.raises(KeepingError, match="is damaged"):
            stores.registry.load()


def test_why_it_cannot_start_is_read_in_full_and_quit_with_a_key(
    holder: ThemeHolder, qtbot: QtBot
) -> None:
    holder.set_text_px(20)
    dialog = StartFailureDialog(holder, "The list of locations is damaged. " * 6)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.why.height() >= dialog.why.heightForWidth(dialog.why.width())
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()


def test_a_tour_ends_when_it_is_told_to(holder: ThemeHolder, qtbot: QtBot, tmp_path: Path) -> None:
    off = registration("lab", is_on=False)
    program = Program(holder, Stores(MemoryRegistry([off]), MemoryCredentials(), NoPictures()))
    qtbot.addWidget(program.desk.window)
    program.start()
    tour = Tour(program.desk, holder, program.bridge)
    QTimer.singleShot(0, program.desk, tour.stop)

    with pytest.raises(TourStopped):
        tour.walk(tmp_path)
    program.stop()


def test_a_local_desk_has_nothing_to_register_and_keeps_its_look(
    holder: ThemeHolder, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "agent").mkdir()
    agent_at(tmp_path / "agent")
    with ExitStack() as stack:
        options = Options(tmp_path, is_local=True, root=tmp_path / "agent")
        stores = _stores(options, stack, asks=False)
        assert stores is not None
        assert stores.settings is not None
        program = Program(holder, stores, is_local=True)
        qtbot.addWidget(program.desk.window)
        qtbot.addWidget(program.desk.remote_server)
        program.start()
        stack.callback(program.stop)
        for key in ("remote_server", "switch", "new_location"):
            assert not program.desk.actions.qaction(key).isEnabled()
        assert not program.desk.window.has_page(program.desk.remote_server)
        holder.set_text_px(16)
        program.desk.results.use_views(stores.views)
        program.desk.results.views.save_as("Night")
        program.desk.keep_look(stores.settings)
    kept = SettingsFile(tmp_path / "local-settings.ini").load()
    assert kept.text_px == 16
    views = ViewsFile(tmp_path / "local-views.json").load()
    assert [view.name for view in views.views] == ["Night"]
    assert not (tmp_path / "locations.json").exists()
