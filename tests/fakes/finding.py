"""Files in savesets in memory, as a gateway finds them."""

from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.finding import (
    Difference,
    DifferencePage,
    FileQuery,
    FoundFile,
    FoundPage,
    Unindexed,
    Version,
    VersionHolder,
    VersionPage,
)
from sesam_master.core.records import Entry, EntryKind


@dataclass
class FakeFindingGateway:
    """The part of a fake gateway that finds.

    Attributes:
        found: files of all clients; a text finds those with it in their last name.
        through_time: the versions of each client and path.
        told: entries of any saveset, by their path.
        unindexed: said with each page.
        differences: between any two savesets.
        files_per_page: of each answer, differences too.
        dark: raised by each question, if it is there.
    """

    found: list[FoundFile] = field(default_factory=list)
    through_time: dict[tuple[str, bytes], list[Version]] = field(default_factory=dict)
    told: dict[bytes, Entry] = field(default_factory=dict)
    unindexed: Unindexed = field(default_factory=Unindexed)
    differences: list[Difference] = field(default_factory=list)
    files_per_page: int = 256
    dark: LocationError | None = None
    calls: list[tuple[object, ...]] = field(default_factory=list)

    async def find_files(self, location_id: str, query: FileQuery, page_token: str) -> FoundPage:
        self._asked("find_files", location_id, query, page_token)
        pattern = query.text if set("*?") & set(query.text) else f"*{query.text}*"
        files = [
            one
            for one in self.found
            if fnmatch(one.path.rpartition(b"/")[2].decode(errors="replace").lower(), pattern)
            and query.task in ("", one.task)
            and query.client in ("", one.client)
        ]
        first = int(page_token or 0)
        last = first + self.files_per_page
        token = str(last) if last < len(files) else ""
        return FoundPage(tuple(files[first:last]), token, self.unindexed)

    async def versions(
        self, location_id: str, client: str, path: bytes, page_token: str
    ) -> VersionPage:
        self._asked("versions", location_id, client, path, page_token)
        return VersionPage(tuple(self.through_time.get((client, path), ())), "", self.unindexed)

    async def compare(
        self, location_id: str, before: str, after: str, page_token: str
    ) -> DifferencePage:
        self._asked("compare", location_id, before, after, page_token)
        first = int(page_token or 0)
        last = first + self.files_per_page
        words = [one.word for one in self.differences[:last]]
        return DifferencePage(
            tuple(self.differences[first:last]),
            str(last) if last < len(self.differences) else "",
            *(words.count(word) for word in ("added", "removed", "changed")),
        )

    async def entry(self, location_id: str, saveset: str, path: bytes) -> Entry:
        self._asked("entry", location_id, saveset, path)
        if path not in self.told:
            about = {"saveset": saveset, "path": repr(path)}
            raise LocationError(Trouble.REJECTED, location_id, "PATH_NOT_FOUND", about)
        return self.told[path]

    def _asked(self, *call: object) -> None:
        self.calls.append(call)
        if self.dark is not None:
            raise self.dark


def version(time: datetime, size: int, *holders: VersionHolder) -> Version:
    """One of a file; the newest holder first."""
    return Version(EntryKind.FILE, size, time, len(holders), holders, holders[-1])
