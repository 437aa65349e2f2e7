"""What a fake gateway answers of files of clients, and of saved ones."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from sesam_master.core.client_files import (
    ClientEntry,
    ClientPage,
    SavedPiece,
    Walk,
    WalkFailure,
    WalkWish,
)
from sesam_master.core.records import EntryKind
from tests.fakes.fleet import NOW

NOTHING = Walk((), 0, 0, 0, 0, 0, (), ())


def client_entry(
    path: bytes,
    kind: EntryKind = EntryKind.DIRECTORY,
    *,
    is_mount: bool = False,
    is_readable: bool = True,
) -> ClientEntry:
    """An entry as the gateway tells it."""
    return ClientEntry(
        *(path, kind, 4096, NOW, 0o755, 0, 0, b"", "", -1),
        is_mount=is_mount,
        is_readable=is_readable,
    )


@dataclass
class FakeClientFilesGateway:
    """A part of `FakeGateway`. `client_pages` are what lies in directories, page after page;
    `saved` is the content of saved files by path; `steps` is told of each walk."""

    client_pages: dict[bytes, list[ClientPage]] = field(default_factory=dict)
    walk: Walk | WalkFailure = NOTHING
    steps: tuple[tuple[int, bool], ...] = ()
    saved: dict[bytes, bytes] = field(default_factory=dict)

    async def client_directory(
        self, location_id: str, client: str, directory: bytes, page_token: str
    ) -> ClientPage:
        self._note("client_directory", location_id, client, directory, page_token)
        return self.client_pages[directory][int(page_token or 0)]

    async def test_excludes(
        self, location_id: str, wish: WalkWish, told: Callable[[int, bool], None]
    ) -> Walk | WalkFailure:
        self._note("test_excludes", location_id, wish)
        for step in self.steps:
            told(*step)
        return self.walk

    async def read_entry(
        self, location_id: str, saveset: str, path: bytes, most_bytes: int
    ) -> SavedPiece:
        self._note("read_entry", location_id, saveset, path, most_bytes)
        content = self.saved[path]
        return SavedPiece(content[:most_bytes], len(content))

    @abstractmethod
    def _note(self, *call: object) -> None:
        """Of the whole gateway."""
