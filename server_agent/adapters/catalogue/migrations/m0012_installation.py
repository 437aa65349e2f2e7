"""Version 12: what an installation keeps of itself: its licence, and who may do what."""

import sqlalchemy as sa

_STATEMENTS: tuple[str, ...] = (
    "ALTER TABLE jobs ADD COLUMN number INTEGER DEFAULT 0 NOT NULL",
    """CREATE TABLE licence_facts (
        install_time BIGINT NOT NULL,
        highest_time BIGINT NOT NULL,
        told_day DATE,
        accepted TEXT NOT NULL,
        foreign_since BIGINT,
        newest_issued BIGINT
    )""",
    "ALTER TABLE tokens DROP COLUMN used_by_request",
    "ALTER TABLE tokens ADD COLUMN id TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE tokens ADD COLUMN scope TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE tokens ADD COLUMN uses INTEGER DEFAULT 1 NOT NULL",
    "ALTER TABLE tokens ADD COLUMN used INTEGER DEFAULT 0 NOT NULL",
    "ALTER TABLE tokens ADD COLUMN credential_life BIGINT",
    "ALTER TABLE tokens ADD COLUMN comment TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE tokens ADD COLUMN made_by TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE tokens ADD COLUMN revoke_time BIGINT",
    "UPDATE tokens SET used = 1 WHERE used_time IS NOT NULL",
    "CREATE INDEX tokens_by_time ON tokens (create_time, id)",
    "ALTER TABLE credentials ADD COLUMN scope TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE credentials ADD COLUMN expire_time BIGINT",
    "ALTER TABLE credentials ADD COLUMN last_address TEXT DEFAULT '' NOT NULL",
    "CREATE TABLE access_rules (four_eyes BOOLEAN NOT NULL, otp TEXT NOT NULL)",
    """CREATE TABLE approvals (
        id TEXT NOT NULL,
        method TEXT NOT NULL,
        message BLOB NOT NULL,
        digest BLOB NOT NULL,
        subjects BLOB NOT NULL,
        count INTEGER NOT NULL,
        requester TEXT NOT NULL,
        requester_id TEXT NOT NULL,
        address TEXT NOT NULL,
        create_time BIGINT NOT NULL,
        expire_time BIGINT NOT NULL,
        state VARCHAR(16) NOT NULL,
        decider TEXT NOT NULL,
        decide_time BIGINT,
        failure TEXT NOT NULL,
        PRIMARY KEY (id)
    )""",
    "CREATE INDEX approvals_by_time ON approvals (create_time, id)",
)


def upgrade(connection: sa.Connection) -> None:
    """Adds to the tables of version 11."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
    for (digest,) in connection.execute(sa.text("SELECT digest FROM tokens")).all():
        name = bytes(digest).hex()[:16]
        named = sa.text("UPDATE tokens SET id = :id WHERE digest = :digest")
        connection.execute(named, {"id": name, "digest": digest})
