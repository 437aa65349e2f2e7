"""What a gateway answers: the one over the wire and the one of the screens' tests do the same."""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sesam_api.v1 import jobs_pb2, savesets_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.gateway import FleetGateway, JobGroup, JobGrouping, JobQuery
from sesam_master.core.records import (
    Entry,
    EntryKind,
    Job,
    JobKind,
    Level,
    ProtocolLine,
    Saveset,
)
from sesam_master.core.results import matches
from sesam_master.core.savesets import SavesetQuery, sort_key
from sesam_master.core.states import Connection, JobState, severity_rank
from sesam_master.remote.convert import KIND_NUMBERS, STATE_NUMBERS, TYPE_NUMBERS
from tests.desk.remote.rig import PATIENT, HubRig
from tests.desk.results.memory import NOW, MemoryGateway, entry, job, saveset
from tests.fakes.agent_server import FakeAgent

STATES = (
    JobState.OK,
    JobState.WARNING,
    JobState.ERROR,
    JobState.BROKEN,
    JobState.CANCELLED,
    JobState.ACTIVE,
    JobState.QUEUED,
)
SAVESET = saveset("", 5).name
LINES = [ProtocolLine(NOW, Level.INFO, "READ", f"file {n}") for n in range(1_203)]


def history() -> list[Job]:
    """600 jobs in all states; every ninth is a restore, the 7th says something."""
    jobs = []
    for number in range(1, 601):
        state = STATES[number % 7]
        kind = JobKind.RESTORE if number % 9 == 0 else JobKind.BACKUP
        size = 0 if state in (JobState.ACTIVE, JobState.QUEUED) else number % 40
        made = job("", number, state, kind=kind, size_bytes=size)
        day = f"2026-11-{10 + number % 5}"
        jobs.append(replace(made, sesam_day=day, client=f"c{number % 3}"))
    jobs[6] = replace(jobs[6], message="Vault says No")
    return jobs


LISTING = {
    b"": [entry(b"/srv", 700), entry(b"/etc", 0)],
    b"/srv": [entry(b"/srv/%04d\xff" % n, size=n) for n in range(700)],
    b"/etc": [],
}


@dataclass
class Asked:
    """A gateway with the same content, and how to wait for its answers."""

    gateway: FleetGateway
    here: str
    ask: Callable[[Coroutine[Any, Any, Any]], Any]

    def all_jobs(self, query: JobQuery) -> list[Job]:
        jobs: list[Job] = []
        token = ""
        while True:
            page = self.ask(self.gateway.jobs(self.here, query, token, False))
            assert page.counts is None
            jobs += page.jobs
            token = page.next_token
            if not token:
                return jobs

    def refused(self, coroutine: Coroutine[Any, Any, Any]) -> LocationError:
        with pytest.raises(LocationError) as caught:
            self.ask(coroutine)
        return caught.value


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("It waits for something.")


def _in_memory() -> Iterator[Asked]:
    made = MemoryGateway(page_size=256, lines_per_page=500)
    made.history["a"] = [replace(one, location_id="a") for one in history()]
    made.all_savesets["a"] = [replace(saveset("a", n), location_id="a") for n in range(20, 0, -1)]
    made.listing = dict(LISTING)
    made.protocols["a", "7"] = list(LINES)
    yield Asked(made, "a", _at_once)


def _over_the_wire() -> Iterator[Asked]:
    with FakeAgent("Alpha") as agent:
        location = agent.location
        location.jobs = {one.id: _job_message(one) for one in history()}
        for number in range(1, 21):
            message = _saveset_message(saveset("", number))
            location.savesets[message.name] = message
        location.listings[SAVESET] = {
            directory: [_entry_message(one) for one in entries]
            for directory, entries in LISTING.items()
        }
        location.protocols["7"] = [_line_message(line) for line in LINES]
        prepared = HubRig(PATIENT)
        here = prepared.register(agent)
        with prepared:
            prepared.until(here, Connection.ON)
            yield Asked(prepared.hub.gateway, here, prepared.ask)


