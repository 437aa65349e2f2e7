"""Controls: what stops a call, and what a cancel still reaches behind a result."""

import threading

from server_agent.domain.jobs import JobState
from server_agent.service.control import JobControl
from server_agent.service.time_limit import TimeLimit
from tests.agent.service.steered import DEADLINE


def test_the_time_stops_a_call_once() -> None:
    control, stopped = JobControl(), threading.Event()
    calls: list[str] = []
    with TimeLimit(control, 0.02) as limit:
        limit.on_cancel(lambda: calls.append("time"))
        limit.on_cancel(stopped.set)
        assert not limit.cancelled
        assert stopped.wait(DEADLINE)
        assert (limit.cancelled, limit.is_over, control.cancelled) == (True, True, False)
        limit.on_cancel(lambda: calls.append("late"))
        control.cancel("somebody")
    assert calls == ["time", "late"]


def test_a_cancel_stops_a_call_and_is_not_taken_for_the_time() -> None:
    control = JobControl()
    calls: list[str] = []
    with TimeLimit(control, DEADLINE) as limit:
        limit.on_cancel(lambda: calls.append("cancel"))
        control.cancel("somebody")
        assert (limit.cancelled, limit.is_over) == (True, False)
    assert calls == ["cancel"]


def test_one_that_was_cancelled_before() -> None:
    control = JobControl()
    control.cancel("somebody")
    calls: list[str] = []
    with TimeLimit(control, DEADLINE) as limit:
        limit.on_cancel(lambda: calls.append("at once"))
        assert (limit.cancelled, limit.is_over) == (True, False)
    assert calls == ["at once"]


def test_behind_a_result_a_cancel_reaches_what_still_runs() -> None:
    control = JobControl()
    control.set_result(JobState.OK)
    assert not control.cancel("too late")
    afterwards = control.afterwards()
    assert not afterwards.cancelled
    assert control.cancel("somebody")
    assert (afterwards.cancelled, afterwards.stopped_by) == (True, "somebody")
    assert (control.cancelled, control.result) == (False, JobState.OK)


def test_when_that_has_ended_it_is_too_late_again() -> None:
    control = JobControl()
    control.set_result(JobState.OK)
    afterwards = control.afterwards()
    afterwards.set_result(JobState.WARNING)
    control.set_result(JobState.WARNING)
    assert not control.cancel("somebody")
    assert (afterwards.cancelled, control.result) == (False, JobState.WARNING)


def test_what_begins_when_the_agent_stops_is_cancelled() -> None:
    control = JobControl()
    control.set_result(JobState.OK)
    control.cancel(None)
    assert control.afterwards().cancelled
    early = JobControl()
    early.cancel(None)
    early.set_result(JobState.OK)
    assert early.afterwards().cancelled


def test_a_person_who_came_too_late_stops_nothing_that_follows() -> None:
    control = JobControl()
    control.cancel("somebody")
    control.set_result(JobState.OK)
    assert not control.afterwards().cancelled
