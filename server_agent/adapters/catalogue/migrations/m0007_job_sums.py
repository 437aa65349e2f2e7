"""Version 7: jobs are counted as they are written, and their words are indexed.

A subject is what jobs of the same origin have in common. `job_sums` says for each subject, period
and state how many jobs there are and which is the newest; a period is a sesam day (yyyymmdd), a
month (yyyymm) or a year (yyyy). `job_words` finds a job by three or more characters of `search`,
which is left with what no subject has: the names of savesets, and messages. Triggers keep both, so
that no writer can forget it.
"""

import sqlalchemy as sa

_TABLES = (
    """CREATE TABLE job_subjects (
        id INTEGER NOT NULL PRIMARY KEY,
        kind VARCHAR(16) NOT NULL,
        task TEXT NOT NULL,
        client TEXT NOT NULL,
        event TEXT NOT NULL,
        group_name TEXT NOT NULL,
        type VARCHAR(16) NOT NULL,
        UNIQUE (task, kind, type, event, client, group_name)
    )""",
    """CREATE TABLE job_sums (
        subject INTEGER NOT NULL,
        period INTEGER NOT NULL,
        state SMALLINT NOT NULL,
        jobs INTEGER NOT NULL,
        newest INTEGER NOT NULL,
        PRIMARY KEY (subject, period, state)
    ) WITHOUT ROWID""",
    "CREATE VIRTUAL TABLE job_words USING fts5(search, content='jobs', content_rowid='id', "
    "tokenize='trigram case_sensitive 1', columnsize=0)",
    "CREATE INDEX jobs_by_day ON jobs (sesam_day, id, state, kind)",
)

_DAY = "CAST(replace({job}.sesam_day, '-', '') AS INTEGER)"
_TYPE = "coalesce({job}.type, {job}.requested_type, '')"
_OF_SUBJECT = (
    "{subject}.task = {job}.task AND {subject}.kind = {job}.kind "
    f"AND {{subject}}.type = {_TYPE} AND {{subject}}.event = {{job}}.event "
    "AND {subject}.client = {job}.client AND {subject}.group_name = {job}.group_name"
)
_SUBJECTS = (
    "INSERT OR IGNORE INTO job_subjects (kind, task, client, event, group_name, type) "
    f"SELECT {{job}}.kind, {{job}}.task, {{job}}.client, {{job}}.event, {{job}}.group_name, {_TYPE}"
)

_FILL = (
    _SUBJECTS.format(job="jobs").replace("SELECT", "SELECT DISTINCT") + " FROM jobs",
    "INSERT INTO job_sums SELECT job_subjects.id, " + _DAY.format(job="jobs") + " AS day, "
    "jobs.state, count(*), max(jobs.id) FROM jobs CROSS JOIN job_subjects ON "
    + _OF_SUBJECT.format(subject="job_subjects", job="jobs")
    + " GROUP BY job_subjects.id, day, jobs.state",
    "INSERT INTO job_sums SELECT subject, period / 100 AS month, state, sum(jobs), max(newest) "
    "FROM job_sums GROUP BY subject, month, state",
    "INSERT INTO job_sums SELECT subject, period / 100 AS year, state, sum(jobs), max(newest) "
    "FROM job_sums WHERE period < 1000000 GROUP BY subject, year, state",
    "INSERT INTO job_words (job_words) VALUES ('rebuild')",
)

_MINE = (
    "subject = (SELECT s.id FROM job_subjects AS s WHERE "
    + _OF_SUBJECT.format(subject="s", job="OLD")
    + ") AND state = OLD.state AND period IN ({day}, {day} / 100, {day} / 10000)".format(
        day=_DAY.format(job="OLD")
    )
)
# How much of a sesam day, as text, its period has.
_PART = "substr(OLD.sesam_day, 1, CASE length(period) WHEN 8 THEN 10 WHEN 6 THEN 7 ELSE 4 END)"
# The newest of those that are left in the period.
_NEXT = (
    "SELECT max(j.id) FROM jobs AS j WHERE j.kind = OLD.kind AND j.task = OLD.task "
    f"AND j.sesam_day BETWEEN {_PART} AND {_PART} || '-99' "
    "AND j.state = OLD.state AND j.event = OLD.event AND j.client = OLD.client "
    "AND j.group_name = OLD.group_name AND "
    + _TYPE.format(job="j")
    + " = "
    + _TYPE.format(job="OLD")
)
LEAVE = (
    "UPDATE job_sums SET jobs = jobs - 1, newest = CASE WHEN newest = OLD.id AND jobs > 1 "
    f"THEN ({_NEXT}) ELSE newest END WHERE {_MINE};"
    f"DELETE FROM job_sums WHERE {_MINE} AND jobs = 0;"
)
ENTER = (
    _SUBJECTS.format(job="NEW")
    + ";INSERT INTO job_sums SELECT s.id, p.value, NEW.state, 1, NEW.id FROM job_subjects AS s, "
    + "(SELECT {day} AS value UNION ALL SELECT {day} / 100 UNION ALL SELECT {day} / 10000) "
    "AS p WHERE ".format(day=_DAY.format(job="NEW"))
    + _OF_SUBJECT.format(subject="s", job="NEW")
    + " ON CONFLICT DO UPDATE SET jobs = jobs + 1, newest = max(newest, excluded.newest);"
)
_FORGET = "INSERT INTO job_words (job_words, rowid, search) VALUES ('delete', OLD.id, OLD.search);"
_LEARN = "INSERT INTO job_words (rowid, search) VALUES (NEW.id, NEW.search);"
_MOVED = " OR ".join(
    f"OLD.{name} IS NOT NEW.{name}"
    for name in (
        *("state", "sesam_day", "kind", "task", "client", "event", "group_name"),
        *("type", "requested_type"),
    )
)

_TRIGGERS = (
    f"CREATE TRIGGER jobs_added AFTER INSERT ON jobs BEGIN {ENTER}{_LEARN} END",
    f"CREATE TRIGGER jobs_removed AFTER DELETE ON jobs BEGIN {LEAVE}{_FORGET} END",
    f"CREATE TRIGGER jobs_moved AFTER UPDATE ON jobs WHEN {_MOVED} BEGIN {LEAVE}{ENTER} END",
    "CREATE TRIGGER jobs_said AFTER UPDATE ON jobs WHEN OLD.search <> NEW.search "
    f"BEGIN {_FORGET}{_LEARN} END",
)


def upgrade(connection: sa.Connection) -> None:
    """Adds the tables, and fills them with the jobs that are there."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.create_function("casefolded", 2, _casefolded, deterministic=True)
    connection.exec_driver_sql("UPDATE jobs SET search = casefolded(saveset, message)")
    for statement in (*_TABLES, *_FILL, *_TRIGGERS):
        connection.exec_driver_sql(statement)


def _casefolded(saveset: str, message: str) -> str:
    return f"{saveset}\n{message}".casefold()