@pytest.fixture(params=[_in_memory, _over_the_wire], ids=["memory", "wire"])
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    yield from request.param()


VALUES: dict[str, Callable[[Job], Any]] = {
    "create_time": lambda one: one.create_time,
    "task": lambda one: one.task,
    "client": lambda one: one.client,
    "bytes": lambda one: one.size_bytes,
    "severity": lambda one: (-severity_rank(one.state), one.create_time),
}


@pytest.mark.parametrize("order", VALUES)
@pytest.mark.parametrize("descending", [True, False])
def test_pages_bring_every_job_once_and_in_order(
    asked: Asked, order: str, descending: bool
) -> None:
    jobs = asked.all_jobs(JobQuery(order=order, descending=descending))

    assert len({one.key for one in jobs}) == len(jobs) == 600
    value = VALUES[order]
    in_order = sorted(jobs, key=lambda one: (value(one), int(one.id)), reverse=descending)
    assert [one.id for one in jobs] == [one.id for one in in_order]
    assert [replace(one, location_id="") for one in sorted(jobs, key=lambda one: int(one.id))] == (
        history()
    )


@pytest.mark.parametrize(
    ("query", "is_wanted"),
    [
        (JobQuery(states=frozenset({JobState.ERROR})), lambda j: j.state is JobState.ERROR),
        (JobQuery(kinds=frozenset({JobKind.RESTORE})), lambda j: j.kind is JobKind.RESTORE),
        (JobQuery(task="task-3"), lambda j: j.task == "task-3"),
        (JobQuery(client="c1"), lambda j: j.client == "c1"),
        (JobQuery(group=""), lambda j: True),
        (JobQuery(group="nightly"), lambda j: False),
        (JobQuery(first_sesam_day="2026-11-13"), lambda j: j.sesam_day >= "2026-11-13"),
        (JobQuery(last_sesam_day="2026-11-11"), lambda j: j.sesam_day <= "2026-11-11"),
        (JobQuery(text="vault SAYS"), lambda j: j.id == "7"),
        (JobQuery(states=frozenset({JobState.MISSED})), lambda j: False),
    ],
)
def test_a_query_finds_what_it_says(
    asked: Asked, query: JobQuery, is_wanted: Callable[[Job], bool]
) -> None:
    assert {one.id for one in asked.all_jobs(query)} == {j.id for j in history() if is_wanted(j)}


def test_counts_are_those_of_the_query_without_its_states(asked: Asked) -> None:
    query = JobQuery(states=frozenset({JobState.OK}), client="c1")
    page = asked.ask(asked.gateway.jobs(asked.here, query, "", True))

    wanted = [one.state for one in history() if one.client == "c1"]
    assert page.counts == {state: wanted.count(state) for state in set(wanted)}
    assert {one.state for one in page.jobs} == {JobState.OK}


GROUP_NAMES: dict[JobGrouping, Callable[[Job], str]] = {
    JobGrouping.TASK: lambda one: one.task,
    JobGrouping.CLIENT: lambda one: one.client,
    JobGrouping.TASK_GROUP: lambda one: "",
    JobGrouping.TYPE: lambda one: "I",
    JobGrouping.LOCATION: lambda one: "",
}


def groups_of(asked: Asked, query: JobQuery, grouping: JobGrouping) -> list[JobGroup]:
    groups: list[JobGroup] = []
    token = ""
    while True:
        page = asked.ask(asked.gateway.job_groups(asked.here, query, grouping, token))
        groups += page.groups
        token = page.next_token
        if not token:
            return groups


