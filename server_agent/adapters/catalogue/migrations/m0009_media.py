"""Version 9: data stores, media pools and media; how long savesets are kept; options of tasks."""

import sqlalchemy as sa

_NO_TEXT = "TEXT DEFAULT '' NOT NULL"

_TABLES = (
    """CREATE TABLE data_stores (
        name TEXT NOT NULL PRIMARY KEY,
        path BLOB NOT NULL,
        high_water_mark INTEGER NOT NULL,
        comment TEXT NOT NULL,
        version BIGINT NOT NULL
    )""",
    """CREATE TABLE media_pools (
        name TEXT NOT NULL PRIMARY KEY,
        drive_group TEXT NOT NULL,
        eol_days INTEGER NOT NULL,
        keep_newest INTEGER NOT NULL,
        weekly INTEGER NOT NULL,
        monthly INTEGER NOT NULL,
        yearly INTEGER NOT NULL,
        comment TEXT NOT NULL,
        version BIGINT NOT NULL
    )""",
    """CREATE TABLE media (
        label TEXT NOT NULL PRIMARY KEY,
        pool TEXT NOT NULL,
        store TEXT NOT NULL,
        init_time BIGINT NOT NULL,
        write_protected BOOLEAN NOT NULL,
        comment TEXT NOT NULL,
        version BIGINT NOT NULL
    )""",
    """CREATE TABLE removals (
        saveset TEXT NOT NULL PRIMARY KEY,
        label TEXT NOT NULL,
        sesam_day DATE NOT NULL
    )""",
)
_COLUMNS = {
    "clients": ("locked BOOLEAN DEFAULT 0 NOT NULL", f"ssh {_NO_TEXT}"),
    "tasks": (f"options {_NO_TEXT}",),
    "drives": (
        "group_name TEXT DEFAULT 'Drives' NOT NULL",
        "store TEXT DEFAULT 'Store_1' NOT NULL",
    ),
    "jobs": (f"pool {_NO_TEXT}", f"label {_NO_TEXT}"),
    "events": (f"pool {_NO_TEXT}", "whole_chain BOOLEAN DEFAULT 0 NOT NULL"),
    "past_events": (f"pool {_NO_TEXT}", "whole_chain BOOLEAN DEFAULT 0 NOT NULL"),
    "savesets": ("eol DATE", "verify_time BIGINT"),
}
_INDEXES = {
    "savesets_of_label": "label, stored_bytes",
    "savesets_by_task": "task, name",
    "savesets_by_client": "client, name",
    "savesets_by_type": "type, name",
    "savesets_by_day": "sesam_day, name",
    "savesets_by_bytes": "bytes_read, name",
    "savesets_by_eol": "coalesce(eol, '9999-12-31'), name",
    "savesets_by_verify_time": "coalesce(verify_time, -4611686018427387904), name",
}


def upgrade(connection: sa.Connection) -> None:
    """Adds to the tables of version 8. Which directory the first data store is stands in sm.ini:
    the agent enters it with its media at its start."""
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
    for table, columns in _COLUMNS.items():
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    for name, keys in _INDEXES.items():
        connection.exec_driver_sql(f"CREATE INDEX {name} ON savesets ({keys})")
