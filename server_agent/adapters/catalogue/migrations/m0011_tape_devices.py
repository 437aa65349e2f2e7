"""Version 11: the tape devices of the drives of loaders, and what planned restores replace."""

import sqlalchemy as sa


def upgrade(connection: sa.Connection) -> None:
    """Adds to the tables of version 10."""
    connection.exec_driver_sql(
        "ALTER TABLE loaders ADD COLUMN tape_devices BLOB DEFAULT x'' NOT NULL"
    )
    for table in ("events", "past_events"):
        connection.exec_driver_sql(
            f"ALTER TABLE {table} ADD COLUMN overwrite VARCHAR(16) DEFAULT 'always' NOT NULL"
        )
