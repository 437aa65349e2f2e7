"""When an act may be sent again under a new request id, and what it shows meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sesam_master.core.acts import (
    Act,
    Made,
    Stage,
    accepted,
    followed,
    is_far_reaching,
    refused,
    sent,
    unsent,
)
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import Connection, JobState
from tests.desk.results.memory import job

NOW = datetime(2026, 11, 23, 7, 41, 8, tzinfo=UTC)


def ready(task: str = "home", place: str = "Lyon") -> Act[BackupOrder]:
    return unsent(BackupOrder(StartObject(place, task)), None, None)


def lost(trouble: Trouble) -> LocationError:
    return LocationError(trouble, "Lyon")


@pytest.mark.parametrize(
    "trouble", [Trouble.REJECTED, Trouble.REFUSED, Trouble.OFF, Trouble.UNREACHABLE]
)
def test_what_did_not_happen_is_sent_under_a_new_id(trouble: Trouble) -> None:
    failed = refused(sent(ready(), "1"), lost(trouble), "Why.")

    assert (failed.stage, failed.reason) == (Stage.FAILED, "Why.")
    assert sent(failed, "2").request_id == "2"


@pytest.mark.parametrize("error", [lost(Trouble.INTERNAL), ValueError("an odd answer")])
def test_what_may_have_happened_is_sent_again_under_its_own_id(error: Exception) -> None:
    failed = refused(sent(ready(), "1"), error, "Why.")

    assert failed.stage is Stage.FAILED
    assert sent(failed, "2").request_id == "1"


@pytest.mark.parametrize("trouble", list(Trouble))
def test_after_a_lost_answer_only_a_word_on_the_request_itself_counts(trouble: Trouble) -> None:
    unsure = refused(sent(ready(), "1"), lost(Trouble.NO_ANSWER), "Why.")
    assert unsure.stage is Stage.UNSURE

    then = refused(unsure, lost(trouble), "Why.")

    is_proved = trouble is Trouble.REJECTED
    assert then.stage is (Stage.FAILED if is_proved else Stage.UNSURE)
    assert sent(then, "2").request_id == ("2" if is_proved else "1")


def test_what_hinders_it_stands_above_what_is_odd() -> None:
    what = BackupOrder(StartObject("Lyon", "home"))
    assert unsent(what, None, "Gone.", note="Odd.").reason == "Gone."
    assert unsent(what, None, None, note="Odd.").reason == "Odd."
    assert (ready().location, ready().connection) == ("Lyon", Connection.OFF)


def test_nothing_is_known_of_a_location_that_is_not_listed_any_more() -> None:
    act = sent(ready(), "1")
    running, done = job("Lyon", 1, JobState.ACTIVE), job("Lyon", 2, JobState.ERROR)

    assert followed(accepted(act, Made((running, done))), None, NOW).state is JobState.UNKNOWN
    assert followed(accepted(act, Made((done,))), None, NOW).state is JobState.ERROR
    later = accepted(act, Made((), "7", NOW + timedelta(hours=1)))
    assert followed(later, None, NOW).state is JobState.UNKNOWN
    assert followed(accepted(act, Made()), None, NOW).state is None


def test_jobs_of_a_later_start_are_taken_once() -> None:
    act = accepted(sent(ready(), "1"), Made((), "7", NOW))
    first, second = job("Lyon", 1, JobState.OK), job("Lyon", 2, JobState.WARNING)

    begun = followed(followed(act, None, NOW, [first]), None, NOW, [replace(first), second])

    assert [one.id for one in begun.jobs] == ["1", "2"]
    assert begun.state is JobState.WARNING


def test_much_at_once_is_far_reaching() -> None:
    assert not is_far_reaching([ready(f"t{n}") for n in range(20)])
    assert is_far_reaching([ready(f"t{n}") for n in range(21)])
    assert not is_far_reaching([ready("home", f"Site {n}") for n in range(3)])
    assert is_far_reaching([ready("home", f"Site {n}") for n in range(4)])
