"""The numbers of the start page, and what stands behind each."""

from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sesam_master.core.components import DataStore
from sesam_master.core.errors import Trouble
from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.morning import Known, Morning, is_full_soon, morning, today_of
from sesam_master.core.morning_answer import Answer, Days, ask
from sesam_master.core.needs import NeedKind, needs
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.morning.words import Lead, TileContent, tiles
from tests.desk.morning.conftest import OPEN_DAY, MorningGateway, listed
from tests.desk.results.memory import NOW, job
from tests.fakes.components import new_site
from tests.fakes.fleet import client, task
from tests.fakes.licences import TRIAL

DAY = timedelta(days=1)
DAYS = Days.of(OPEN_DAY)


def ran(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        coroutine.send(None)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    raise AssertionError("It waits for something.")


def told(gateway: MorningGateway, fleet: Fleet) -> list[Known]:
    return [
        Known(place, ran(ask(gateway, key, DAYS)) if place.is_live else None)
        for key, place in fleet.locations.items()
    ]


def tile(numbers: Morning, lead: Lead) -> TileContent:
    return next(each for each in tiles(numbers, NOW) if each.lead is lead)


def test_a_sum_counts_what_is_live_and_says_what_is_missing(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    for name in ("ham", "bos", "svq"):
        gateway.history[name] = [job(name, 1, JobState.ERROR), job(name, 2, JobState.BROKEN)]
    listed(bridge, ("ham", "bos", "svq", "per"), dark=("svq",), off=("per",))
    numbers = morning(told(gateway, bridge.fleet), DAYS, NOW)
    assert (numbers.failed.value, numbers.failed.places) == (4, 2)
    coverage = numbers.failed.coverage
    assert (coverage.covered, coverage.total, coverage.off) == (2, 4, 1)
    failed = tile(numbers, Lead.FAILED)
    assert (failed.number, failed.behind, failed.is_whole) == ("4", "2 of 4 locations", False)
    dark = tile(numbers, Lead.DARK)
    assert (dark.number, dark.about, dark.apart) == (
        "1",
        "1 stale, 0 broken",
        "apart: 1 switched off",
    )


def test_what_is_older_than_these_days_is_not_counted(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    old = (OPEN_DAY - 2 * DAY).isoformat()
    gateway.history["ham"] = [
        job("ham", 1, JobState.ERROR, sesam_day=old),
        job("ham", 2, JobState.ERROR),
        job("ham", 3, JobState.OK, sesam_day=OPEN_DAY.isoformat()),
    ]
    listed(bridge, ("ham",))
    numbers = morning(told(gateway, bridge.fleet), DAYS, NOW)
    assert (numbers.failed.value, numbers.ok.value) == (1, 1)


def test_zero_is_good_news_only_when_nothing_is_missing(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    listed(bridge, ("ham", "bos"))
    whole = morning(told(gateway, bridge.fleet), DAYS, NOW)
    assert tile(whole, Lead.FAILED).sign is JobState.OK
    listed(bridge, ("ham", "bos"), dark=("bos",))
    holed = morning(told(gateway, bridge.fleet), DAYS, NOW)
    assert tile(holed, Lead.FAILED).sign is JobState.UNKNOWN
    listed(bridge, ("ham", "bos"), dark=("ham", "bos"))
    nothing = tile(morning(told(gateway, bridge.fleet), DAYS, NOW), Lead.FAILED)
    assert (nothing.number, nothing.sign) == ("?", JobState.UNKNOWN)


def test_a_question_that_fails_is_missing_in_its_number_only(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    gateway.history["ham"] = [job("ham", 1, JobState.ERROR)]
    listed(bridge, ("ham",))
    answer = ran(ask(gateway, "ham", DAYS))
    partial = replace(answer, stores=None, unprotected=None)
    numbers = morning([Known(bridge.fleet.locations["ham"], partial)], DAYS, NOW)
    assert numbers.failed.coverage.is_complete
    assert numbers.full.coverage.covered == numbers.unprotected.coverage.covered == 0
    assert tile(numbers, Lead.STORE).number == tile(numbers, Lead.UNPROTECTED).number == "?"
    gateway.troubles["ham"] = Trouble.NO_ANSWER
    silent = ran(ask(gateway, "ham", DAYS))
    assert (silent.counts, silent.missed, silent.unprotected) == (None, None, None)
    assert silent.fault is not None


def test_maintenance_and_off_raise_no_alarm_and_are_told_apart(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    listed(bridge, ("ham", "bos", "per"), dark=("bos",), off=("per",))
    bridge.fleet.locations["bos"].maintenance_end = NOW + DAY
    known = told(gateway, bridge.fleet)
    numbers = morning(known, DAYS, NOW)
    assert (numbers.dark.value, numbers.dark.off, numbers.dark.kept) == (0, 1, 1)
    shown = tile(numbers, Lead.DARK)
    assert shown.apart == "apart: 1 in maintenance, 1 switched off"
    assert shown.sign is JobState.UNKNOWN
    assert not [need for need in needs(known, NOW) if need.kind is NeedKind.DARK]


def test_open_work_of_dark_locations_is_unknown(bridge: Bridge, gateway: MorningGateway) -> None:
    listed(bridge, ("ham", "bos"), dark=("bos",))
    for name in ("ham", "bos"):
        place = bridge.fleet.locations[name]
        assert place.picture is not None
        states = {JobState.ACTIVE: 2, JobState.QUEUED: 1}
        place.picture = replace(place.picture, states=states)
    numbers = morning(told(gateway, bridge.fleet), DAYS, NOW)
    assert (numbers.running.value, numbers.queued, numbers.unknown) == (2, 1, 3)
    assert tile(numbers, Lead.RUNNING).about == "1 queued, 3 unknown"


def test_the_licence_that_ends_first_is_known_of_dark_locations_too(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    listed(bridge, ("ham", "bos", "old"), dark=("bos",))
    for name, days in (("ham", 20), ("bos", 3)):
        place = bridge.fleet.locations[name]
        assert place.picture is not None
        licence = replace(TRIAL, end_time=NOW + days * DAY, days_left=days)
        place.picture = replace(place.picture, licence=licence)
    numbers = morning(told(gateway, bridge.fleet), DAYS, NOW)
    assert numbers.ending is not None
    assert numbers.ending.place.registration.location_id == "bos"
    shown = tile(numbers, Lead.LICENCE)
    assert (shown.number, shown.behind) == ("3 d", "2 of 3 locations known")
    assert shown.sign is JobState.UNKNOWN  # nobody knows of one


def test_the_fullest_store_and_those_that_are_full_soon() -> None:
    half = DataStore("a", b"/a", capacity_bytes=100, free_bytes=50)
    soon = replace(half, full_day=(NOW.date() + 5 * DAY).isoformat())
    later = replace(half, full_day=(NOW.date() + 50 * DAY).isoformat())
    above = replace(half, free_bytes=1)
    assert [is_full_soon(store, NOW) for store in (half, soon, later, above)] == [
        *(False, True, False, True),
    ]


def test_a_store_of_which_nobody_knows_how_full_it_is_is_not_empty(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    listed(bridge, ("ham",))
    site = new_site("ham")
    assert site.stores is not None
    gone = replace(site.stores[0], capacity_bytes=None, free_bytes=None)
    gateway.sites["ham"] = replace(site, stores=(gone,))
    shown = tile(morning(told(gateway, bridge.fleet), DAYS, NOW), Lead.STORE)
    assert (shown.number, shown.sign) == ("?", JobState.UNKNOWN)


def test_unprotected_clients_are_asked_for_as_far_as_needed(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    yesterday = OPEN_DAY - DAY
    gateway.cells["ham"] = {
        ("good", "good-t"): {yesterday: JobState.OK},
        ("repeated", "rep-t"): {yesterday: JobState.ERROR},
        ("failed", "fail-t"): {yesterday: JobState.ERROR},
    }
    gateway.history["ham"] = [
        job("ham", 1, client="repeated", sesam_day=yesterday.isoformat()),
        job("ham", 2, client="failed", sesam_day=(yesterday - DAY).isoformat()),
        job("ham", 3, JobState.ERROR, client="failed"),
    ]
    names = ("good", "repeated", "failed", "bare", "new")
    gateway.sites["ham"] = replace(
        new_site("ham"), clients=tuple(map(client, names)), tasks=(task("new-t", "new"),)
    )
    listed(bridge, ("ham",))
    answer = ran(ask(gateway, "ham", DAYS))
    assert answer.unprotected is not None
    assert {one.client: one.gap.value for one in answer.unprotected} == {
        "bare": "no task",
        "failed": "overdue",
        "new": "never backed up",
    }


def test_missed_are_counted_as_the_calendar_shows_them(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    yesterday = OPEN_DAY - DAY
    gateway.cells["ham"] = {
        ("c0", "a"): {yesterday: JobState.MISSED},
        ("c0", "b"): {OPEN_DAY: JobState.MISSED, yesterday: JobState.OK},
        ("c0", "c"): {yesterday - DAY: JobState.MISSED},
    }
    listed(bridge, ("ham",))
    assert ran(ask(gateway, "ham", DAYS)).missed == ("a", "b")


def test_what_needs_a_person_is_a_row_per_cause(bridge: Bridge, gateway: MorningGateway) -> None:
    gateway.history["ham"] = [
        job("ham", 1, JobState.ERROR, task="sql", message="Disk full"),
        job("ham", 2, JobState.ERROR, task="mail", message="Disk full"),
        job("ham", 3, JobState.ERROR, task="web", message="No route"),
    ]
    listed(bridge, ("ham", "svq"), dark=("svq",))
    gateway.sites["ham"] = replace(new_site("ham"), clients=())
    found = needs(told(gateway, bridge.fleet), NOW)
    assert [(need.kind, need.names) for need in found] == [
        (NeedKind.DARK, ()),
        (NeedKind.RESULT, ("web",)),
        (NeedKind.RESULT, ("mail", "sql")),
    ]


def test_what_was_repeated_with_success_needs_nobody_and_stays_counted(
    bridge: Bridge, gateway: MorningGateway
) -> None:
    listed(bridge, ("ham",))
    place: LocationState = bridge.fleet.locations["ham"]
    assert place.picture is not None
    gateway.history["ham"] = [job("ham", 1, JobState.ERROR, task="sql")]
    gateway.sites["ham"] = replace(new_site("ham"), clients=())
    known = told(gateway, bridge.fleet)
    assert [need.kind for need in needs(known, NOW)] == [NeedKind.RESULT]
    later = job("ham", 2, JobState.OK, task="sql")
    place.picture.jobs.put("2", later)
    place.picture.backups["sql"] = ("2",)
    assert needs(known, NOW) == []
    assert morning(known, DAYS, NOW).failed.value == 1


def test_the_days_are_those_of_most_locations(bridge: Bridge, gateway: MorningGateway) -> None:
    listed(bridge, ("a", "b", "c"))
    gateway.open_days = {"a": OPEN_DAY + DAY}
    assert today_of(told(gateway, bridge.fleet), NOW) == OPEN_DAY