@pytest.mark.parametrize("grouping", JobGrouping)
@pytest.mark.parametrize(
    "query",
    [
        JobQuery(order="name"),
        JobQuery(order="name", states=frozenset({JobState.ERROR, JobState.OK}), client="c1"),
        JobQuery(order="name", states=frozenset({JobState.BROKEN}), task="task-3"),
        JobQuery(order="name", text="vault"),
        JobQuery(order="name", text="nowhere"),
        JobQuery(order="name", states=frozenset({JobState.MISSED})),
    ],
)
def test_groups_have_the_counts_and_the_newest_of_all_their_jobs(
    asked: Asked, grouping: JobGrouping, query: JobQuery
) -> None:
    groups = groups_of(asked, query, grouping)

    name_of, expected = GROUP_NAMES[grouping], {}
    for one in history():
        if matches(one, query):
            expected[name_of(one)] = one.id
    assert {group.name: group.newest_id for group in groups} == expected
    assert [group.name for group in groups] == sorted(expected, reverse=True)
    for group in groups:
        assert group.location_id == asked.here
        (newest,) = (one for one in history() if one.id == group.newest_id)
        assert (group.newest_state, group.newest_time) == (newest.state, newest.create_time)
        states = [
            one.state
            for one in history()
            if name_of(one) == group.name and matches(one, replace(query, states=frozenset()))
        ]
        assert group.counts == {state: states.count(state) for state in set(states)}


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(
    ("order", "value"),
    [
        ("name", lambda group, jobs: group.name),
        ("newest", lambda group, jobs: int(group.newest_id)),
        ("severity", lambda group, jobs: -min(severity_rank(one.state) for one in jobs)),
        ("jobs", lambda group, jobs: len(jobs)),
    ],
)
def test_groups_come_in_order(
    asked: Asked, order: str, descending: bool, value: Callable[[JobGroup, list[Job]], Any]
) -> None:
    states = frozenset({JobState.ERROR, JobState.BROKEN, JobState.OK})
    query = JobQuery(states=states, text="c", order=order, descending=descending)
    groups = groups_of(asked, query, JobGrouping.TASK)

    def key(group: JobGroup) -> Any:
        jobs = [one for one in history() if one.task == group.name and matches(one, query)]
        return value(group, jobs), group.name

    assert len(groups) > 2
    assert groups == sorted(groups, key=key, reverse=descending)


def test_a_protocol_is_read_in_steps_with_its_length(asked: Asked) -> None:
    lines: list[ProtocolLine] = []
    while True:
        page = asked.ask(asked.gateway.protocol(asked.here, "7", len(lines)))
        assert page.total == len(LINES)
        lines += page.lines
        assert page.more is (len(lines) < len(LINES))
        if not page.more:
            break

    assert lines == LINES
    behind = asked.ask(asked.gateway.protocol(asked.here, "7", 5_000))
    assert (behind.lines, behind.more) == ((), False)


def test_savesets_come_newest_first(asked: Asked) -> None:
    page = asked.ask(asked.gateway.savesets(asked.here, "home", ""))
    names = [one.name for one in page.savesets]

    assert names == [saveset("", number).name for number in range(20, 0, -1)]
    assert page.next_token == ""
    assert asked.ask(asked.gateway.savesets(asked.here, "nobody", "")).savesets == ()
    assert len(asked.ask(asked.gateway.savesets(asked.here, "", "")).savesets) == 20


@pytest.mark.parametrize("order", ["start_time", "sesam_day", "bytes", "name"])
@pytest.mark.parametrize("descending", [True, False])
def test_savesets_are_found_in_order_and_by_pages(
    asked: Asked, order: str, descending: bool
) -> None:
    query = SavesetQuery("home", "fs-01", "HOME", order, descending)
    found: list[Saveset] = []
    token = ""
    while True:
        page = asked.ask(asked.gateway.find_savesets(asked.here, query, token, 7))
        assert len(page.savesets) <= 7
        found += page.savesets
        token = page.next_token
        if not token:
            break
    assert len({one.name for one in found}) == len(found) == 20
    assert found == sorted(found, key=sort_key(order), reverse=descending)
    other = replace(query, client="nobody")
    assert asked.ask(asked.gateway.find_savesets(asked.here, other, "", 7)).savesets == ()


@pytest.mark.parametrize("directory", sorted(LISTING))
def test_a_directory_comes_in_pages_with_its_total(asked: Asked, directory: bytes) -> None:
    entries: list[Entry] = []
    token = ""
    while True:
        page = asked.ask(asked.gateway.entries(asked.here, SAVESET, directory, token))
        assert page.total == len(LISTING[directory])
        entries += page.entries
        token = page.next_token
        if not token:
            break

    assert [(one.path, one.kind, one.size) for one in entries] == [
        (one.path, one.kind, one.size) for one in LISTING[directory]
    ]


