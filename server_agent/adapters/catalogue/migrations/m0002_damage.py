"""Version 2: what is wrong with a saveset, and no job names one that never came about."""

import sqlalchemy as sa

_STATEMENTS = (
    "ALTER TABLE savesets ADD COLUMN missing BOOLEAN DEFAULT 0 NOT NULL",
    "ALTER TABLE savesets ADD COLUMN damage TEXT DEFAULT '' NOT NULL",
    "CREATE INDEX savesets_faulty ON savesets (name) WHERE missing != 0 OR damage != ''",
    # The line of the saveset in what a text filter looks at becomes empty too.
    "UPDATE jobs SET search = replace(search, char(10) || lower(saveset) || char(10), "
    "char(10) || char(10)), saveset = '' "
    "WHERE kind = 'backup' AND end_time IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM savesets WHERE savesets.name = jobs.saveset)",
)


def upgrade(connection: sa.Connection) -> None:
    """Adds the columns to the tables of version 1."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
