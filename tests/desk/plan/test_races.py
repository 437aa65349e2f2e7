"""What is answered late, changed elsewhere, or given up while it is on its way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import Preview, Remark, Schedule
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import HERE, STARTS, changed_elsewhere, choose, names, show_page
from tests.desk.results.memory import bring_up, job, list_locations, pump
from tests.fakes.gateway import FakeGateway, Parked

SCHEDULES, EVENTS = PlanKind.SCHEDULES, PlanKind.EVENTS


@pytest.fixture
def parked() -> Parked:
    """The questions, until a test ends them."""
    return Parked()


@pytest.fixture
def slow_bridge(nothing_left: None, parked: Parked) -> Iterator[Bridge]:
    made = Bridge(parked.submit)
    list_locations(made, HERE)
    bring_up(made, HERE, [job(HERE, 1)])
    yield made
    made.close()


@pytest.fixture
def slow(
    holder: ThemeHolder, slow_bridge: Bridge, gateway: FakeGateway, parked: Parked, qtbot: QtBot
) -> PlanPage:
    """A page whose plan is here."""
    page = show_page(holder, slow_bridge, gateway, {}, qtbot)
    parked.questions.pop(0)(gateway.plans[HERE], None)
    pump()
    parked.questions.clear()
    return page


def change(gateway: FakeGateway, name: str, **values: object) -> Schedule:
    """Somebody else changes a schedule."""
    there = next(one for one in gateway.plans[HERE].schedules if one.name == name)
    changed: Schedule = replace(there, **values)  # type: ignore[arg-type]
    kept: Schedule = gateway._put(HERE, changed, str(int(there.etag) + 1))
    return kept


def previewed(gateway: FakeGateway) -> list[Schedule]:
    """Schedules of which the starts were asked for."""
    return [call[2] for call in gateway.calls if call[0] == "preview_schedule"]  # type: ignore[misc]


def test_a_new_one_that_is_given_up_while_it_is_saved_is_in_the_list_after_all(
    slow: PlanPage, gateway: FakeGateway, parked: Parked
) -> None:
    slow.new_button.click()
    slow.editor.schedule_form.name.setText("Late")
    parked.questions.clear()
    slow.editor.save.click()
    [saved] = parked.questions
    slow.editor.discard.click()
    parked.questions.clear()

    made = change(gateway, "weekly")
    made = gateway._put(HERE, replace(made, name="Late"), "1")
    saved(made, None)
    pump()
    parked.questions.pop(0)(gateway.plans[HERE], None)
    pump()

    assert any(name.startswith("Late") for name in names(slow))
    assert not slow.presenter.is_saving


def test_what_is_being_saved_is_not_deleted_meanwhile(slow: PlanPage, parked: Parked) -> None:
    choose(slow, SCHEDULES, "weekly")
    slow.editor.schedule_form.comment.setText("one")
    assert slow.editor.delete.isEnabled()
    slow.editor.save.click()

    assert not slow.editor.delete.isEnabled()
    assert slow.editor.delete.toolTip() == "It is being saved."


def test_news_that_come_while_an_answer_is_lost_are_asked_for(
    slow: PlanPage, slow_bridge: Bridge, parked: Parked, gateway: FakeGateway
) -> None:
    slow.refresh()
    changed_elsewhere(slow_bridge)
    [lost] = parked.questions
    parked.questions.clear()
    lost(None, LocationError(Trouble.NO_ANSWER, HERE))
    pump()

    assert slow.presenter.is_asking
    parked.questions.pop(0)(gateway.plans[HERE], None)
    pump()
    assert slow.presenter.plan is not None
    assert not slow.presenter.plan.is_kept


def test_the_starts_follow_a_schedule_that_is_changed_elsewhere(
    page: PlanPage, bridge: Bridge, gateway: FakeGateway
) -> None:
    choose(page, SCHEDULES, "weekly")
    gateway.preview = Preview(STARTS[:2], frozenset())
    change(gateway, "weekly", start_time=time(23))
    changed_elsewhere(bridge)

    assert previewed(gateway)[-1].start_time == time(23)
    assert len(page.editor.starts.model.records) == 2


def test_the_starts_of_an_event_follow_its_schedule(
    page: PlanPage, bridge: Bridge, gateway: FakeGateway
) -> None:
    choose(page, EVENTS, "home")
    gateway.preview = Preview(STARTS[:2], frozenset())
    change(gateway, "nightly", start_time=time(23))
    changed_elsewhere(bridge)

    assert previewed(gateway)[-1].start_time == time(23)
    assert len(page.editor.starts.model.records) == 2


def test_what_is_known_of_the_starts_stays_until_they_are_asked_again(
    slow: PlanPage, slow_bridge: Bridge, parked: Parked, gateway: FakeGateway
) -> None:
    choose(slow, SCHEDULES, "weekly")
    parked.questions.pop(0)(Preview(STARTS, frozenset({Remark.NO_EVENT})), None)
    pump()
    warned = list(slow.editor.warnings.sentences)
    assert warned
    changed_elsewhere(slow_bridge)
    parked.questions.pop(0)(gateway.plans[HERE], None)
    pump()

    assert slow.editor.warnings.sentences == warned
    assert len(slow.editor.starts.model.records) == len(STARTS)


def test_starts_of_another_rule_are_called_old_until_the_new_ones_are_here(
    slow: PlanPage, parked: Parked, qtbot: QtBot
) -> None:
    choose(slow, SCHEDULES, "weekly")
    parked.questions.pop(0)(Preview(STARTS, frozenset()), None)
    pump()
    parked.questions.clear()
    heading, form = slow.editor.starts.heading, slow.editor.schedule_form
    form.comment.setText("of the same rule")
    assert heading.text == "Next 5 starts"
    form.rule.weekdays[0].setChecked(True)
    assert heading.text == "Next starts: being worked out"
    qtbot.waitUntil(lambda: len(parked.questions) == 1, timeout=2000)
    parked.questions.pop()(Preview(STARTS[:2], frozenset()), None)
    pump()
    assert heading.text == "Next 2 starts"


def test_a_new_one_is_not_deleted_while_it_is_saved(slow: PlanPage, parked: Parked) -> None:
    """It would be gone from the list here, and made at the location all the same."""
    slow.new_button.click()
    slow.editor.schedule_form.name.setText("Late")
    assert slow.editor.delete.isEnabled()
    parked.questions.clear()
    slow.editor.save.click()
    assert not slow.editor.delete.isEnabled()
    assert slow.editor.delete.toolTip() == "It is being saved."
    slow.presenter.delete()
    assert any(name.startswith("Late") for name in names(slow))
