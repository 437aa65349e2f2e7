"""What was saved: listing savesets and looking into them."""

from server_agent.domain.errors import PathNotFound, SavesetNotFound
from server_agent.domain.savesets import Saveset, chain_of
from server_agent.ports import (
    CatalogueView,
    Engine,
    EntryPage,
    Page,
    SavesetQuery,
    SavesetRef,
)
from server_agent.service.changes import Changes
from server_agent.service.paging import seal, unseal


def ref(saveset: Saveset) -> SavesetRef:
    """How the engine finds the saveset."""
    return SavesetRef(saveset.name, saveset.label, saveset.sesam_day, saveset.base)


def chain(view: CatalogueView, name: str) -> tuple[SavesetRef, ...]:
    """The saveset and all that it builds on, itself first.

    Raises:
        SavesetNotFound: it, or one that it builds on.
    """
    bases = view.bases(name)
    if name not in bases:
        raise SavesetNotFound(saveset=name)
    return tuple(ref(_saveset(view, member)) for member in chain_of(name, bases))


class Savesets:
    """Reads of savesets."""

    def __init__(self, changes: Changes, engine: Engine) -> None:
        self._changes = changes
        self._engine = engine

    def find(self, query: SavesetQuery, token: str | None, limit: int) -> Page[Saveset]:
        with self._changes.read() as view:
            return view.savesets(query, token, limit)

    def get(self, name: str) -> Saveset:
        with self._changes.read() as view:
            return _saveset(view, name)

    def entries(self, name: str, directory: bytes, token: str | None, limit: int) -> EntryPage:
        """One directory of the saveset's listing; the empty one lists the sources.

        Raises:
            SavesetNotFound, PathNotFound, PageTokenInvalid, SavesetDamaged.
        """
        list_name = f"entries {name} {directory.hex()}"
        position = unseal(list_name, token)
        saveset = self.get(name)
        try:
            page = self._engine.entries(ref(saveset), directory, position, limit)
        except PathNotFound:
            raise PathNotFound(saveset=name, path=shown(directory)) from None
        more = seal(list_name, page.next_position) if page.next_position is not None else None
        return EntryPage(page.entries, page.total, more)


def shown(path: bytes) -> str:
    """A path for people: bytes that are no text are escaped."""
    return path.decode("utf-8", "backslashreplace")


def _saveset(view: CatalogueView, name: str) -> Saveset:
    saveset = view.saveset(name)
    if saveset is None:
        raise SavesetNotFound(saveset=name)
    return saveset
