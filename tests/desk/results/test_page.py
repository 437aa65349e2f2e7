"""The results page over a fleet in memory."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.records import Level, ProtocolLine, Role
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import size_text
from sesam_master.ui.results.facts import job_facts
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.page import ResultsPage
from tests.desk.results.conftest import Asked, settle
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    progress,
    pump,
    report,
    take_down,
)


def _keys(page: ResultsPage) -> list[tuple[str, str]]:
    return [row.job.key for row in page.model.records]


def test_shows_all_results_newest_first_and_names_who_is_missing(page: ResultsPage) -> None:
    times = [row.job.create_time for row in page.model.records]
    assert len(times) == 22
    assert times == sorted(times, reverse=True)
    assert {key[0] for key in _keys(page)} == {"Boulder", "Hamburg"}
    assert page.bar.sentence.text.startswith(
        "22 of 22 results shown.  Not in this list: Sevilla (broken since 06:41)"
    )
    assert page.presenter.coverage().covered == 2
    assert page.presenter.coverage().total == 3
    assert page.presenter.picture().location_counts == {
        "Boulder": 11,
        "Hamburg": 11,
        "Sevilla": None,
    }


def test_a_report_changes_its_row_in_place_and_keeps_the_selection(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page.table.select_key(("Hamburg", "30"))
    resets: list[None] = []
    page.model.modelReset.connect(lambda: resets.append(None))
    running = replace(gateway.history["Hamburg"][-1], progress=progress(620))
    gateway.history["Hamburg"][-1] = running
    report(bridge, running)
    settle(qtbot, page)
    row = page.model.record(page.model.row_of(("Hamburg", "30")) or 0)
    assert row.fraction == 0.62
    assert [chosen.job.key for chosen in page.table.selected_records()] == [("Hamburg", "30")]
    assert page.drawer.row is not None
    assert page.drawer.row.fraction == 0.62
    assert not resets


def test_an_end_moves_the_counts(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    ended = job("Hamburg", 30, JobState.OK, task="home")
    gateway.history["Hamburg"][-1] = ended
    report(bridge, ended)
    qtbot.waitUntil(
        lambda: page.presenter.picture().state_counts[JobState.ACTIVE] == 1, timeout=3000
    )
    assert page.presenter.picture().total == 22


def test_open_work_of_a_location_that_goes_dark_is_unknown_and_its_facts_stay(
    page: ResultsPage, bridge: Bridge, qtbot: QtBot
) -> None:
    take_down(bridge, "Hamburg", Connection.STALE)
    settle(qtbot, page)
    rows = {row.job.id: row for row in page.model.records if row.location == "Hamburg"}
    assert rows["30"].state is JobState.UNKNOWN
    assert rows["30"].fraction is None
    assert rows["20"].state is JobState.ERROR
    assert "Not up to date: Hamburg" in page.bar.sentence.text
    reasons = {offer.key: offer.reason for offer in page.offers(rows["30"])}
    assert reasons["cancel"] == "Hamburg is stale; nothing can be sent to it."


def test_what_was_known_of_a_dark_location_is_shown_when_asked_for(
    page: ResultsPage, qtbot: QtBot
) -> None:
    page.bar.known.click()
    settle(qtbot, page)
    states = {row.job.id: row.state for row in page.model.records if row.location == "Sevilla"}
    assert states == {"20": JobState.ERROR, "30": JobState.UNKNOWN}


def test_state_and_text_are_asked_of_the_agents(
    page: ResultsPage, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page.facets.changed.emit("state", "error", True)
    page.bar.search.setText("STORE")
    page.bar.search.returnPressed.emit()
    settle(qtbot, page)
    assert _keys(page) == [("Boulder", "20"), ("Hamburg", "20")]
    query = [call[2] for call in gateway.calls if call[0] == "jobs"][-1]
    assert (query.text, query.states) == ("STORE", {JobState.ERROR})


def test_nothing_found_says_why_and_each_filter_can_be_removed(
    page: ResultsPage, qtbot: QtBot
) -> None:
    page.presenter.set_filter(
        ResultFilter(states=frozenset({JobState.CANCELLED}), locations=frozenset({"Boulder"}))
    )
    settle(qtbot, page)
    content = page.empty.content
    assert content.headline == "No cancelled backups at Boulder"
    assert content.reason == "22 results are hidden by 2 filters."
    assert page.empty.isVisible()
    for action in content.actions:
        page.empty.triggered.emit(action.key)
    settle(qtbot, page)
    assert len(page.model.records) == 22


def test_a_location_that_fails_delays_nobody_and_is_named(
    page: ResultsPage, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    gateway.troubles["Boulder"] = Trouble.NO_ANSWER
    page.presenter.reload()
    settle(qtbot, page)
    assert {key[0] for key in _keys(page)} == {"Hamburg"}
    assert "Boulder (did not answer in time)" in page.bar.sentence.text
    assert page.presenter.coverage().covered == 1


def test_the_protocol_is_read_and_offers_act(
    page: ResultsPage, gateway: MemoryGateway, asked: Asked
) -> None:
    gateway.protocols["Hamburg", "20"] = [
        ProtocolLine(NOW + timedelta(seconds=n), Level.ERROR if n == 70 else Level.INFO, "X", "y")
        for n in range(120)
    ]
    page.table.select_key(("Hamburg", "20"))
    pump()
    assert len(page.drawer.pane.view.lines.lines) == 120
    assert page.drawer.pane.view.lines.first_trouble() == 70
    assert page.drawer.row is not None
    offers = {offer.key: offer for offer in page.offers(page.drawer.row)}
    offers["restore"].run()
    assert asked == [("restore", "Hamburg", None, "task-6")]


def test_a_monitor_may_only_look(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    bring_up(bridge, "Hamburg", gateway.history["Hamburg"], Role.MONITOR)
    settle(qtbot, page)
    row = page.model.record(page.model.row_of(("Hamburg", "30")) or 0)
    reasons = [offer.reason for offer in page.offers(row) if offer.is_main]
    assert all(reason and "role monitor" in reason for reason in reasons)


def test_an_order_is_asked_of_the_agents_and_one_they_do_not_have_is_not_offered(
    page: ResultsPage, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page.model.sort_by("size", descending=True)
    settle(qtbot, page)
    query = [call[2] for call in gateway.calls if call[0] == "jobs"][-1]
    assert (query.order, query.descending) == ("bytes", True)
    place = [column.key for column in page.model.columns].index("rate")
    header = page.table.horizontalHeader()
    header.sectionClicked.emit(place)
    assert page.model.sorting == ("size", True)
    assert page.model.headerData(place, Qt.Orientation.Horizontal) == "Rate"


@pytest.mark.parametrize("descending", [False, True])
def test_by_location_each_stands_by_itself_newest_first_and_is_paged(
    page: ResultsPage, gateway: MemoryGateway, qtbot: QtBot, descending: bool
) -> None:
    page.model.sort_by("location", descending=descending)
    settle(qtbot, page)
    names = [row.location for row in page.model.records]
    assert names == sorted(names, reverse=descending)
    assert names.count("Boulder") == names.count("Hamburg") == 11
    for name in ("Boulder", "Hamburg"):
        times = [row.job.create_time for row in page.model.records if row.location == name]
        assert times == sorted(times, reverse=True)
    orders = {call[2].order for call in gateway.calls if call[0] == "jobs"}
    assert orders == {"create_time"}


def test_open_work_of_a_dark_location_is_counted_as_unknown(
    page: ResultsPage, bridge: Bridge, qtbot: QtBot
) -> None:
    def counts() -> dict[str, str]:
        states = next(group for group in page.facets.groups if group.key == "state")
        return {facet.label: facet.count for facet in states.facets}

    assert (counts()["Running"], counts()["Unknown"]) == ("2", "1")  # Sevilla was dark before
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    assert (counts()["Running"], counts()["Unknown"], counts()["Error"]) == ("1", "2", "2")
    page.facets.changed.emit("state", "unknown", True)
    settle(qtbot, page)
    assert set(_keys(page)) == {("Hamburg", "30"), ("Sevilla", "30")}
    page.facets.changed.emit("state", "unknown", False)
    page.facets.changed.emit("state", "active", True)
    settle(qtbot, page)
    assert _keys(page) == [("Boulder", "30")]


def test_a_known_zero_is_not_a_missing_value(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    empty = job("Hamburg", 40, size_bytes=0, stored_bytes=0, files=0)
    waits = job("Hamburg", 41, JobState.QUEUED)
    gateway.history["Hamburg"] += [empty, waits]
    report(bridge, empty, waits)
    take_down(bridge, "Sevilla")
    page.refresh()
    settle(qtbot, page)

    def texts(key: str) -> list[str]:
        row = page.model.record(page.model.row_of(("Hamburg", key)) or 0)
        shown = {column.key: column.text(row) for column in page.model.columns}
        return [shown["duration"], shown["size"], shown["rate"]]

    assert texts("40") == ["11:40", "0\N{NO-BREAK SPACE}B", "0\N{NO-BREAK SPACE}B/s"]
    assert texts("41") == ["", "", ""]
    facts = dict(job_facts(page.model.record(page.model.row_of(("Hamburg", "40")) or 0), UTC))
    assert (facts["Files"], facts["Read"], facts["Stored"]) == ("0", *2 * (size_text(0),))
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    assert texts("30") == ["?", "?", "?"]


def _shown_states(page: ResultsPage) -> dict[JobState, int]:
    return dict(Counter(row.state for row in page.model.records))


def _facet_states(page: ResultsPage) -> dict[JobState, int]:
    [states] = [group for group in page.facets.groups if group.key == "state"]
    return {JobState(f.key): int(f.count) for f in states.facets if f.count != "0"}


def test_rows_and_facets_say_the_same_through_a_break(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    answering = frozenset({"Boulder", "Hamburg"})
    page.presenter.set_filter(replace(page.presenter.filter, locations=answering))
    qtbot.waitUntil(lambda: not page.presenter.is_behind)
    assert _facet_states(page) == _shown_states(page)
    running = gateway.history["Hamburg"][-1]
    take_down(bridge, "Hamburg")
    qtbot.waitUntil(lambda: not page.presenter.is_behind)
    assert _facet_states(page) == _shown_states(page)
    assert _facet_states(page)[JobState.UNKNOWN] == 1

    # It comes back with the job ended, and does not answer the question about its list.
    gateway.troubles["Hamburg"] = Trouble.NO_ANSWER
    ended = replace(running, state=JobState.OK, end_time=NOW, progress=None)
    bring_up(bridge, "Hamburg", [ended])
    qtbot.waitUntil(lambda: not page.presenter.is_behind)
    assert _facet_states(page) == _shown_states(page)


def test_facets_follow_a_report_without_a_new_count(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    asked = len(gateway.calls)
    before = _facet_states(page)
    running = gateway.history["Hamburg"][-1]
    report(bridge, replace(running, state=JobState.WARNING, end_time=NOW, progress=None))
    report(bridge, job("Boulder", 31, JobState.QUEUED))
    qtbot.waitUntil(lambda: not page.presenter.is_behind)

    after = _facet_states(page)
    assert len(gateway.calls) == asked
    assert after[JobState.WARNING] == before.get(JobState.WARNING, 0) + 1
    assert after[JobState.QUEUED] == 1
    assert after[JobState.ACTIVE] == before[JobState.ACTIVE] - 1


def test_the_facet_of_a_dark_location_says_what_goes_on_to_be_counted(
    page: ResultsPage, bridge: Bridge, qtbot: QtBot
) -> None:
    def tips() -> dict[str, tuple[str, str]]:
        [group] = [group for group in page.facets.groups if group.key == "location"]
        return {facet.label: (facet.count, facet.tip) for facet in group.facets}

    assert tips()["Hamburg"] == ("11", "")
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    count, tip = tips()["Hamburg"]
    assert count == "?"
    assert tip == (
        "Hamburg is broken; how many results it has now is not known. "
        "Those that came before stay facts, and the states go on counting them."
    )
    assert _facet_states(page)[JobState.ERROR] == 2