@pytest.mark.parametrize(
    ("reason", "about", "question"),
    [
        ("JOB_NOT_FOUND", "job", lambda g, at: g.job(at, "4711")),
        ("JOB_NOT_FOUND", "job", lambda g, at: g.protocol(at, "4711", 0)),
        ("JOB_NOT_FOUND", "job", lambda g, at: g.cancel_job(at, "4711", "r-1")),
        ("JOB_ENDED", "state", lambda g, at: g.cancel_job(at, "7", "r-2")),
        ("PAGE_TOKEN_INVALID", "", lambda g, at: g.jobs(at, JobQuery(), "odd", False)),
        (
            "PAGE_TOKEN_INVALID",
            "",
            lambda g, at: g.job_groups(at, JobQuery(order="name"), JobGrouping.TASK, "odd"),
        ),
        ("PAGE_TOKEN_INVALID", "", lambda g, at: g.savesets(at, "home", "odd")),
        ("PAGE_TOKEN_INVALID", "", lambda g, at: g.entries(at, SAVESET, b"", "odd")),
        ("SAVESET_NOT_FOUND", "saveset", lambda g, at: g.entries(at, "nothing", b"", "")),
        ("PATH_NOT_FOUND", "path", lambda g, at: g.entries(at, SAVESET, b"/nope", "")),
    ],
)
def test_a_refusal_has_its_reason(
    asked: Asked,
    reason: str,
    about: str,
    question: Callable[[FleetGateway, str], Coroutine[Any, Any, Any]],
) -> None:
    error = asked.refused(question(asked.gateway, asked.here))

    assert (error.trouble, error.reason, error.location_id) == (
        Trouble.REJECTED,
        reason,
        asked.here,
    )
    assert not about or error.metadata[about]


# -- the same content as messages


def _stamp(stamp: Any, moment: datetime | None) -> None:
    if moment is not None:
        stamp.FromDatetime(moment)


def _job_message(one: Job) -> jobs_pb2.Job:
    message = jobs_pb2.Job(
        job_id=one.id,
        kind=KIND_NUMBERS[one.kind],
        state=STATE_NUMBERS[one.state],
        task=one.task,
        client=one.client,
        sesam_day=one.sesam_day,
        files=one.files,
        bytes=one.size_bytes,
        stored_bytes=one.stored_bytes,
        message=one.message,
        started_by=one.started_by,
    )
    if one.requested_type is not None:
        message.requested_type = TYPE_NUMBERS[one.requested_type]
    if one.type is not None:
        message.type = TYPE_NUMBERS[one.type]
    _stamp(message.create_time, one.create_time)
    if one.start_time is not None:
        _stamp(message.start_time, one.start_time)
    if one.end_time is not None:
        _stamp(message.end_time, one.end_time)
    return message


def _saveset_message(one: Saveset) -> savesets_pb2.Saveset:
    message = savesets_pb2.Saveset(
        name=one.name, task=one.task, client=one.client, state=STATE_NUMBERS[one.state]
    )
    _stamp(message.start_time, one.start_time)
    _stamp(message.end_time, one.start_time + timedelta(minutes=12))
    return message


def _entry_message(one: Entry) -> savesets_pb2.Entry:
    is_directory = one.kind is EntryKind.DIRECTORY
    kind = savesets_pb2.ENTRY_KIND_DIRECTORY if is_directory else savesets_pb2.ENTRY_KIND_FILE
    return savesets_pb2.Entry(path=one.path, kind=kind, size=one.size, children=one.children)


def _line_message(line: ProtocolLine) -> jobs_pb2.ProtocolLine:
    message = jobs_pb2.ProtocolLine(level=jobs_pb2.LEVEL_INFO, code=line.code, text=line.text)
    _stamp(message.time, line.time)
    return message
