"""Where a backup is written to: its media pool, a medium of that, and the data store it is in."""

from dataclasses import dataclass, replace

from server_agent.domain.errors import MediumNotFound, PoolNotFound, StoreNotFound
from server_agent.domain.jobs import Job
from server_agent.domain.media import (
    FIRST_STORE,
    NEVER,
    DataStore,
    MediaPool,
    Medium,
    next_label,
    usual_pool,
)
from server_agent.domain.quoting import printable
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock, Engine, EngineError
from server_agent.service.changes import Changes
from server_agent.service.immutable import immutable_labels

SPACE_UNKNOWN = "SPACE_UNKNOWN"


@dataclass(frozen=True, slots=True)
class WritingPlace:
    """Where a backup goes.

    Attributes:
        pool: that it is meant for: it says for how long, and whether it is encrypted.
        spare: the pool that it is written to instead; None: to its own.
        why: that is so, a sentence; empty if it is not.
    """

    pool: MediaPool
    medium: Medium
    store: DataStore
    spare: MediaPool | None = None
    why: str = ""

    @property
    def written_pool(self) -> MediaPool:
        """The pool of the medium."""
        return self.spare or self.pool

    @property
    def key_id(self) -> str:
        """The key that the agent encrypts a backup to it with; empty: with none."""
        return key_id_of(self.store.has_repositories, self.pool, self.spare)

    @property
    def is_encrypted(self) -> bool:
        """Whether it is, by the agent or, as always, by what writes repositories."""
        return bool(self.key_id) or self.store.has_repositories


def writing_place(tx: CatalogueTransaction, job: Job) -> WritingPlace:
    """The place for a backup that starts on its drive. A pool that has no medium there which may
    be written gets a new one, which is made when the backup comes to it.

    Raises:
        PoolNotFound, StoreNotFound: what it needs has gone.
        InvalidArgument: the pool can have no more media.
    """
    pool = tx.pool(job.pool) if job.pool else usual_pool(tx.pools())
    if pool is None:
        raise PoolNotFound(pool=job.pool or "that backups without one are written to")
    drive = tx.drive(job.drive)
    store = tx.data_store(drive.store if drive is not None else FIRST_STORE)
    if store is None:
        raise StoreNotFound(store=drive.store if drive is not None else FIRST_STORE)
    return WritingPlace(pool, medium_in(tx, pool, store), store)


def medium_in(tx: CatalogueTransaction, pool: MediaPool, store: DataStore) -> Medium:
    """The newest medium of a pool in a data store that may be written, or else a new one. Raises
    InvalidArgument: the pool can have no more."""
    media = tx.media()
    for medium in reversed(media):
        usable = not medium.write_protected and medium.store == store.name
        if medium.pool == pool.name and usable:
            return medium
    known = frozenset(medium.label for medium in media)
    new = Medium(next_label(pool.name, known, pool.last_number), pool.name, store.name)
    tx.put_medium(new)
    return new


def key_id_of(has_repositories: bool, meant: MediaPool | None, written: MediaPool | None) -> str:
    """The key for a backup that is meant for one pool and written to another: that of the former,
    else of the latter, so that neither gets plain what it wants encrypted. Empty: none, or an
    engine that encrypts all by itself."""
    if has_repositories:
        return ""
    wanted = next((pool for pool in (meant, written) if pool and pool.encrypted), None)
    if wanted is None:
        return ""
    return wanted.key_id or "none"  # which no key is called: rather no backup than a plain one


def place_of_label(view: CatalogueView, label: str) -> WritingPlace:
    """The place of a medium that is known. Raises MediumNotFound, PoolNotFound, StoreNotFound."""
    medium = view.medium(label)
    if medium is None:
        raise MediumNotFound(medium=label)
    pool, store = view.pool(medium.pool), view.data_store(medium.store)
    if pool is None:
        raise PoolNotFound(pool=medium.pool)
    if store is None:
        raise StoreNotFound(store=medium.store)
    return WritingPlace(pool, medium, store)


def make_ready(changes: Changes, engine: Engine, clock: Clock, place: WritingPlace) -> None:
    """Makes the medium if it is new, and looks whether there is room.

    Raises:
        EngineError: STORE_MISSING, STORE_UNUSABLE, NO_SPACE (above the high-water mark).
    """
    store, medium = place.store, place.medium
    used = used_percent(engine, place)
    if used is not None and used >= store.high_water_mark:
        raise EngineError(
            "NO_SPACE",
            f"The data store {store.name} is {used:.0f} % full; its high-water mark is"
            f" {store.high_water_mark} %. Nothing was written to {printable(store.path)}. Delete"
            " savesets that are not needed, make room on its disk, or raise the mark",
        )
    if medium.init_time != NEVER:
        return
    engine.make_medium(store.path, store.name, medium.label)
    tell_media(changes, engine)  # before any other job takes it for made
    with changes.write() as tx:
        known = tx.medium(medium.label)
        if known is not None and known.init_time == NEVER:
            tx.put_medium(replace(known, init_time=clock.now(), version=known.version + 1))


def used_percent(engine: Engine, place: WritingPlace) -> float | None:
    """How full a place is; None if nobody can know, as of a server that does not tell. Raises
    EngineError (STORE_MISSING)."""
    try:
        return engine.space(place.store.path, place.store.name, place.medium.label).used_percent
    except EngineError as error:
        if error.code != SPACE_UNKNOWN:
            raise
        return None


def labels_of_repositories(view: CatalogueView) -> frozenset[str]:
    """Of the media that are repositories."""
    stores = {store.name for store in view.data_stores() if store.has_repositories}
    return frozenset(medium.label for medium in view.media() if medium.store in stores)


def tell_homes(changes: Changes, engine: Engine) -> None:
    """Tells the engine in which data store each medium lies. It looks at no file."""
    with changes.telling:  # one after the other, so that the last to tell has seen all
        _tell_homes(changes, engine)


def tell_media(changes: Changes, engine: Engine) -> None:
    """Tells the engine in which data store each medium lies, and which are immutable. In no
    transaction: it looks at files."""
    with changes.telling:
        _tell_homes(changes, engine)
        with changes.read() as view:
            held = immutable_labels(view).keys()
        engine.hold_media(held)


def _tell_homes(changes: Changes, engine: Engine) -> None:
    with changes.read() as view:
        paths = {store.name: store.path for store in view.data_stores()}
        homes = {each.label: paths[each.store] for each in view.media() if each.store in paths}
    engine.use_stores(list(paths.values()), homes)
