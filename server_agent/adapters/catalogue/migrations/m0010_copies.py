"""Version 10: what restores, copies, proofs, encryption and sources of commands add."""

import sqlalchemy as sa

_TABLES: tuple[str, ...] = (
    """CREATE TABLE copies (
        saveset TEXT NOT NULL REFERENCES savesets (name),
        label TEXT NOT NULL,
        eol DATE,
        stored_bytes BIGINT NOT NULL,
        made_time BIGINT NOT NULL,
        verify_time BIGINT,
        missing BOOLEAN NOT NULL,
        damage TEXT NOT NULL,
        PRIMARY KEY (saveset, label)
    )""",
    "ALTER TABLE removals RENAME TO removals_before",
    """CREATE TABLE removals (
        saveset TEXT NOT NULL,
        label TEXT NOT NULL,
        sesam_day DATE NOT NULL,
        job TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (saveset, label)
    )""",
    "INSERT INTO removals SELECT saveset, label, sesam_day, '' FROM removals_before",
    "DROP TABLE removals_before",
    """CREATE TABLE store_samples (
        store TEXT NOT NULL,
        time BIGINT NOT NULL,
        sesam_day DATE NOT NULL,
        capacity_bytes BIGINT,
        free_bytes BIGINT,
        stored_bytes BIGINT NOT NULL,
        PRIMARY KEY (store, time)
    )""",
    """CREATE TABLE loaders (
        name TEXT NOT NULL,
        kind VARCHAR(16) NOT NULL,
        device BLOB NOT NULL,
        stores BLOB NOT NULL,
        comment TEXT NOT NULL,
        version BIGINT NOT NULL,
        PRIMARY KEY (name)
    )""",
    """CREATE TABLE wanted_media (
        job TEXT NOT NULL,
        label TEXT NOT NULL,
        since BIGINT NOT NULL,
        told BOOLEAN NOT NULL,
        alarm_time BIGINT,
        PRIMARY KEY (job, label)
    )""",
)
_COLUMNS: dict[str, tuple[str, ...]] = {
    "tasks": ("proof_time BIGINT", "commands TEXT DEFAULT '' NOT NULL"),
    "jobs": (
        "move BOOLEAN DEFAULT 0 NOT NULL",
        "quick BOOLEAN DEFAULT 0 NOT NULL",
        "overwrite VARCHAR(16) DEFAULT 'always' NOT NULL",
        "dry_run BOOLEAN DEFAULT 0 NOT NULL",
        "target_client TEXT DEFAULT '' NOT NULL",
        "without_interfaces BOOLEAN DEFAULT 0 NOT NULL",
    ),
    "savesets": (
        "made_time BIGINT",
        "proof_time BIGINT",
        "encrypted BOOLEAN DEFAULT 0 NOT NULL",
        "key_id TEXT DEFAULT '' NOT NULL",
    ),
    "data_stores": (
        "immutable BOOLEAN DEFAULT 0 NOT NULL",
        "removable BOOLEAN DEFAULT 0 NOT NULL",
    ),
    "media_pools": (
        "encrypted BOOLEAN DEFAULT 0 NOT NULL",
        "key_id TEXT DEFAULT '' NOT NULL",
        "spare_pool TEXT DEFAULT '' NOT NULL",
        "last_number INTEGER DEFAULT 0 NOT NULL",
    ),
    "events": (
        "source_pool TEXT DEFAULT '' NOT NULL",
        "move BOOLEAN DEFAULT 0 NOT NULL",
        "quick BOOLEAN DEFAULT 0 NOT NULL",
        "sample_files INTEGER DEFAULT 0 NOT NULL",
        "sample_bytes BIGINT DEFAULT 0 NOT NULL",
    ),
    "past_events": (
        "source_pool TEXT DEFAULT '' NOT NULL",
        "move BOOLEAN DEFAULT 0 NOT NULL",
        "quick BOOLEAN DEFAULT 0 NOT NULL",
        "sample_files INTEGER DEFAULT 0 NOT NULL",
        "sample_bytes BIGINT DEFAULT 0 NOT NULL",
    ),
}
_INDEXES: tuple[str, ...] = (
    "CREATE INDEX copies_of_label ON copies (label, stored_bytes)",
    "CREATE INDEX store_samples_by_day ON store_samples (store, sesam_day)",
    "CREATE INDEX jobs_saved ON jobs (sesam_day, client, task, files, bytes_done, stored_bytes, "
    "duration) WHERE kind = 'backup' AND state IN (3, 4)",
)


def upgrade(connection: sa.Connection) -> None:
    """Adds to the tables of version 9."""
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
    for table, columns in _COLUMNS.items():
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    for statement in _INDEXES:
        connection.exec_driver_sql(statement)
