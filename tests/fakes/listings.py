"""Listings in memory, and those of the fake engine's savesets."""

from server_agent.domain.errors import PageTokenInvalid, PathNotFound, SavesetDamaged
from server_agent.ports import Entry, EntryKind, SavesetRef
from server_agent.ports.listings import Aspect, Difference, DifferencePage, Listed, ListedPage
from tests.fakes.engine import FakeEngine


class MemoryListings:
    """`server_agent.ports.listings.Listings` in memory.

    Attributes:
        entries: by the names of savesets; one that is not there has an empty listing.
        faults: what reading the listing of a saveset raises.
    """

    def __init__(self) -> None:
        self.entries: dict[str, list[Entry]] = {}
        self.faults: dict[str, Exception] = {}

    def entry(self, saveset: SavesetRef, path: bytes) -> Entry:
        found = self._entries(saveset).get(path)
        if found is None:
            raise PathNotFound(saveset=saveset.name, path=repr(path))
        return found

    def listed(self, saveset: SavesetRef, position: str | None, limit: int) -> ListedPage:
        entries = sorted(self._entries(saveset).values(), key=_key)
        first = _number(position)
        more = first + limit < len(entries)
        rows = [_row(entry) for entry in entries[first : first + limit]]
        return ListedPage(rows, str(first + limit) if more else None)

    def differences(
        self,
        before: SavesetRef,
        after: SavesetRef,
        directory: bytes,
        position: str | None,
        limit: int,
    ) -> DifferencePage:
        old, new = self._entries(before), self._entries(after)
        inside = directory.rstrip(b"/") + b"/"
        paths = [
            path
            for path in old.keys() | new.keys()
            if old.get(path) != new.get(path) and (not directory or path.startswith(inside))
        ]
        paths.sort(key=lambda path: _key(old.get(path) or new[path]))
        found = []
        for path in paths:
            one, other = old.get(path), new.get(path)
            aspects = _aspects(one, other) if one and other else ()
            if aspects or one is None or other is None:
                found.append(Difference(one, other, aspects))
        first = _number(position)
        more = first + limit < len(found)
        return DifferencePage(
            tuple(found[first : first + limit]), str(first + limit) if more else None
        )

    def _entries(self, saveset: SavesetRef) -> dict[bytes, Entry]:
        if saveset.name in self.faults:
            raise self.faults[saveset.name]
        return {entry.path: entry for entry in self.entries.get(saveset.name, ())}


class EngineListings(MemoryListings):
    """The listings of what a fake engine keeps."""

    def __init__(self, engine: FakeEngine) -> None:
        super().__init__()
        self._engine = engine

    def _entries(self, saveset: SavesetRef) -> dict[bytes, Entry]:
        kept = self._engine.savesets.get(saveset.name)
        if kept is None or kept.damaged == "listing":
            raise SavesetDamaged(saveset=saveset.name, detail="its listing cannot be read")
        page = self._engine.entries(saveset, b"", None, len(kept.sources) + 1)
        found = {entry.path: entry for entry in page.entries}
        waiting = list(found)
        while waiting:
            path = waiting.pop()
            if path not in kept.files:
                inner = self._engine.entries(saveset, path, None, 1_000_000).entries
                found |= {entry.path: entry for entry in inner}
                waiting += [entry.path for entry in inner]
        return found


def _key(entry: Entry) -> tuple[bytes, bool, bytes]:
    directory, _, name = entry.path.rpartition(b"/")
    return directory, entry.kind is not EntryKind.DIRECTORY, name


def _row(entry: Entry) -> Listed:
    directory, _, name = entry.path.rpartition(b"/")
    return directory, name, entry.kind.value, entry.size, entry.modify_time_ns, entry.home


def _aspects(before: Entry, after: Entry) -> tuple[Aspect, ...]:
    directories = before.kind is after.kind is EntryKind.DIRECTORY
    told = {
        Aspect.KIND: before.kind is not after.kind,
        Aspect.SIZE: before.size != after.size and not directories,
        Aspect.TIME: before.modify_time_ns != after.modify_time_ns,
        Aspect.MODE: before.mode != after.mode,
        Aspect.OWNER: (before.uid, before.gid) != (after.uid, after.gid),
        Aspect.LINK_TARGET: before.link_target != after.link_target,
    }
    return tuple(aspect for aspect, differs in told.items() if differs)


def _number(position: str | None) -> int:
    try:
        return int(position or 0)
    except ValueError as error:
        raise PageTokenInvalid from error
