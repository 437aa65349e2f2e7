"""The `Catalogue` port over a SQL database."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from server_agent.adapters.catalogue.full_disk import told_if_full
from server_agent.adapters.catalogue.migrations import MIGRATIONS, Migration
from server_agent.adapters.catalogue.opening import WRITES, database_file, open_engine
from server_agent.adapters.catalogue.transaction import SqlTransaction
from server_agent.adapters.catalogue.view import SqlView


class SqlCatalogue:
    """SQLite in WAL mode: each reader has a connection and a snapshot of its own; one writer.

    A commit is on the disk when `write` ends (synchronous=FULL).
    """

    def __init__(
        self, url: str, create: bool = False, migrations: Sequence[Migration] = MIGRATIONS
    ) -> None:
        """Opens and, where needed, upgrades the database.

        Args:
            url: `sqlite:///` and an absolute path, which is taken as it stands.
            create: make the file if there is none.
            migrations: the steps that are known.

        Raises:
            CatalogueError: CatalogueMissing, CatalogueUnreadable or CatalogueTooNew; the text
                says what to do.
        """
        self._file = database_file(url)
        self._engine = open_engine(url, create, migrations)
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[SqlView]:
        with told_if_full(self._file), self._engine.connect() as connection:
            view = SqlView(connection)
            view.revision()  # SQLite takes the snapshot at the first read
            yield view

    @contextmanager
    def write(self) -> Iterator[SqlTransaction]:
        with (
            self._writing,
            told_if_full(self._file),
            self._engine.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            yield SqlTransaction(connection)

    def close(self) -> None:
        self._engine.dispose()
