"""Licences at the desk: the sheet, License Info, the banner, over a fleet in memory."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import (
    ConnectionChanged,
    ObjectsChanged,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.licence import Fault, Licence, LicenceState
from sesam_master.core.records import Role
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.licence.columns import LicenceRow, licence_columns, licence_row, used_of
from sesam_master.ui.licence.presenter import LARGEST_FILE
from sesam_master.ui.licence.sheet import LicenceSheet
from sesam_master.ui.licence.window import LicenceWindow
from sesam_master.ui.licence.words import banner_words, verdict_of
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.cells import NO_BAR
from tests.fakes.fleet import NOW, picture, registration
from tests.fakes.gateway import FakeGateway
from tests.fakes.licences import TERMS, TRIAL, VALID

UTC1 = timezone(timedelta(hours=1))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
STATES = LicenceState
ENDING = replace(TRIAL, state=STATES.ENDING, end_time=NOW + 5 * DAY - HOUR, days_left=5)
ENDED = replace(TRIAL, state=STATES.EXPIRED, end_time=NOW - DAY, days_left=0, may_back_up=False)
FOREIGN = replace(
    VALID,
    state=STATES.INVALID,
    faults=(Fault("addresses", "192.0.2.12", "192.0.2.99"),),
    grace_end_time=NOW + 3 * DAY,
)
OVER = replace(VALID, state=STATES.OVER_LIMIT, used_volume_bytes=11_700_000_000_000)


def listed(
    bridge: Bridge, licences: Mapping[str, Licence | None], dark: tuple[str, ...] = ()
) -> None:
    """These locations; of the dark ones the last word was four hours ago."""
    bridge.deliver(RegistrationsChanged(tuple(map(registration, licences))))
    for name, licence in licences.items():
        moment = NOW - 4 * HOUR if name in dark else NOW
        connection = Connection.STALE if name in dark else Connection.ON
        bridge.deliver(PictureArrived(name, replace(picture(name), licence=licence), moment))
        bridge.deliver(ConnectionChanged(name, connection, None, moment))
    bridge.drain()


def told(bridge: Bridge, name: str, licence: Licence) -> None:
    bridge.deliver(ObjectsChanged(name, NOW, licence=licence))
    bridge.drain()


@pytest.fixture
def sheet(holder: ThemeHolder, bridge: Bridge, qtbot: QtBot) -> LicenceSheet:
    sheet = LicenceSheet(holder, bridge, zone=UTC1, clock=lambda: NOW)
    qtbot.addWidget(sheet)
    return sheet


def cells(sheet: LicenceSheet, key: str) -> list[str]:
    """Of one column, by rows."""
    [column] = [each for each in sheet.model.columns if each.key == key]
    return [column.text(sheet.model.record(row)) for row in range(sheet.model.rowCount())]


# --- the sheet ------------------------------------------------------------------------------------


def test_the_worst_and_soonest_first(sheet: LicenceSheet, bridge: Bridge) -> None:
    far = replace(VALID, end_time=NOW + 800 * DAY, days_left=800)
    endless = replace(VALID, end_time=None, days_left=None)
    listed(
        bridge,
        {
            "far": far,
            "endless": endless,
            "valid": VALID,
            "trial": TRIAL,
            "over": OVER,
            "ending": ENDING,
            "old": None,
            "ended": ENDED,
            "foreign": FOREIGN,
        },
    )
    names = [name.casefold() for name in cells(sheet, "location")]
    assert names == [
        *("foreign", "ended", "old", "ending", "over", "trial", "valid", "far", "endless"),
    ]
    assert cells(sheet, "verdict")[:3] == ["Not valid", "Ended", "Unknown"]
    assert cells(sheet, "left") == [
        "365 d",
        "0 d",
        "–",
        "5 d",
        "365 d",
        "27 d",
        "365 d",
        "800 d",
        "–",
    ]
    assert cells(sheet, "remark")[:2] == ["Address is not the licensed one", "Nothing ordered yet"]


def test_what_is_dark_is_as_of_its_last_word_and_never_fine(
    sheet: LicenceSheet, bridge: Bridge
) -> None:
    soon = replace(VALID, end_time=NOW + 3 * DAY, days_left=100)
    listed(bridge, {"perth": soon, "never": VALID}, dark=("perth",))
    row = licence_row(bridge.fleet.locations["perth"], NOW, UTC1)
    [column, *_] = licence_columns(lambda: NOW)
    assert column.text(row) == "as of 09:00"
    assert column.value is not None
    assert column.value(row) is JobState.UNKNOWN
    assert row.days_left == 3  # they go by, though nobody says it
    assert column.text(licence_row(bridge.fleet.locations["never"], NOW, UTC1)) == "Valid"


def test_without_the_service_and_without_a_contact_it_is_not_known(
    sheet: LicenceSheet, bridge: Bridge
) -> None:
    listed(bridge, {"old": None})
    bridge.deliver(RegistrationsChanged((registration("old"), registration("never"))))
    bridge.drain()
    assert sorted(cells(sheet, "verdict")) == ["Unknown", "Unknown"]
    remarks = sorted(cells(sheet, "remark"))
    assert remarks[0].startswith("Never was never reached")
    assert "version 0.1.0" in remarks[1]
    assert "Update the agent" in remarks[1]


def test_limits_have_bars_and_no_limit_has_none() -> None:
    columns = {column.key: column for column in licence_columns(lambda: NOW)}
    base = {
        "location_id": "x",
        "name": "X",
        "connection": Connection.ON,
        "zone": UTC1,
        "proof_time": NOW,
        "as_of": "",
        "days_left": 1,
        "remark": "",
    }

    def shown(licence: Licence | None, key: str) -> tuple[str, object]:
        row = LicenceRow(licence=licence, **base)  # type: ignore[arg-type]
        value = columns[key].value
        assert value is not None
        return columns[key].text(row), value(row)

    assert shown(VALID, "clients") == ("21 of 25", 0.84)
    assert shown(VALID, "volume")[0] == used_of(6_200_000_000_000, 10**13)
    assert shown(OVER, "volume")[1] == 1.17
    assert shown(TRIAL, "clients") == ("21, no limit", NO_BAR)
    assert shown(None, "volume") == ("?", NO_BAR)


@pytest.mark.parametrize(
    ("used", "most", "words"),
    [
        (6_200_000_000_000, 10**13, "6.2 of 10.0\N{NO-BREAK SPACE}TB"),
        (500_000_000_000, 10**12, "500\N{NO-BREAK SPACE}GB of 1.0\N{NO-BREAK SPACE}TB"),
        (0, 10**12, "0\N{NO-BREAK SPACE}B of 1.0\N{NO-BREAK SPACE}TB"),
    ],
)
def test_the_unit_once(used: int, most: int, words: str) -> None:
    assert used_of(used, most) == words


def test_the_filter_and_its_emptiness(sheet: LicenceSheet, bridge: Bridge) -> None:
    listed(bridge, {"perth": VALID, "oslo": ENDING})
    sheet.filter_field.setText("os")
    assert cells(sheet, "location") == ["Oslo"]
    sheet.filter_field.setText("nowhere")
    assert not sheet.empty.isHidden()
    assert sheet.table.isHidden()


def test_verdicts_narrow_the_sheet_and_what_is_shown_is_exported(
    sheet: LicenceSheet, bridge: Bridge, tmp_path: Path
) -> None:
    licences = {"perth": VALID, "oslo": ENDING, "=old": None, "wien": VALID}
    listed(bridge, licences, dark=("wien",))
    for choice, names in (
        ("Needs somebody", ["Oslo"]),
        ("Trials", ["Oslo"]),
        ("Valid", ["Perth"]),
        ("Not known now", ["=Old", "Wien"]),
    ):
        sheet.narrow(choice)
        assert cells(sheet, "location") == names
        assert sheet.verdicts.is_narrowing
    said: list[str] = []
    sheet.said.connect(said.append)
    sheet.save(tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0].startswith("Verdict,Location,Edition,Ends,Left,Clients")
    assert lines[1].startswith("Unknown,'=Old,?,?,–,?,?,–,")
    assert lines[2].startswith("as of 09:00,Wien,Standard,28 Feb 2027,365 d,21 of 25,")
    sheet.save(tmp_path / "nowhere" / "out.csv")
    assert "were saved as" in said[0]
    assert "cannot be written" in said[1]
    sheet.narrow("All verdicts")
    assert not sheet.verdicts.is_narrowing
    assert sheet.model.rowCount() == 4


def test_a_row_leads_to_its_license_info(sheet: LicenceSheet, bridge: Bridge) -> None:
    listed(bridge, {"perth": VALID, "oslo": ENDING})
    assert not sheet.info_button.isEnabled()
    wanted: list[str] = []
    sheet.info_wanted.connect(wanted.append)
    sheet.choose("perth")
    sheet.info_button.click()
    assert wanted == ["perth"]


# --- License Info ---------------------------------------------------------------------------------


@pytest.fixture
def window(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> LicenceWindow:
    listed(bridge, {"perth": ENDING, "oslo": VALID, "old": None})
    window = LicenceWindow(holder, bridge, gateway, "perth", clock=lambda: NOW)  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.show()
    return window


def test_it_says_the_verdict_and_what_has_to_be_sent(window: LicenceWindow) -> None:
    assert window.windowTitle() == "License Info, Perth"
    assert not window.isModal()
    assert window.banner.accessibleName() == "Trial, 5 days left"
    assert window.sentence.text() == (
        "From Fri 6 Mar 11:00 site time no backup starts. Restores go on."
    )
    texts = {name: label.text() for name, label in window.values.items()}
    assert texts["Server name"] == "portland-bk01"
    assert texts["Addresses"] == "192.0.2.12, 2001:db8:31::12"
    assert texts["Location id"] == "perth"
    assert texts["Clients"] == "21, no limit"
    assert window.terms.isHidden()


def test_it_follows_its_location_and_another_can_be_chosen(
    window: LicenceWindow, bridge: Bridge
) -> None:
    told(bridge, "perth", VALID)
    assert window.headline.text() == "Licence is valid"
    assert not window.terms.isHidden()
    assert window.values["Valid until"].text() == "28 Feb 2027"
    window.choose("old")
    assert window.headline.text() == "Licence is not known"
    assert not window.load_button.isEnabled()
    assert window.places.currentText() == "Old"


def test_a_request_for_change_where_the_server_is_another(
    window: LicenceWindow, bridge: Bridge
) -> None:
    told(bridge, "perth", FOREIGN)
    assert window.needed.text().startswith("To request the change of the server")
    assert "It is for the address 192.0.2.12" in window.sentence.text()
    assert "Backups go on until Wed 4 Mar 12:00" in window.sentence.text()


def test_the_request_is_copied_and_mailed(
    window: LicenceWindow, gateway: FakeGateway, qtbot: QtBot
) -> None:
    window.delivery_note.setText(" L 7 ")
    window.copy_button.click()
    qtbot.waitUntil(lambda: "clipboard" in window.note.text())
    assert gateway.ordered == [("perth", "L 7")]
    assert "Delivery note: L 7" in QGuiApplication.clipboard().text()
    urls: list[QUrl] = []
    window.open_url = lambda url: bool(urls.append(url))
    window.mail_button.click()
    qtbot.waitUntil(lambda: bool(urls))
    assert urls[0].toString().startswith("mailto:?subject=Licence")
    assert "No mail program" in window.note.text()


def test_a_file_is_loaded_and_what_is_refused_says_why(
    window: LicenceWindow, gateway: FakeGateway, tmp_path: Path, qtbot: QtBot
) -> None:
    def load(path: Path) -> None:
        window.load(path)
        qtbot.waitUntil(lambda: not window.note.text().endswith("…"))

    file = tmp_path / "mail.ini"
    file.write_bytes(b"licence")
    load(file)
    assert gateway.installed_files == [("perth", b"licence")]
    assert window.note.text() == "The licence of Perth is installed, valid until 28 Feb 2027."
    load(file)
    assert "kept there as sm_lic.ini.20260301-120000" in window.note.text()
    gateway.refused = "It was altered: its signature does not match what it says"
    load(file)
    assert "It was altered" in window.note.text()
    assert window.note.property("role") == "error"
    load(tmp_path / "missing")
    assert "cannot be read: No such file" in window.note.text()
    file.write_bytes(bytes(LARGEST_FILE + 1))
    load(file)
    assert "too large" in window.note.text()
    assert len(gateway.installed_files) == 2


def test_who_may_not_install_is_told_why(window: LicenceWindow, bridge: Bridge) -> None:
    only_looks = replace(picture("perth"), licence=ENDING, role=Role.MONITOR)
    bridge.deliver(PictureArrived("perth", only_looks, NOW))
    bridge.drain()
    assert not window.load_button.isEnabled()
    assert "role admin" in window.load_button.toolTip()
    assert window.copy_button.isEnabled()


def test_a_dark_location_is_shown_as_of_its_last_word(
    window: LicenceWindow, bridge: Bridge
) -> None:
    bridge.deliver(ConnectionChanged("perth", Connection.STALE, None, NOW - 4 * HOUR))
    bridge.drain()
    assert "as of" in window.banner.accessibleName()
    assert not window.copy_button.isEnabled()


@pytest.mark.parametrize(
    ("licence", "title", "sentence"),
    [
        (VALID, "Licence is valid", "From 1 Mar 2027 01:00 site time no backup starts."),
        (replace(VALID, end_time=None), "Licence is valid", "It has no end."),
        (ENDED, "Trial has ended", "Since Sat 28 Feb 13:00 site time no backup starts."),
        (OVER, "Over the limit", "1.7\N{NO-BREAK SPACE}TB over its volume. Nothing stops"),
        (replace(OVER, terms=replace(TERMS, clients=20)), "Over the limit", "21 of 20 clients"),
        (
            replace(FOREIGN, grace_end_time=None, may_back_up=False),
            "Licence does not count",
            "No backup starts. Restores go on.",
        ),
        (replace(TRIAL, is_clock_set_back=True), "Trial, 27 days left", "clock was set back"),
        (
            replace(TRIAL, faults=(Fault("signature", "k", "no"),)),
            "Trial, 27 days left",
            "It was altered",
        ),
        (replace(TRIAL, state=STATES.UNKNOWN), "Licence is not known", "Update this desk"),
        (
            replace(FOREIGN, faults=(Fault("moon", "full", "new"),)),
            "Licence does not count",
            "full is licensed",
        ),
    ],
)
def test_each_verdict_in_words(licence: Licence, title: str, sentence: str) -> None:
    verdict = verdict_of(licence, UTC1, NOW)
    assert verdict.title == title
    assert sentence in verdict.sentence


# --- the banner and the actions -------------------------------------------------------------------


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot) -> Desk:
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")  # type: ignore[arg-type]
    qtbot.addWidget(desk.window)
    desk.window.show()
    return desk


def test_the_banner_is_there_from_the_notice_on(desk: Desk, bridge: Bridge) -> None:
    banner = desk.licences.banner
    listed(bridge, {"perth": TRIAL})
    assert banner.isHidden()
    told(bridge, "perth", ENDING)
    assert not banner.isHidden()
    assert banner.accessibleName().startswith("The trial of Perth ends in 5 days: from")
    told(bridge, "perth", VALID)
    assert banner.isHidden()
    told(bridge, "perth", ENDED)
    assert banner.accessibleName() == "No backup starts at Perth: the licence or trial is over."


def test_the_banner_says_nothing_of_what_is_not_proved(desk: Desk, bridge: Bridge) -> None:
    listed(bridge, {"perth": ENDED}, dark=("perth",))
    assert desk.licences.banner.isHidden()


def test_the_banner_of_many() -> None:
    many = [(name, ENDING) for name in ("A", "B", "C", "D")]
    words = banner_words([("E", ENDED), *many], NOW, UTC1)
    assert words == (
        "No backup starts at E: the licence or trial is over. "
        "Licences end within days at A, B and 2 more."
    )
    assert banner_words([("P", FOREIGN)], NOW, UTC1) == (
        "The licence of P does not count: backups go on until Wed 4 Mar 13:00."
    )
    assert banner_words([], NOW, UTC1) == ""


def test_nothing_is_lost_where_changes_come_together(bridge: Bridge, desk: Desk) -> None:
    """The bridge keeps the newest of each object until it has time."""
    listed(bridge, {"perth": TRIAL})
    bridge.deliver(ObjectsChanged("perth", NOW, licence=ENDING))
    bridge.deliver(ObjectsChanged("perth", NOW, revision=7))
    bridge.drain()
    assert not desk.licences.banner.isHidden()


def test_alt_l_opens_license_info_of_what_is_chosen_or_of_the_worst(
    desk: Desk, bridge: Bridge
) -> None:
    action = desk.actions.qaction("license_info")
    assert action.shortcut().toString() == "Alt+L"
    assert not action.isEnabled()
    listed(bridge, {"oslo": VALID, "perth": ENDED})
    desk.actions.set_selection(Selection())
    action.trigger()
    shown = desk.window.findChild(LicenceWindow)
    assert shown is not None
    assert shown.windowTitle() == "License Info, Perth"
    desk.actions.set_selection(Selection("oslo"))
    action.trigger()
    assert shown.windowTitle() == "License Info, Oslo"
    desk.actions.qaction("licence_sheet").trigger()
    assert isinstance(desk.window.current_page, LicenceSheet)
