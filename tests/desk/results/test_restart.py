"""Restart of what failed: same task, same type, an outcome for each."""

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.records import BackupType, Job, JobKind, Role
from sesam_master.core.results_groups import Grouping
from sesam_master.core.start import BackupOrder
from sesam_master.core.states import JobState
from sesam_master.ui.acts.restarting import Restarting, restart_type, to_restart
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.results.group_offers import group_offers
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.results.rows import GroupRow
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    report,
    take_down,
)
from tests.desk.results.site import SiteGateway, open_page, settle

FULL = BackupType.FULL


@pytest.fixture
def gateway() -> SiteGateway:
    return SiteGateway(page_size=50)


@pytest.fixture
def strip(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> ActStrip:
    list_locations(bridge, "Boulder", "Hamburg", "Oslo")
    for name in ("Boulder", "Hamburg", "Oslo"):
        gateway.history[name] = [job(name, 1, JobState.ERROR, requested_type=FULL)]
        bring_up(
            bridge, name, gateway.history[name], Role.MONITOR if name == "Oslo" else Role.ADMIN
        )
    made = ActStrip(holder, bridge, Restarting(gateway))
    qtbot.addWidget(made)
    return made


def sent(gateway: MemoryGateway) -> list[tuple[object, ...]]:
    orders: list[BackupOrder] = [
        call[2]  # type: ignore[misc]
        for call in gateway.calls
        if call[0] == "order_backup"
    ]
    return [(order.location_id, order.object.task, order.type) for order in orders]


def failed(gateway: MemoryGateway, *names: str) -> list[Job]:
    return [gateway.history[name][0] for name in names]


def test_one_is_started_at_once_with_the_type_asked_for_then(
    strip: ActStrip, gateway: MemoryGateway, bridge: Bridge
) -> None:
    strip.ask(failed(gateway, "Boulder"))
    pump()
    assert sent(gateway) == [("Boulder", "task-1", FULL)]
    assert strip.question.text() == "Restart of task-1 at Boulder is accepted: queued."
    report(bridge, job("Boulder", 900, JobState.ERROR, task="task-1", message="Full again"))
    assert strip.question.text() == "Restart of task-1 at Boulder has ended: error."
    assert strip.consequence.text() == "Full again"


def test_several_locations_are_asked_about_and_each_has_its_outcome(
    strip: ActStrip, gateway: MemoryGateway
) -> None:
    gateway.troubles["Hamburg"] = Trouble.UNREACHABLE
    strip.ask(failed(gateway, "Boulder", "Hamburg", "Oslo"))
    assert not sent(gateway)
    assert strip.question.text() == "Restart 2 backups at Boulder, Hamburg?"
    strip.go.click()
    pump()
    outcomes = [strip.model.columns[0].text(row) for row in strip.model.records]
    assert outcomes == ["Accepted, queued", "Failed", "Not possible"]
    assert "role monitor" in strip.model.record(2).reason
    assert {call[0] for call in sent(gateway)} == {"Boulder", "Hamburg"}
    gateway.troubles.clear()
    strip.retry.click()
    pump()
    assert strip.question.text() == "Restart of 3 backups: 2 accepted, 1 not possible"


def test_one_that_goes_dark_while_one_is_asked_is_not_sent_and_not_asked_about_afterwards(
    strip: ActStrip, gateway: MemoryGateway, bridge: Bridge
) -> None:
    strip.ask(failed(gateway, "Boulder", "Hamburg"))
    take_down(bridge, "Hamburg")
    assert strip.question.text() == "Restart task-1 at Boulder?"
    strip.go.click()
    pump()
    assert [call[0] for call in sent(gateway)] == ["Boulder"]
    assert strip.question.text() == "Restart of 2 backups: 1 accepted, 1 not possible"

    bring_up(bridge, "Hamburg", gateway.history["Hamburg"])
    assert not strip.go.isVisible()
    assert strip.question.text() == "Restart of 2 backups: 1 accepted, 1 ready"


def test_a_task_that_is_gone_is_refused_with_the_reason(
    strip: ActStrip, gateway: MemoryGateway
) -> None:
    strip.ask([job("Boulder", 5, JobState.BROKEN, task="old")])
    pump()
    assert strip.question.text() == "Restart of old at Boulder is not possible."
    assert strip.consequence.text() == "There is no task old at Boulder any more."
    assert not sent(gateway)


def test_of_each_task_the_newest_failed_run_is_restarted_once() -> None:
    jobs = [
        job("a", 1, JobState.ERROR, task="home"),
        job("a", 2, JobState.CANCELLED, task="home"),
        job("a", 3, JobState.WARNING, task="etc"),
        job("b", 4, JobState.BROKEN, task="home"),
        job("b", 5, JobState.ERROR, kind=JobKind.RESTORE, task="mail"),
    ]
    assert [one.key for one in to_restart(jobs)] == [("a", "2"), ("b", "4")]
    assert restart_type(job("a", 1, requested_type=None, type=FULL)) is FULL


def test_the_table_offers_it_for_what_failed_only(
    holder: ThemeHolder, bridge: Bridge, gateway: SiteGateway, qtbot: QtBot
) -> None:
    page = open_page(holder, bridge, gateway, qtbot)
    _choose(page, ("Boulder", "16"), ("Hamburg", "16"), ("Hamburg", "20"))
    offers = {offer.key: offer for offer in page.offers(page.rows.results()[0])}
    assert "start" in offers  # the newest of them is fine
    error = next(row for row in page.rows.results() if row.state is JobState.ERROR)
    offers = {offer.key: offer for offer in page.offers(error)}
    assert offers["restart"].reason is None
    offers["restart"].run()
    settle(qtbot, page)
    assert page.restart.question.text() in (
        "Restart 2 backups at Boulder, Hamburg?",
        "Restart 2 backups at Hamburg, Boulder?",
    )
    qtbot.keyClick(page.restart, Qt.Key.Key_Return)
    settle(qtbot, page)
    assert {call[0] for call in sent(gateway)} == {"Boulder", "Hamburg"}
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    error = next(r for r in page.rows.results() if r.job.key == ("Hamburg", "16"))
    reasons = {offer.key: offer.reason for offer in page.offers(error)}
    assert reasons["restart"] == "Hamburg is broken; nothing can be sent to it."


def _choose(page: ResultsPage, *keys: tuple[str, str]) -> None:
    flag = QItemSelectionModel.SelectionFlag
    for key in keys:
        row = page.model.row_of(key)
        assert row is not None
        index = page.model.index(row, 0)
        page.table.selectionModel().select(index, flag.Select | flag.Rows)


def test_what_failed_in_a_group_is_restarted_from_its_head(
    holder: ThemeHolder, bridge: Bridge, gateway: SiteGateway, qtbot: QtBot
) -> None:
    page = open_page(holder, bridge, gateway, qtbot)
    page.bar.grouping_chosen.emit(Grouping.TASK)
    settle(qtbot, page)
    groups = page.presenter.groups
    assert groups is not None
    head = next(r for r in page.model.records if isinstance(r, GroupRow) and r.group == "home")

    def offers() -> dict[str, Offer]:
        return {o.key: o for o in group_offers(head, groups, page.rows.turn, page.restart.ask)}

    assert offers()["restart"].reason == "Open the group first: its results are not here yet."
    offers()["open"].run()
    settle(qtbot, page)
    offer = offers()["restart"]
    assert (offer.text, offer.reason) == ("Restart 2 that failed in it", None)
    offer.run()
    assert page.restart.question.text() == "Restart 2 backups at Boulder, Hamburg?"
    etc = next(r for r in page.model.records if isinstance(r, GroupRow) and r.group == "etc")
    page.rows.turn(etc)
    settle(qtbot, page)
    head = etc
    assert offers()["restart"].reason == "Nothing that is loaded in it has failed."
