"""Version 4: what is newest is told by the ids of jobs, and requests are known by their content."""

import sqlalchemy as sa

_STATEMENTS = (
    "ALTER TABLE savesets ADD COLUMN job_number BIGINT "
    "GENERATED ALWAYS AS (CAST(job_id AS INTEGER)) VIRTUAL",
    "CREATE INDEX savesets_by_job ON savesets (job_number, name)",
    "CREATE INDEX savesets_of_task_by_job ON savesets (task, job_number, name)",
    "DROP INDEX jobs_by_end",
    "CREATE INDEX jobs_results ON jobs (task, kind, id) "
    "WHERE start_time IS NOT NULL AND end_time IS NOT NULL",
    # These had failed at their start; what has no start was cancelled before it.
    "UPDATE jobs SET start_time = end_time WHERE start_time IS NULL AND state = 5",
    "ALTER TABLE answers ADD COLUMN digest BLOB DEFAULT x'' NOT NULL",
)


def upgrade(connection: sa.Connection) -> None:
    """Adds columns and indexes to the tables of version 3."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
