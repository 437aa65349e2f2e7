"""JobService and SavesetService."""

from datetime import timedelta

import grpc
import pytest

from server_agent.domain.access import Role
from server_agent.domain.errors import SavesetDamaged
from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import BackupDone, Entry, EntryKind, EntryPage
from sesam_api.v1 import jobs_pb2, savesets_pb2
from tests.agent.service.steered import DONE, Gate
from tests.rpc.agent.rig import AgentRig

START, CANCEL, GET, LIST, GROUPS, WATCH, PROTOCOL = (
    "JobService/StartBackup",
    "JobService/CancelJob",
    "JobService/GetJob",
    "JobService/ListJobs",
    "JobService/ListJobGroups",
    "JobService/WatchJob",
    "JobService/ReadProtocol",
)
SAVESETS, SAVESET, ENTRIES, RESTORE = (
    "SavesetService/ListSavesets",
    "SavesetService/GetSaveset",
    "SavesetService/ListEntries",
    "SavesetService/StartRestore",
)
FULL, INC = jobs_pb2.BACKUP_TYPE_FULL, jobs_pb2.BACKUP_TYPE_INC


def test_a_backup_from_start_to_end(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    progress = Progress(Phase.TRANSFER, 3, 10, 300, None, 40, b"/srv/\xff")
    agent.engine.scripts.append([progress, gate, DONE])
    operator = agent.enrolled(Role.OPERATOR)
    queued = operator.call(START, task="docs", type=INC).job
    assert (queued.job_id, queued.state) == ("1", jobs_pb2.JOB_STATE_QUEUED)
    assert (queued.kind, queued.requested_type) == (jobs_pb2.JOB_KIND_BACKUP, INC)
    assert queued.started_by == "desk on host fs-01"
    assert not queued.HasField("start_time")
    gate.wait_until_reached()
    running = agent.local.call(GET, job_id="1").job
    assert (running.state, running.type) == (jobs_pb2.JOB_STATE_ACTIVE, FULL)
    assert running.progress == jobs_pb2.Progress(
        phase=jobs_pb2.PHASE_TRANSFER,
        files_done=3,
        files_total=10,
        bytes_done=300,
        stored_bytes=40,
        current="/srv/�",
    )
    assert not running.progress.HasField("bytes_total")
    agent.clock.advance(timedelta(seconds=90))
    gate.open()
    ended = agent.ended("1")
    assert (ended.state, ended.files, ended.bytes, ended.stored_bytes) == (
        jobs_pb2.JOB_STATE_OK,
        10,
        1000,
        400,
    )
    assert not ended.HasField("progress")
    assert (ended.end_time.seconds - ended.start_time.seconds, ended.sesam_day) == (
        90,
        "2026-03-04",
    )
    assert ended.message == "No base: made a FULL, the first of this task"
    assert agent.local.call(GET, job_id="1").job == ended


def test_what_cannot_be_started(agent: AgentRig) -> None:
    agent.add_task()
    assert agent.local.refused(START, task="x", type=FULL).reason == "TASK_NOT_FOUND"
    for backup_type, said in {0: "0", 17: "17"}.items():
        refusal = agent.local.refused(START, task="docs", type=backup_type)
        assert refusal.metadata == {
            "field": "type",
            "value": said,
            "expected": "one of FULL, DIFF, INC, COPY",
        }


def test_an_agent_that_stops_takes_no_new_work(agent: AgentRig) -> None:
    agent.add_task()
    agent.add_task("mail")
    gate = Stubborn()
    agent.engine.scripts.append([gate, DONE])
    agent.start_backup()
    gate.wait_until_reached()
    with agent.local.stream(WATCH, job_id="1") as answers:
        next(answers)
        agent.begin_to_stop()
        gate.told.wait(10)
        refusal = agent.local.refused(START, task="mail", type=FULL)
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.UNAVAILABLE,
            "SHUTTING_DOWN",
        )
        gate.open()
        *_, last = answers
    assert last.job.state == jobs_pb2.JOB_STATE_BROKEN


