"""The tables as the code reads and writes them now; those of the plan are in `plan_schema`.

How a database comes to have them is told by the numbered migrations.
"""

import sqlalchemy as sa

from server_agent.adapters.catalogue.columns import (
    ByteStrings,
    Commands,
    Duration,
    Login,
    Moment,
    Options,
    ScopeText,
    StateNumber,
    Strings,
    value_of,
)
from server_agent.domain.access import Role
from server_agent.domain.jobs import JobKind
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.savesets import BackupType, SavesetState
from server_agent.domain.topology import Access
from server_agent.ports import ObjectKind

_NO_TEXT = sa.text("''")

metadata = sa.MetaData()

schema_version = sa.Table(
    "schema_version", metadata, sa.Column("version", sa.Integer, nullable=False)
)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("access", value_of(Access), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("ssh", Login, nullable=False, server_default=_NO_TEXT),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("client", sa.ForeignKey(clients.c.name), nullable=False, index=True),
    sa.Column("sources", ByteStrings, nullable=False),
    sa.Column("excludes", Strings, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("options", Options, nullable=False, server_default=_NO_TEXT),
    sa.Column("proof_time", Moment),
    sa.Column("commands", Commands, nullable=False, server_default=_NO_TEXT),
)

# Made of the numbers above: 1 for the states that nobody has to look after, 7 for the worst.
_SEVERITY = (
    "CASE state WHEN 6 THEN 7 WHEN 5 THEN 6 WHEN 4 THEN 5 WHEN 7 THEN 4 WHEN 2 THEN 3 "
    "WHEN 1 THEN 2 ELSE 1 END"
)

# `duration` is in microseconds, 0 while there is no end. `search` is the saveset and the message as
# a text filter looks at them; it looks at names, too, which are those of the job's subject.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("kind", value_of(JobKind), nullable=False),
    sa.Column("state", StateNumber, nullable=False),
    sa.Column("severity", sa.SmallInteger, sa.Computed(_SEVERITY, persisted=False)),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("requested_type", value_of(BackupType)),
    sa.Column("type", value_of(BackupType)),
    sa.Column("saveset", sa.Text, nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("start_time", Moment),
    sa.Column("end_time", Moment),
    sa.Column("sesam_day", sa.Date, nullable=False),
    sa.Column("files", sa.BigInteger, nullable=False),
    sa.Column("bytes_done", sa.BigInteger, nullable=False),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
    sa.Column("skipped", sa.BigInteger, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("duration", sa.BigInteger, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("paths", ByteStrings, nullable=False),
    sa.Column("target", sa.LargeBinary, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("event", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("planned_time", Moment),
    sa.Column("priority", sa.SmallInteger, nullable=False, server_default=sa.text("1")),
    sa.Column("group_name", sa.Text, key="group", nullable=False, server_default=_NO_TEXT),
    sa.Column("drive", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("pool", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("label", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("move", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("quick", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column(
        "overwrite", value_of(OverwriteRule), nullable=False, server_default=sa.text("'always'")
    ),
    sa.Column("dry_run", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("target_client", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("without_interfaces", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("number", sa.Integer, nullable=False, server_default=sa.text("0")),
    sqlite_autoincrement=True,
)
# One index per order. Each also holds what the usual filters look at, so that a rare state is
# found by running along the index, without a look at a million rows.
for _order in ("create_time", "task", "client", "bytes_done", "duration", "severity"):
    sa.Index(
        f"jobs_by_{_order}",
        jobs.c[_order],
        jobs.c.id,
        jobs.c.state,
        jobs.c.kind,
        jobs.c.sesam_day,
    )
sa.Index("jobs_by_state", jobs.c.state, jobs.c.id, jobs.c.kind, jobs.c.sesam_day)
sa.Index("jobs_of_task", jobs.c.task, jobs.c.create_time, jobs.c.id)
sa.Index("jobs_of_client", jobs.c.client, jobs.c.create_time, jobs.c.id)
sa.Index("jobs_by_day", jobs.c.sesam_day, jobs.c.id, jobs.c.state, jobs.c.kind)
is_result = sa.and_(jobs.c.start_time.is_not(None), jobs.c.end_time.is_not(None))
sa.Index("jobs_results", jobs.c.task, jobs.c.kind, jobs.c.id, sqlite_where=is_result)
sa.Index("jobs_of_slot", jobs.c.event_id, jobs.c.planned_time, jobs.c.task)
# What became of a row of the calendar sheet on a day: a task's, or an event's that has no task.
sa.Index("jobs_of_task_day", jobs.c.kind, jobs.c.task, jobs.c.sesam_day, jobs.c.state)
has_no_task = jobs.c.task == sa.literal_column("''")
sa.Index(
    "jobs_of_event_day",
    jobs.c.kind,
    jobs.c.event,
    jobs.c.sesam_day,
    jobs.c.state,
    sqlite_where=has_no_task,
)
# What backups saved is added up by day: those that are OK or WARNING.
HAS_SAVED = "kind = 'backup' AND state IN (3, 4)"
sa.Index(
    "jobs_saved",
    jobs.c.sesam_day,
    jobs.c.client,
    jobs.c.task,
    jobs.c.files,
    jobs.c.bytes_done,
    jobs.c.stored_bytes,
    jobs.c.duration,
    sqlite_where=sa.text(HAS_SAVED),
)

# What jobs of the same origin have in common. `type` is that which was made or else asked for.
job_subjects = sa.Table(
    "job_subjects",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", value_of(JobKind), nullable=False),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("group_name", sa.Text, key="group", nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.UniqueConstraint("task", "kind", "type", "event", "client", "group"),
)

# Jobs of a subject on a sesam day (yyyymmdd), in a month (yyyymm) or year (yyyy), and the id of the
# newest; kept by triggers.
job_sums = sa.Table(
    "job_sums",
    metadata,
    sa.Column("subject", sa.Integer, primary_key=True),
    sa.Column("period", sa.Integer, primary_key=True),
    sa.Column("state", StateNumber, primary_key=True),
    sa.Column("jobs", sa.Integer, nullable=False),
    sa.Column("newest", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# The index of `jobs.search` by three characters each: a virtual table of FTS5, kept by triggers.
# `rowid` is the job's place: whether it is a backup, its state (8 bits) and its id (40 bits).
job_words = sa.table("job_words", sa.column("rowid", sa.BigInteger))

savesets = sa.Table(
    "savesets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("type", value_of(BackupType), nullable=False),
    sa.Column("base", sa.ForeignKey("savesets.name"), index=True),
    sa.Column("state", value_of(SavesetState), nullable=False),
    sa.Column("start_time", Moment, nullable=False),
    sa.Column("end_time", Moment, nullable=False),
    sa.Column("sesam_day", sa.Date, nullable=False),
    sa.Column("sources", ByteStrings, nullable=False),
    sa.Column("files", sa.BigInteger, nullable=False),
    sa.Column("bytes_read", sa.BigInteger, nullable=False),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
    sa.Column("skipped", sa.BigInteger, nullable=False),
    sa.Column("listed_files", sa.BigInteger, nullable=False),
    sa.Column("listed_bytes", sa.BigInteger, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("missing", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("damage", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("job_number", sa.BigInteger, sa.Computed("CAST(job_id AS INTEGER)", persisted=False)),
    sa.Column("lacks_listing", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("eol", sa.Date),
    sa.Column("verify_time", Moment),
    sa.Column("made_time", Moment),
    sa.Column("proof_time", Moment),
    sa.Column("encrypted", sa.Boolean, nullable=False, server_default=sa.text("0")),
    sa.Column("key_id", sa.Text, nullable=False, server_default=_NO_TEXT),
)
# Literal, since SQLite takes the index of the faulty ones only for the very same words.
is_faulty = sa.or_(
    savesets.c.missing != sa.literal_column("0"), savesets.c.damage != sa.literal_column("''")
)
sa.Index("savesets_faulty", savesets.c.name, sqlite_where=is_faulty)
sa.Index("savesets_by_job", savesets.c.job_number, savesets.c.name)
sa.Index("savesets_of_task_by_job", savesets.c.task, savesets.c.job_number, savesets.c.name)
# Literal too, since SQLite takes the index of an expression only for the very same words.
eol_or_never = sa.func.coalesce(
    sa.type_coerce(savesets.c.eol, sa.Text), sa.literal_column("'9999-12-31'"), type_=sa.Text
)
verified_or_never = sa.func.coalesce(
    sa.type_coerce(savesets.c.verify_time, sa.BigInteger),
    sa.literal_column(str(-(2**62))),
    type_=sa.BigInteger,
)
sa.Index("savesets_by_task", savesets.c.task, savesets.c.name)
sa.Index("savesets_by_client", savesets.c.client, savesets.c.name)
sa.Index("savesets_by_type", savesets.c.type, savesets.c.name)
sa.Index("savesets_by_day", savesets.c.sesam_day, savesets.c.name)
sa.Index("savesets_by_bytes", savesets.c.bytes_read, savesets.c.name)
sa.Index("savesets_by_eol", eol_or_never, savesets.c.name)
sa.Index("savesets_by_verify_time", verified_or_never, savesets.c.name)
sa.Index("savesets_of_label", savesets.c.label, savesets.c.stored_bytes)
sa.Index("savesets_by_start", savesets.c.start_time, savesets.c.name)
sa.Index("savesets_of_task", savesets.c.task, savesets.c.start_time, savesets.c.name)
sa.Index("savesets_of_client", savesets.c.client, savesets.c.start_time, savesets.c.name)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("role", value_of(Role), nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("expire_time", Moment, nullable=False),
    sa.Column("used_time", Moment),
    sa.Column("id", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("scope", ScopeText, nullable=False, server_default=_NO_TEXT),
    sa.Column("uses", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("used", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("credential_life", Duration),
    sa.Column("comment", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("made_by", sa.Text, nullable=False, server_default=_NO_TEXT),
    sa.Column("revoke_time", Moment),
)
sa.Index("tokens_by_time", tokens.c.create_time, tokens.c.id)

credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("role", value_of(Role), nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("revoke_time", Moment),
    sa.Column("last_used_time", Moment),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("scope", ScopeText, nullable=False, server_default=_NO_TEXT),
    sa.Column("expire_time", Moment),
    sa.Column("last_address", sa.Text, nullable=False, server_default=_NO_TEXT),
)
sa.Index("credentials_by_time", credentials.c.create_time, credentials.c.id)

# `digest` tells requests with the same id apart; empty if it is not known.
answers = sa.Table(
    "answers",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("answer_time", Moment, nullable=False, index=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, server_default=sa.text("x''")),
)

# The change log: each object once, with the revision of its newest change.
change_log = sa.Table(
    "changes",
    metadata,
    sa.Column("kind", value_of(ObjectKind), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False, unique=True),
)

# One row. `forgotten` is the newest revision that the change log has lost.
log_state = sa.Table(
    "log_state",
    metadata,
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("forgotten", sa.BigInteger, nullable=False),
)
