"""Version 8: words are counted per state in their index alone.

The place of a job in `job_words` is made of whether it is a backup, its state, and its id, so that
the jobs of a state lie side by side. It was the id: to count what a text is found in, each of the
jobs had to be looked at.
"""

import sqlalchemy as sa

from server_agent.adapters.catalogue.migrations.m0007_job_sums import ENTER, LEAVE

_PLACE = "(((({job}.kind = 'backup') << 8) | {job}.state) << 40) | {job}.id"
_OLD, _NEW = (_PLACE.format(job=job) for job in ("OLD", "NEW"))
_FORGET = f"INSERT INTO job_words (job_words, rowid, search) VALUES ('delete', {_OLD}, OLD.search);"
_LEARN = f"INSERT INTO job_words (rowid, search) VALUES ({_NEW}, NEW.search);"

_STATEMENTS = (
    "DROP TRIGGER jobs_added",
    "DROP TRIGGER jobs_removed",
    "DROP TRIGGER jobs_said",
    "DROP TABLE job_words",
    f"CREATE VIEW job_texts AS SELECT {_PLACE.format(job='jobs')} AS place, search FROM jobs",
    "CREATE VIRTUAL TABLE job_words USING fts5(search, content='job_texts', content_rowid='place', "
    "tokenize='trigram case_sensitive 1', columnsize=0)",
    # Not FTS5's own way to fill it, which takes the rows as they come, and twice the time.
    "INSERT INTO job_words (rowid, search) SELECT place, search FROM job_texts ORDER BY place",
    f"CREATE TRIGGER jobs_added AFTER INSERT ON jobs BEGIN {ENTER}{_LEARN} END",
    f"CREATE TRIGGER jobs_removed AFTER DELETE ON jobs BEGIN {LEAVE}{_FORGET} END",
    f"CREATE TRIGGER jobs_said AFTER UPDATE ON jobs WHEN OLD.search <> NEW.search "
    f"OR {_OLD} <> {_NEW} BEGIN {_FORGET}{_LEARN} END",
)


def upgrade(connection: sa.Connection) -> None:
    """Makes the index of words anew."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
