"""Starts that are followed: lost answers, later times, groups, and locations that go dark."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.acts import Act, Made, Stage
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import TaskGroup
from sesam_master.core.start import BackupOrder, StartObject, When, Wish
from sesam_master.core.states import JobState
from sesam_master.ui.acts.columns import outcome_text, reason_text
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.start_backup.columns import when_text
from sesam_master.ui.start_backup.presenter import StartPresenter
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    report,
    take_down,
)
from tests.fakes.gateway import FakeGateway, Parked
from tests.fakes.plan import empty_plan

LATER = datetime(2026, 11, 23, 20, 0)
INSTANT = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)  # in Berlin
Make = Callable[[StartObject], StartPresenter]


@pytest.fixture
def now() -> list[datetime]:
    """The desk's clock; a test may set another."""
    return [NOW]


@pytest.fixture
def make(bridge: Bridge, gateway: MemoryGateway, now: list[datetime]) -> Make:
    """Over a single location."""
    list_locations(bridge, "Lyon")
    bring_up(bridge, "Lyon", [job("Lyon", 1, task="home"), job("Lyon", 2, task="mail")])
    groups = (TaskGroup("office", ("home", "mail")),)
    gateway.plans["Lyon"] = replace(empty_plan("Lyon"), groups=groups)

    def made(what: StartObject) -> StartPresenter:
        zone = ZoneInfo("Europe/Berlin")
        return StartPresenter(
            bridge, gateway, [what], zone=zone, clock=lambda: now[0], parent=bridge
        )

    return made


def only(presenter: StartPresenter) -> Act[BackupOrder]:
    [start] = presenter.actor.acts.values()
    return start


def start_later(presenter: StartPresenter) -> None:
    presenter.set_wish(Wish(when=When(LATER, is_site=True)))
    presenter.actor.send()
    pump()
    assert outcome_text(only(presenter)) == "Accepted, planned"


def test_one_question_at_a_time_is_asked_for_a_lost_answer(nothing_left: None) -> None:
    parked = Parked()
    bridge = Bridge(parked.submit)
    list_locations(bridge, "Lyon")
    bring_up(bridge, "Lyon", [job("Lyon", 1, task="home")])
    what = StartObject("Lyon", task="home")
    presenter = StartPresenter(bridge, FakeGateway(), [what], clock=lambda: NOW, parent=bridge)
    presenter.actor.send()
    parked.questions.pop()(None, LocationError(Trouble.NO_ANSWER, "Lyon"))
    pump()
    assert only(presenter).stage is Stage.UNSURE

    before = len(parked.questions)
    presenter.actor.ask_again()
    presenter.actor.ask_again()  # the first one is still on its way
    assert len(parked.questions) == before + 1
    made = Made((job("Lyon", 9, JobState.QUEUED, task="home"),), "1", NOW)
    parked.questions.pop()(made, None)
    pump()

    assert only(presenter).stage is Stage.ACCEPTED
    bridge.close()


@pytest.mark.parametrize(
    "trouble", [trouble for trouble in Trouble if trouble is not Trouble.REJECTED]
)
def test_no_refusal_of_the_second_question_says_that_the_first_one_did_not_start_it(
    make: Make, gateway: MemoryGateway, trouble: Trouble
) -> None:
    presenter = make(StartObject("Lyon", task="home"))
    gateway.troubles = {"Lyon": Trouble.NO_ANSWER}
    presenter.actor.send()
    pump()
    first = only(presenter).request_id

    gateway.troubles = {"Lyon": trouble}
    presenter.actor.ask_again()
    pump()
    assert only(presenter).stage is Stage.UNSURE

    gateway.troubles = {}
    presenter.actor.retry()  # would start it under another id
    presenter.actor.ask_again()
    pump()
    assert (only(presenter).stage, only(presenter).request_id) == (Stage.ACCEPTED, first)


def test_a_later_start_that_began_in_the_dark_is_followed(make: Make, bridge: Bridge) -> None:
    presenter = make(StartObject("Lyon", task="home"))
    start_later(presenter)

    take_down(bridge, "Lyon")
    assert outcome_text(only(presenter)) == "Unknown"
    failed = job("Lyon", 70, JobState.ERROR, task="home", planned_time=INSTANT, event_id="1")
    bring_up(bridge, "Lyon", [job("Lyon", 2, task="mail"), failed])

    assert outcome_text(only(presenter)) == "Error"
    assert when_text(only(presenter), ZoneInfo("Europe/Berlin")) == "Mon 23 Nov 20:00"


@pytest.mark.parametrize("ends", [(JobState.OK, JobState.ERROR), (JobState.ERROR, JobState.OK)])
def test_a_group_that_begins_bit_by_bit_is_followed_whole(
    make: Make, bridge: Bridge, ends: tuple[JobState, JobState]
) -> None:
    presenter = make(StartObject("Lyon", group="office"))
    start_later(presenter)

    report(bridge, job("Lyon", 70, ends[0], task="home", event_id="1"))
    report(bridge, job("Lyon", 71, ends[1], task="mail", event_id="1"))

    assert outcome_text(only(presenter)) == "Error"
    assert [one.id for one in only(presenter).jobs] == ["70", "71"]


def test_a_later_start_whose_time_came_without_a_word_is_unknown(
    make: Make, bridge: Bridge, now: list[datetime]
) -> None:
    presenter = make(StartObject("Lyon", task="home"))
    start_later(presenter)

    now[0] = INSTANT + timedelta(minutes=20)
    report(bridge, job("Lyon", 2, task="mail"))

    assert outcome_text(only(presenter)) == "Unknown"
    assert "The calendar shows" in reason_text(only(presenter))


def test_two_thousand_starts_over_a_hundred_locations_take_the_answers_together(
    bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    names = [f"Site {n:03}" for n in range(100)]
    list_locations(bridge, *names)
    for name in names:
        bring_up(bridge, name, [job(name, n, task=f"t{n}") for n in range(20)])
    objects = [StartObject(name, task=f"t{n}") for name in names for n in range(20)]
    presenter = StartPresenter(bridge, gateway, objects, clock=lambda: NOW, parent=bridge)
    told: list[int] = []
    presenter.plans.changed.connect(lambda: told.append(presenter.plans.asking))

    qtbot.waitUntil(lambda: not presenter.plans.asking, timeout=5000)
    pump()

    assert told[-1] == 0
    assert len(told) < 50  # not one for each
