"""Plausible clients, tasks, jobs and savesets; a test replaces the fields that it is about."""

from datetime import UTC, date, datetime, timedelta

from server_agent.domain.access import Credential, Role, Token
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.savesets import BackupType, Saveset, SavesetState
from server_agent.domain.topology import Access, Client, Task

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

CLIENT = Client(name="alpha", access=Access.LOCAL, comment="", create_time=START, version=1)

TASK = Task(
    name="home",
    client="alpha",
    sources=(b"/home",),
    excludes=(),
    comment="",
    create_time=START,
    version=1,
)

JOB = Job(
    id="",
    kind=JobKind.BACKUP,
    state=JobState.QUEUED,
    task="home",
    client="alpha",
    requested_type=BackupType.INC,
    type=None,
    saveset="",
    create_time=START,
    start_time=None,
    end_time=None,
    sesam_day=date(2026, 3, 1),
)

SAVESET = Saveset(
    name="SF20260301120000123@abcdefghijk",
    task="home",
    client="alpha",
    type=BackupType.FULL,
    base=None,
    state=SavesetState.OK,
    start_time=START,
    end_time=START + timedelta(seconds=9),
    sesam_day=date(2026, 3, 1),
    sources=(b"/home",),
    files=3,
    bytes_read=4096,
    stored_bytes=1024,
    skipped=0,
    listed_files=3,
    listed_bytes=4096,
    label="DISK00001",
    job_id="1",
)

TOKEN = Token(
    id="t1",
    digest=b"\x00\xffdigest",
    role=Role.OPERATOR,
    create_time=START,
    expire_time=START + timedelta(hours=1),
)

CREDENTIAL = Credential(
    id="c1",
    digest=b"\x00\xfesecret",
    holder="desk",
    role=Role.MONITOR,
    create_time=START,
    revoke_time=None,
    last_used_time=None,
)
