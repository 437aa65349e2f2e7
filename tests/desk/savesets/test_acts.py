"""Verify, change the EOL, delete: what is asked before, what is refused, what became of each."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QDate, Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.acts import Stage
from sesam_master.core.records import Role, Saveset
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.savesets.page import SavesetsPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import pump, report, take_down
from tests.desk.savesets.conftest import Asked
from tests.desk.savesets.site import (
    SavesetGateway,
    chain,
    choose,
    names,
    open_page,
    report_end,
    settle,
)

CHECKS = ("verify", "quick", "prove", "copy_to")


def offered(page: SavesetsPage, *savesets: Saveset) -> dict[str, Offer]:
    """What can be done with these, by key."""
    choose(page, *savesets)
    return {offer.key: offer for offer in page.offers(page.table.selected_records())}


def test_verify_sends_each_chain_once_and_follows_the_jobs_to_their_end(
    page: SavesetsPage, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    chosen = [*gateway.all_savesets["Boulder"], gateway.all_savesets["Hamburg"][1]]
    offered(page, *chosen)["verify"].run()
    strip = page.acts.verify_strip
    assert strip.question.text() in (
        "Verify 2 chains at Boulder, Hamburg?",
        "Verify 2 chains at Hamburg, Boulder?",
    )
    assert not [call for call in gateway.calls if call[0] == "verify"]
    strip.go.click()
    pump()
    sent = {call for call in gateway.calls if call[0] == "verify"}
    tip = gateway.all_savesets["Boulder"][2]
    assert sent == {
        ("verify", "Boulder", tip.name, True),
        ("verify", "Hamburg", chosen[-1].name, True),
    }
    for job, state in zip(gateway.verifications, (JobState.OK, JobState.ERROR), strict=True):
        report(bridge, replace(job, state=JobState.ACTIVE))
        assert JobState.ACTIVE in {act.state for act in strip.actor.acts.values()}
        report_end(bridge, gateway, replace(job, state=state, end_time=job.create_time))
    settle(qtbot, page)
    assert {act.state for act in strip.actor.acts.values()} == {JobState.OK, JobState.ERROR}
    assert {act.stage for act in strip.actor.acts.values()} == {Stage.ACCEPTED}


def test_one_verification_begins_without_a_question(
    page: SavesetsPage, gateway: SavesetGateway
) -> None:
    one = gateway.all_savesets["Boulder"][0]
    offered(page, one)["verify"].run()
    assert ("verify", "Boulder", one.name, True) in gateway.calls


def test_a_chain_is_deleted_after_a_question_that_names_it(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    doomed = gateway.all_savesets["Boulder"]
    offered(page, *doomed)["delete"].run()
    strip = page.acts.delete_strip
    asked = "Delete home, full of Mon 2 Nov and 2 built on it at Boulder?"
    assert strip.question.text() == asked
    assert strip.consequence.text().startswith("3 savesets, 6.0\N{NO-BREAK SPACE}MB: home, full")
    assert "It cannot be undone." in strip.consequence.text()
    assert ("delete_savesets",) not in [call[:1] for call in gateway.calls]
    strip.go.click()
    pump()
    settle(qtbot, page)
    wanted = tuple(one.name for one in doomed)
    assert ("delete_savesets", "Boulder", wanted) in gateway.calls
    assert {row.location for row in page.model.records} == {"Hamburg"}


def test_what_others_build_on_is_not_deleted_and_says_why(
    page: SavesetsPage, gateway: SavesetGateway
) -> None:
    full = gateway.all_savesets["Boulder"][0]
    offered(page, full)["delete"].run()
    strip = page.acts.delete_strip
    assert not strip.go.isVisible()
    words = strip.consequence.text()
    assert "home, incremental of Tue 3 Nov; home, incremental of Wed 4 Nov build on it" in words
    assert ("delete_savesets",) not in [call[:1] for call in gateway.calls]


def test_a_refusal_of_the_location_is_told_with_its_reason(
    page: SavesetsPage, gateway: SavesetGateway
) -> None:
    last = gateway.all_savesets["Boulder"][-1]
    gateway.all_savesets["Boulder"] += chain("Boulder", 20, 1)
    newest = gateway.all_savesets["Boulder"][-1]
    gateway.all_savesets["Boulder"][-1] = replace(newest, base=last.name)  # made meanwhile
    offered(page, last)["delete"].run()
    strip = page.acts.delete_strip
    strip.go.click()
    pump()
    assert [act.stage for act in strip.actor.acts.values()] == [Stage.FAILED]
    assert f"{newest.name} builds on it" in strip.consequence.text()
    assert "Nothing was deleted." in strip.consequence.text()
    assert last in gateway.all_savesets["Boulder"]


def test_of_more_than_twenty_the_number_has_to_be_typed(
    holder: ThemeHolder, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    gateway.all_savesets["Boulder"] = chain("Boulder", 1, 21)
    page = open_page(holder, bridge, gateway, qtbot, [])
    offered(page, *gateway.all_savesets["Boulder"])["delete"].run()
    strip = page.acts.delete_strip
    assert strip.number.placeholderText() == "Type 21"
    assert not strip.go.isEnabled()
    strip.number.setText("21")
    assert strip.go.isEnabled()


def test_the_eol_is_chosen_and_its_consequence_said(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    one = gateway.all_savesets["Boulder"][0]
    offered(page, one)["eol"].run()
    strip = page.acts.eol_strip
    assert strip.question.text() == "Keep home, full of Mon 2 Nov at Boulder until"
    assert page.acts.day.day().isoformat() == "2026-12-22"  # its own has passed
    page.acts.day.setDate(QDate(2026, 12, 4))
    assert "The NEWDAY after Fri 4 Dec 2026 deletes it" in strip.consequence.text()
    assert "The EOL was 2026-11-16." in strip.consequence.text()
    page.acts.day.setDate(QDate(2026, 11, 20))
    assert "has passed: the next NEWDAY deletes it" in strip.consequence.text()
    page.acts.day.setDate(QDate(2027, 1, 5))
    strip.go.click()
    pump()
    settle(qtbot, page)
    assert ("change_eol", "Boulder", one.name, "2027-01-05") in gateway.calls
    place = page.model.row_of(one.key)
    assert place is not None
    assert page.model.record(place).saveset.eol == "2027-01-05"


@pytest.mark.parametrize(
    ("role", "denied"),
    [
        (Role.OPERATOR, {"eol", "delete", "move_to"}),
        (Role.BACKUP, {"restore", *CHECKS, "eol", "delete", "move_to"}),
        (Role.RESTORE, {*CHECKS, "eol", "delete", "move_to"}),
        (Role.MONITOR, {"restore", *CHECKS, "eol", "delete", "move_to"}),
        (Role.ADMIN, set()),
    ],
)
def test_a_role_may_do_what_its_agent_allows(
    holder: ThemeHolder,
    bridge: Bridge,
    gateway: SavesetGateway,
    qtbot: QtBot,
    role: Role,
    denied: set[str],
) -> None:
    page = open_page(holder, bridge, gateway, qtbot, [], role)
    offers = offered(page, gateway.all_savesets["Boulder"][0])
    assert {key for key, offer in offers.items() if offer.reason is not None} == denied
    for key in denied:
        assert f"the role {role.value} at Boulder" in (offers[key].reason or "")


def test_nothing_can_be_done_at_a_dark_location(
    page: SavesetsPage, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    take_down(bridge, "Boulder")
    settle(qtbot, page)
    offers = offered(page, gateway.all_savesets["Boulder"][0])
    reasons = {key: offer.reason for key, offer in offers.items() if key != "copy"}
    assert all("Boulder is broken" in (reason or "") for reason in reasons.values())
    assert offers["copy"].reason is None


def test_restore_opens_with_the_saveset_and_works_on_one(
    page: SavesetsPage, gateway: SavesetGateway, asked: Asked
) -> None:
    one, other = gateway.all_savesets["Boulder"][:2]
    offered(page, one)["restore"].run()
    assert asked == [("restore", "Boulder", one.name, "home")]
    reason = offered(page, one, other)["restore"].reason
    assert reason == "Restore works on one saveset at a time."


def test_keys_do_what_the_menu_does(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    page.activateWindow()
    page.table.setFocus()
    choose(page, gateway.all_savesets["Boulder"][-1])
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert page.acts.delete_strip.isVisible()
    qtbot.keyClick(page.acts.delete_strip, Qt.Key.Key_Escape)
    assert not page.acts.delete_strip.isVisible()
    assert len(names(page)) == 9
