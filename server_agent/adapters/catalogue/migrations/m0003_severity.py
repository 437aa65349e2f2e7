"""Version 3: jobs by the severity of their states."""

import sqlalchemy as sa

_STATEMENTS = (
    "ALTER TABLE jobs ADD COLUMN severity SMALLINT GENERATED ALWAYS AS (CASE state WHEN 6 THEN 7 "
    "WHEN 5 THEN 6 WHEN 4 THEN 5 WHEN 7 THEN 4 WHEN 2 THEN 3 WHEN 1 THEN 2 ELSE 1 END) VIRTUAL",
    "CREATE INDEX jobs_by_severity ON jobs (severity, id, state, kind, sesam_day)",
)


def upgrade(connection: sa.Connection) -> None:
    """Adds the column to the tables of version 2."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
