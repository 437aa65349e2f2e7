"""A page that does not come stays missing until the location is asked anew."""

from dataclasses import replace

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.gateway import JobPage, JobQuery
from sesam_master.core.results import ResultMerge
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.result_list import ResultList
from tests.desk.results.memory import (
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    report,
    take_down,
)


def test_a_later_page_that_does_not_come_is_named_until_all_is_asked_again(
    bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    list_locations(bridge, "Lyon")
    gateway.history["Lyon"] = [job("Lyon", n) for n in range(1, 11)]
    bring_up(bridge, "Lyon", gateway.history["Lyon"][-1:])
    parent = QObject()
    places = lambda: bridge.fleet.locations  # noqa: E731
    rows = ResultList(bridge, gateway, JobQuery(), places, parent, shows_known=False)
    bridge.fleet_changed.connect(rows.take_change)
    pump()
    gateway.troubles = {"Lyon": Trouble.NO_ANSWER}
    rows.merged()
    pump()
    assert set(rows.failed) == {"Lyon"}

    gateway.troubles = {}
    gateway.calls.clear()
    report(bridge, job("Lyon", 11, JobState.ACTIVE))
    qtbot.waitUntil(lambda: any(call[0] == "jobs" for call in gateway.calls), timeout=3000)
    pump()
    assert len(rows.merged().items) == 5
    assert set(rows.failed) == {"Lyon"}  # nobody has its other six

    take_down(bridge, "Lyon")
    bring_up(bridge, "Lyon", gateway.history["Lyon"][-1:])
    for _ in range(4):
        pump()
        rows.merged()
    assert rows.failed == {}
    assert len(rows.merged().items) >= 10

    rows.failed["Lyon"] = LocationError(Trouble.NO_ANSWER, "Lyon")  # of a count that did not come
    gateway.calls.clear()
    report(bridge, job("Lyon", 12, JobState.ACTIVE))
    qtbot.waitUntil(lambda: any(call[0] == "jobs" for call in gateway.calls), timeout=3000)
    pump()
    assert rows.failed == {}
    rows.close()


class Counting(ResultMerge):
    """Knows how many jobs it was made to put in their place."""

    placed = 0

    def put(self, job_: object) -> None:
        self.placed += 1
        super().put(job_)  # type: ignore[arg-type]


def test_a_count_puts_only_what_is_other_than_before() -> None:
    jobs = [job("Lyon", n) for n in range(300, 0, -1)]
    merge = Counting(JobQuery())
    merge.start("Lyon", JobPage(tuple(jobs), "", {JobState.OK: 300}))

    ended = replace(jobs[3], state=JobState.ERROR)
    page = JobPage((*jobs[:3], ended, *jobs[4:200]), "", {JobState.OK: 299, JobState.ERROR: 1})
    merge.recount("Lyon", page)

    assert merge.placed == 1
    assert merge.job(ended.key) == ended
    assert merge.counts["Lyon"] == {JobState.OK: 299, JobState.ERROR: 1}