class Stubborn(Gate):
    """Notes the cancel, and stands until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.told = self.reached.__class__()

    def pass_through(self, control: object) -> None:
        control.on_cancel(self.told.set)  # type: ignore[attr-defined]
        self.reached.set()
        assert self.opened.wait(10)


def test_cancel(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    agent.engine.scripts.append([gate, DONE])
    job_id = agent.start_backup()
    gate.wait_until_reached()
    restorer = agent.enrolled(Role.RESTORE)
    refusal = restorer.refused(CANCEL, job_id=job_id)
    assert (refusal.reason, refusal.metadata["role"]) == ("ROLE_REQUIRED", "restore")
    assert agent.local.call(CANCEL, job_id=job_id).job.state == jobs_pb2.JOB_STATE_ACTIVE
    ended = agent.ended(job_id)
    assert (ended.state, ended.message) == (jobs_pb2.JOB_STATE_CANCELLED, "Cancelled by local")
    late = agent.local.refused(CANCEL, job_id=job_id)
    assert (late.code, late.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "JOB_ENDED")
    assert late.metadata == {"job": job_id, "state": "cancelled"}
    for unknown in ("99", "x", "", "9" * 30):
        assert agent.local.refused(CANCEL, job_id=unknown).reason == "JOB_NOT_FOUND"


def test_jobs_are_listed_filtered_and_counted(agent: AgentRig) -> None:
    agent.add_task("docs")
    agent.add_task("mail")
    agent.engine.scripts.append([BackupDone(1, 1, 1, 1, 1, 1)])
    made = []
    for task in ("docs", "mail", "mail"):
        made.append(agent.backed_up(task).job_id)
        agent.clock.advance(timedelta(days=1))
    first, second, third = made
    backups = jobs_pb2.JobFilter(kinds=[jobs_pb2.JOB_KIND_BACKUP])  # beside them, days have ended

    def ids(**fields: object) -> list[str]:
        return [job.job_id for job in agent.local.call(LIST, **{"filter": backups} | fields).jobs]

    def where(**fields: object) -> jobs_pb2.JobFilter:
        usual = {"kinds": [jobs_pb2.JOB_KIND_BACKUP]}
        return jobs_pb2.JobFilter(**usual | fields)  # type: ignore[arg-type]

    assert ids() == [third, second, first]
    assert ids(order_by="task") == [first, second, third]
    assert ids(filter=where(states=[jobs_pb2.JOB_STATE_WARNING])) == [first]
    assert ids(filter=where(kinds=[jobs_pb2.JOB_KIND_RESTORE])) == []
    assert ids(filter=where(task="mail", client="host")) == [third, second]
    assert ids(filter=where(first_sesam_day="2026-03-05", last_sesam_day="2026-03-05")) == [second]
    assert ids(filter=where(text="1 OF 2")) == [first]
    answer = agent.local.call(LIST, filter=backups, with_counts=True, page_size=2)
    assert {count.state: count.count for count in answer.state_counts} == {
        jobs_pb2.JOB_STATE_OK: 2,
        jobs_pb2.JOB_STATE_WARNING: 1,
    }
    assert ids(page_size=2, page_token=answer.next_page_token) == [first]
    wrong = agent.local.refused(
        LIST, filter=backups, page_token=answer.next_page_token, order_by="task"
    )
    assert wrong.reason == "PAGE_TOKEN_INVALID"


def test_jobs_are_summed_up_in_groups(agent: AgentRig) -> None:
    agent.add_task("docs")
    agent.add_task("mail")
    agent.engine.scripts.append([BackupDone(1, 1, 1, 1, 1, 1)])
    docs, _, mail = (agent.backed_up(task) for task in ("docs", "mail", "mail"))
    backups = jobs_pb2.JobFilter(kinds=[jobs_pb2.JOB_KIND_BACKUP])
    by_task = {"group_by": jobs_pb2.JOB_GROUPING_TASK, "filter": backups}
    one, two = agent.local.call(GROUPS, **by_task).groups
    assert (one.name, one.newest_job_id) == ("docs", docs.job_id)
    assert list(one.state_counts) == [
        jobs_pb2.StateCount(state=jobs_pb2.JOB_STATE_WARNING, count=1)
    ]
    assert (two.name, two.newest_job_id, two.newest_state) == (
        "mail",
        mail.job_id,
        jobs_pb2.JOB_STATE_OK,
    )
    assert two.newest_time == mail.create_time
    assert list(two.state_counts) == [jobs_pb2.StateCount(state=jobs_pb2.JOB_STATE_OK, count=2)]
    first = agent.local.call(GROUPS, **by_task, order_by="jobs desc", page_size=1)
    assert [group.name for group in first.groups] == ["mail"]
    token = first.next_page_token
    rest = agent.local.call(GROUPS, **by_task, order_by="jobs desc", page_token=token)
    assert ([group.name for group in rest.groups], rest.next_page_token) == (["docs"], "")
    wrong = agent.local.refused(GROUPS, **by_task, order_by="jobs", page_token=token)
    assert wrong.reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"group_by": 0}, "group_by"),
        ({"group_by": 9}, "group_by"),
        ({"group_by": 1, "order_by": "task"}, "order_by"),
        ({"group_by": 1, "page_size": 1001}, "page_size"),
        ({"group_by": 1, "filter": jobs_pb2.JobFilter(states=[0])}, "states"),
    ],
)
def test_a_group_list_that_cannot_be(
    agent: AgentRig, fields: dict[str, object], field: str
) -> None:
    refused = agent.local.refused(GROUPS, **fields)
    assert (refused.reason, refused.metadata["field"]) == ("INVALID_ARGUMENT", field)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"order_by": "size"}, "order_by"),
        ({"order_by": "task asc"}, "order_by"),
        ({"page_size": -1}, "page_size"),
        ({"filter": jobs_pb2.JobFilter(states=[0])}, "states"),
        ({"filter": jobs_pb2.JobFilter(kinds=[9])}, "kinds"),
        ({"filter": jobs_pb2.JobFilter(first_sesam_day="20260304")}, "first_sesam_day"),
        ({"filter": jobs_pb2.JobFilter(last_sesam_day="2026-02-30")}, "last_sesam_day"),
    ],
)
def test_lists_of_jobs_that_make_no_sense(
    agent: AgentRig, fields: dict[str, object], field: str
) -> None:
    refusal = agent.local.refused(LIST, **fields)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", field)


def test_what_pre_and_post_said_is_a_part_of_the_protocol(agent: AgentRig) -> None:
    agent.add_task()
    agent.programs.put("sbc_pre", "dumping", "STATUS:OK")
    job = agent.backed_up()

    def read(part: int) -> list[tuple[str, str]]:
        answer = agent.local.call(PROTOCOL, job_id=job.job_id, part=part)
        return [(line.code, line.text) for line in answer.lines]

    said = [("OUTPUT", "dumping"), ("OUTPUT", "STATUS:OK"), ("RESULT", "sbc_pre is OK")]
    assert read(jobs_pb2.PROTOCOL_PART_PRE) == said
    assert read(jobs_pb2.PROTOCOL_PART_POST) == []
    assert read(jobs_pb2.PROTOCOL_PART_MAIN) == read(jobs_pb2.PROTOCOL_PART_UNSPECIFIED)
    assert ("TASK", "Task docs of client host, job 1") in read(jobs_pb2.PROTOCOL_PART_MAIN)
    refusal = agent.local.refused(PROTOCOL, job_id=job.job_id, part=9)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", "part")


def test_the_protocol_is_read_on(agent: AgentRig) -> None:
    agent.add_task()
    job_id = agent.backed_up().job_id
    first = agent.local.call(PROTOCOL, job_id=job_id, page_size=2)
    rest = agent.local.call(PROTOCOL, job_id=job_id, after_line=2)
    assert [line.code for line in first.lines] == ["TASK", "TYPE"]
    assert [line.code for line in rest.lines] == ["BASE", "SOURCES", "RESULT"]
    assert (first.more, rest.more) == (True, False)
    assert first.lines[0].level == jobs_pb2.LEVEL_INFO
    assert agent.local.refused(PROTOCOL, job_id="99").reason == "JOB_NOT_FOUND"
    for fields in ({"after_line": -1}, {"page_size": 1001}):
        refusal = agent.local.refused(PROTOCOL, job_id=job_id, **fields)
        assert refusal.reason == "INVALID_ARGUMENT"


def test_watching_a_job(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    agent.engine.scripts.append([gate, DONE])
    job_id = agent.start_backup()
    gate.wait_until_reached()
    with agent.local.stream(WATCH, job_id=job_id) as answers:
        assert next(answers).job.state == jobs_pb2.JOB_STATE_ACTIVE
        gate.open()
        states = [answer.job.state for answer in answers]
    assert states[-1] == jobs_pb2.JOB_STATE_OK
    assert agent.local.refused(WATCH, job_id="99").reason == "JOB_NOT_FOUND"


def test_savesets(agent: AgentRig) -> None:
    agent.add_task()
    full = agent.backed_up()
    agent.clock.advance(timedelta(hours=1))
    inc = agent.ended(agent.local.call(START, task="docs", type=INC).job.job_id)
    found = agent.local.call(SAVESETS).savesets
    assert [each.name for each in found] == [inc.saveset, full.saveset]
    assert (found[0].base, found[1].HasField("base")) == (full.saveset, False)
    saveset = agent.local.call(SAVESET, name=full.saveset).saveset
    assert saveset == found[1]
    assert (saveset.type, saveset.state, saveset.label) == (
        FULL,
        jobs_pb2.JOB_STATE_OK,
        "DISK00001",
    )
    assert (saveset.files, saveset.bytes, saveset.listed_files) == (10, 1000, 12)
    assert (saveset.job_id, list(saveset.sources)) == (full.job_id, [b"/srv/docs"])
    assert agent.local.refused(SAVESET, name="SF1").reason == "SAVESET_NOT_FOUND"
    where = savesets_pb2.SavesetFilter(text="si2026")
    assert [s.name for s in agent.local.call(SAVESETS, filter=where).savesets] == [inc.saveset]
    page = agent.local.call(SAVESETS, page_size=1, order_by="name")
    assert page.savesets[0].name == full.saveset
    rest = agent.local.call(SAVESETS, order_by="name", page_token=page.next_page_token)
    assert [each.name for each in rest.savesets] == [inc.saveset]
    assert agent.local.refused(SAVESETS, page_token="x").reason == "PAGE_TOKEN_INVALID"
    assert agent.local.refused(SAVESETS, order_by="files").reason == "INVALID_ARGUMENT"


def test_a_listing_is_browsed(agent: AgentRig) -> None:
    agent.add_task()
    name = agent.backed_up().saveset
    entries = tuple(
        Entry(b"/srv/%d\xff" % number, kind, 7, 10**9 + 5, 0o600, 1, 2, b"to", name, 3)
        for number, kind in enumerate(EntryKind)
    )
    old = Entry(b"/old", EntryKind.FILE, 0, -(10**20), 0, 0, 0, b"", None, 0)
    agent.engine.page = EntryPage((*entries, old), 30, "there")
    answer = agent.local.call(ENTRIES, saveset=name, directory=b"/srv", page_size=2)
    assert [entry.kind for entry in answer.entries] == [1, 2, 3, 4, 5, 6, 7, 1]
    assert answer.entries[0] == savesets_pb2.Entry(
        path=b"/srv/0\xff",
        kind=savesets_pb2.ENTRY_KIND_FILE,
        size=7,
        modify_time={"seconds": 1, "nanos": 5},
        mode=0o600,
        uid=1,
        gid=2,
        link_target=b"to",
        home=name,
        children=3,
    )
    assert not answer.entries[-1].HasField("home")
    assert answer.entries[-1].modify_time.ToDatetime().year == 1
    assert answer.total == 30
    token = answer.next_page_token
    agent.local.call(ENTRIES, saveset=name, directory=b"/srv", page_token=token)
    assert agent.engine.entry_calls[-1][1:3] == (b"/srv", "there")
    wrong = agent.local.refused(ENTRIES, saveset=name, directory=b"/x", page_token=token)
    assert wrong.reason == "PAGE_TOKEN_INVALID"
    agent.engine.missing = {b"/nothing"}
    missing = agent.local.refused(ENTRIES, saveset=name, directory=b"/nothing")
    assert (missing.reason, missing.metadata) == (
        "PATH_NOT_FOUND",
        {"saveset": name, "path": "/nothing"},
    )
    assert agent.local.refused(ENTRIES, saveset="SF1").reason == "SAVESET_NOT_FOUND"


def test_a_damaged_listing_is_named(agent: AgentRig) -> None:
    agent.add_task()
    name = agent.backed_up().saveset
    agent.engine.damaged = SavesetDamaged(saveset=name, detail="its listing is missing")
    refusal = agent.local.refused(ENTRIES, saveset=name)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.DATA_LOSS, "SAVESET_DAMAGED")
    assert refusal.metadata == {"saveset": name, "detail": "its listing is missing"}


def test_a_restore_from_start_to_end(agent: AgentRig) -> None:
    agent.add_task()
    name = agent.backed_up().saveset
    restorer = agent.enrolled(Role.RESTORE)
    asked = {"saveset": name, "paths": [b"/srv/docs/\xff"], "target": b"/tmp/\xff"}
    job = restorer.call(RESTORE, **asked).job
    assert (job.kind, job.saveset, job.target) == (
        jobs_pb2.JOB_KIND_RESTORE,
        name,
        b"/tmp/\xff",
    )
    assert job.requested_type == jobs_pb2.BACKUP_TYPE_UNSPECIFIED
    assert agent.ended(job.job_id).state == jobs_pb2.JOB_STATE_OK
    assert agent.engine.restores[0].paths == (b"/srv/docs/\xff",)
    agent.engine.missing = {b"/srv/docs/\xff"}
    assert restorer.refused(RESTORE, **asked).reason == "PATH_NOT_FOUND"
    assert restorer.refused(RESTORE, **asked | {"target": b"x"}).reason == "INVALID_ARGUMENT"
    unknown = restorer.refused(RESTORE, **asked | {"overwrite": 99, "paths": []})
    assert (unknown.reason, unknown.metadata["field"]) == ("INVALID_ARGUMENT", "overwrite")
    nobody = restorer.refused(RESTORE, **asked | {"client": "nobody", "paths": []})
    assert (nobody.reason, nobody.metadata) == ("CLIENT_NOT_FOUND", {"client": "nobody"})
    assert restorer.refused(RESTORE, **asked | {"saveset": "S"}).reason == "SAVESET_NOT_FOUND"


def test_a_task_in_use_stays(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    agent.engine.scripts.append([gate, DONE])
    job_id = agent.start_backup()
    gate.wait_until_reached()
    refusal = agent.local.refused("TaskService/DeleteTask", name="docs")
    assert (refusal.code, refusal.reason, refusal.metadata) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "TASK_IN_USE",
        {"task": "docs", "job": job_id},
    )
    gate.open()
    agent.ended(job_id)
