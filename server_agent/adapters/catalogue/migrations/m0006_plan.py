"""Version 6: the plan, and which occurrence a job belongs to."""

import sqlalchemy as sa

_EVENT = """
    name TEXT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    schedule TEXT NOT NULL,
    change_time BIGINT NOT NULL,
    start_time BIGINT,
    priority SMALLINT NOT NULL,
    blocking BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    follow_up TEXT NOT NULL,
    comment TEXT NOT NULL,
    made_by TEXT NOT NULL,
    backup_type VARCHAR(16),
    task TEXT NOT NULL,
    group_name TEXT NOT NULL,
    drive TEXT NOT NULL,
    target BLOB NOT NULL,
    paths BLOB NOT NULL,
    program TEXT NOT NULL,
    arguments BLOB NOT NULL
"""

_PLAN = (
    """CREATE TABLE schedules (
        name TEXT NOT NULL PRIMARY KEY,
        rule TEXT NOT NULL,
        start_time TIME NOT NULL,
        start_date DATE NOT NULL,
        change_time BIGINT NOT NULL,
        active BOOLEAN NOT NULL,
        offset_days INTEGER NOT NULL,
        dates TEXT NOT NULL,
        until_time TIME,
        end_date DATE,
        start_window BIGINT,
        comment TEXT NOT NULL,
        version BIGINT NOT NULL
    )""",
    f"""CREATE TABLE events (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        {_EVENT},
        version BIGINT NOT NULL,
        decided BOOLEAN NOT NULL
    )""",
    "CREATE UNIQUE INDEX events_by_name ON events (name) WHERE start_time IS NULL",
    "CREATE INDEX events_undecided ON events (id) WHERE decided = 0",
    f"""CREATE TABLE past_events (
        id TEXT NOT NULL,
        version BIGINT NOT NULL,
        {_EVENT},
        PRIMARY KEY (id, version)
    )""",
    """CREATE TABLE task_groups (
        name TEXT NOT NULL PRIMARY KEY,
        tasks BLOB NOT NULL,
        comment TEXT NOT NULL,
        version BIGINT NOT NULL
    )""",
    """CREATE TABLE drives (
        name TEXT NOT NULL PRIMARY KEY,
        streams INTEGER NOT NULL,
        active BOOLEAN NOT NULL,
        comment TEXT NOT NULL,
        version BIGINT NOT NULL
    )""",
)

_PAST = (
    """CREATE TABLE occurrences (
        planned_time BIGINT NOT NULL,
        event_id TEXT NOT NULL,
        task TEXT NOT NULL,
        event_version BIGINT NOT NULL,
        verdict VARCHAR(16) NOT NULL,
        cause VARCHAR(16) NOT NULL,
        blocked_by TEXT NOT NULL,
        text TEXT NOT NULL,
        decide_time BIGINT NOT NULL,
        sesam_day DATE NOT NULL,
        kind VARCHAR(16) NOT NULL,
        name TEXT NOT NULL,
        client TEXT NOT NULL,
        PRIMARY KEY (planned_time, event_id, task)
    ) WITHOUT ROWID""",
    "CREATE INDEX occurrences_given_up ON occurrences (kind, name, sesam_day) "
    "WHERE verdict != 'started'",
    "CREATE TABLE day_starts (moment BIGINT NOT NULL PRIMARY KEY, day DATE NOT NULL)",
    "CREATE TABLE plan_state (decided_until BIGINT)",
    "INSERT INTO plan_state VALUES (NULL)",
    """CREATE TABLE sheet_cells (
        day DATE NOT NULL,
        kind VARCHAR(16) NOT NULL,
        name TEXT NOT NULL,
        client TEXT NOT NULL,
        state VARCHAR(16) NOT NULL,
        runs INTEGER NOT NULL,
        PRIMARY KEY (day, kind, name)
    ) WITHOUT ROWID""",
)

_JOBS = (
    "ALTER TABLE jobs ADD COLUMN event_id TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE jobs ADD COLUMN event TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE jobs ADD COLUMN planned_time BIGINT",
    "ALTER TABLE jobs ADD COLUMN priority SMALLINT DEFAULT 1 NOT NULL",
    "ALTER TABLE jobs ADD COLUMN group_name TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE jobs ADD COLUMN drive TEXT DEFAULT '' NOT NULL",
    "CREATE INDEX jobs_of_slot ON jobs (event_id, planned_time, task)",
    "CREATE INDEX jobs_of_task_day ON jobs (kind, task, sesam_day, state)",
    "CREATE INDEX jobs_of_event_day ON jobs (kind, event, sesam_day, state) WHERE task = ''",
)


def upgrade(connection: sa.Connection) -> None:
    """Adds empty tables, and columns to the jobs."""
    for statement in (*_PLAN, *_PAST, *_JOBS):
        connection.exec_driver_sql(statement)
