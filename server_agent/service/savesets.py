"""What was saved: listing savesets and looking into them."""

from server_agent.domain.errors import ListingUnreadable, PathNotFound, SavesetDamaged
from server_agent.domain.quoting import printable
from server_agent.ports import Engine, EngineError, EntryPage, Page, SavesetQuery
from server_agent.service.chains import KnownSaveset, known, ref, saveset_named
from server_agent.service.changes import Changes
from server_agent.service.faults import note_listing
from server_agent.service.paging import seal, unseal


class Savesets:
    """Reads of savesets."""

    def __init__(self, changes: Changes, engine: Engine) -> None:
        self._changes = changes
        self._engine = engine

    def find(self, query: SavesetQuery, token: str | None, limit: int) -> Page[KnownSaveset]:
        with self._changes.read() as view:
            page = view.savesets(query, token, limit)
            return Page(known(view, page.items), page.next_position)

    def get(self, name: str) -> KnownSaveset:
        with self._changes.read() as view:
            [found] = known(view, [saveset_named(view, name)])
            return found

    def entries(self, name: str, directory: bytes, token: str | None, limit: int) -> EntryPage:
        """One directory of the saveset's listing; the empty one lists the sources.

        Raises:
            SavesetNotFound, PathNotFound, PageTokenInvalid, SavesetDamaged, ListingUnreadable.
        """
        list_name = f"entries {name} {directory.hex()}"
        position = unseal(list_name, token)
        saveset = self.get(name).saveset
        try:
            page = self._engine.entries(ref(saveset), directory, position, limit)
        except PathNotFound:
            raise PathNotFound(saveset=name, path=printable(directory)) from None
        except SavesetDamaged as error:
            note_listing(self._changes, self._engine, ref(saveset), error)
            raise
        except EngineError as error:
            raise ListingUnreadable(saveset=name, detail=error.text) from error
        more = seal(list_name, page.next_position) if page.next_position is not None else None
        return EntryPage(page.entries, page.total, more)
