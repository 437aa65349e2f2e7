"""Data stores, media pools and media: what may be entered, changed and removed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from server_agent.domain.errors import (
    AlreadyExists,
    InvalidArgument,
    MediumInUse,
    MediumNotFound,
    NotFound,
    PoolInUse,
    PoolNotFound,
    StoreInUse,
    StoreNotFound,
    StoreUnusable,
)
from server_agent.domain.events import BackupAction
from server_agent.domain.media import (
    FIRST_STORE,
    DataStore,
    MediaPool,
    Medium,
    checked_pool,
    checked_store,
)
from server_agent.domain.quoting import printable
from server_agent.ports import (
    CatalogueTransaction,
    CatalogueView,
    Clock,
    Engine,
    EngineError,
    Holding,
    StoreSpace,
)
from server_agent.service.changes import Changes
from server_agent.service.collection import Collection
from server_agent.service.topology import checked_comment, planned_by
from server_agent.service.writing_place import SPACE_UNKNOWN, tell_media

log = logging.getLogger(__name__)

_NOTHING = Holding(0, 0, None, None)


@dataclass(frozen=True, slots=True)
class StoreState:
    """A data store, how full it is, and what its media hold. `fault` says why it cannot be used
    just now; then nobody knows how full it is."""

    store: DataStore
    space: StoreSpace | None
    fault: str
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class MediumState:
    """A medium and what lies on it."""

    medium: Medium
    holding: Holding


class DataStores(Collection[DataStore]):
    """The data stores of the location."""

    kind = "data store"

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        super().__init__(changes, clock)
        self._engine = engine

    def use(self) -> None:
        """Tells the engine where media lie. To be called at the start of the agent."""
        # One after the other, so that the last to tell has seen all.
        with self._changes.write() as tx:
            tell_media(tx, self._engine)

    def follow_first(self, directory: bytes) -> None:
        """Enters that the first data store lies in another directory, if it does and is not where
        it was. To be called at the start of the agent, with what sm.ini says."""
        with self._changes.write() as tx:
            first = tx.data_store(FIRST_STORE)
            if first is None or self._is_there(first.path) or not self._is_there(directory):
                return
            log.info("the data store %s is in %s now", FIRST_STORE, printable(directory))
            tx.put_data_store(replace(first, path=directory, version=first.version + 1))

    def _is_there(self, directory: bytes) -> bool:
        try:
            self._engine.space(directory, FIRST_STORE)
        except EngineError:
            return False
        return True

    def state(self, store: DataStore) -> StoreState:
        """How full it is now."""
        with self._changes.read() as view:
            held = view.holdings()
            labels = [medium.label for medium in view.media() if medium.store == store.name]
        stored = sum(held.get(label, _NOTHING).stored_bytes for label in labels)
        try:
            space = self._engine.space(store.path, store.name)
        except EngineError as error:
            fault = "" if error.code == SPACE_UNKNOWN else error.text
            return StoreState(store, None, fault, stored)
        return StoreState(store, space, "", stored)

    def _changed(self) -> None:
        self.use()

    def _get(self, view: CatalogueView, name: str) -> DataStore | None:
        return view.data_store(name)

    def _all(self, view: CatalogueView) -> Sequence[DataStore]:
        return view.data_stores()

    def _put(self, tx: CatalogueTransaction, item: DataStore) -> None:
        tx.put_data_store(item)

    def _remove(self, tx: CatalogueTransaction, item: DataStore) -> None:
        tx.remove_data_store(item.name)

    def _checked(
        self, tx: CatalogueTransaction, item: DataStore, before: DataStore | None
    ) -> DataStore:
        item = checked_store(item)
        checked_comment(item.comment)
        if before is None and tx.data_store(item.name) is not None:  # before anything is made
            raise AlreadyExists(kind=self.kind, name=item.name)
        for other in tx.data_stores():
            if other.name != item.name and _overlap(other.path, item.path):
                raise InvalidArgument(
                    field="path",
                    value=printable(item.path),
                    expected=f"a directory outside of the data store {other.name}"
                    f" ({printable(other.path)})",
                )
        try:
            if before is None:
                self._engine.make_store(item.path, item.name)
            elif before.path != item.path:
                self._engine.space(item.path, item.name)
        except EngineError as error:
            if error.code == SPACE_UNKNOWN:
                return replace(item, version=before.version + 1 if before is not None else 1)
            raise StoreUnusable(path=printable(item.path), detail=error.text) from error
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _check_unused(self, tx: CatalogueTransaction, item: DataStore) -> None:
        users = [f"medium {each.label}" for each in tx.media() if each.store == item.name]
        users += [f"drive {drive.name}" for drive in tx.drives() if drive.store == item.name]
        if not users and len(tx.data_stores()) == 1:
            users = ["every backup: it is the only one"]
        if users:
            raise StoreInUse(store=item.name, users=", ".join(users))

    def _not_found(self, name: str) -> NotFound:
        return StoreNotFound(store=name)


class MediaPools(Collection[MediaPool]):
    """The media pools of the location."""

    kind = "media pool"

    def _get(self, view: CatalogueView, name: str) -> MediaPool | None:
        return view.pool(name)

    def _all(self, view: CatalogueView) -> Sequence[MediaPool]:
        return view.pools()

    def _put(self, tx: CatalogueTransaction, item: MediaPool) -> None:
        tx.put_pool(item)

    def _remove(self, tx: CatalogueTransaction, item: MediaPool) -> None:
        tx.remove_pool(item.name)

    def _searched(self, item: MediaPool) -> Sequence[str]:
        return item.name, item.drive_group

    def _checked(
        self, tx: CatalogueTransaction, item: MediaPool, before: MediaPool | None
    ) -> MediaPool:
        item = checked_pool(item)
        checked_comment(item.comment)
        groups = sorted({drive.group for drive in tx.drives()})
        if item.drive_group not in groups:
            raise InvalidArgument(
                field="drive_group",
                value=printable(item.drive_group),
                expected=f"the group of a drive: {', '.join(groups)}",
            )
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _check_unused(self, tx: CatalogueTransaction, item: MediaPool) -> None:
        users = [f"medium {each.label}" for each in tx.media() if each.pool == item.name]
        users += [
            f"event {name}"
            for name in planned_by(
                tx,
                lambda event: (
                    isinstance(event.action, BackupAction) and event.action.pool == item.name
                ),
            )
        ]
        users += [f"job {job.id}" for job in tx.open_jobs() if job.pool == item.name]
        if not users and len(tx.pools()) == 1:
            users = ["every backup: it is the only one"]
        if users:
            raise PoolInUse(pool=item.name, users=", ".join(users))

    def _not_found(self, name: str) -> NotFound:
        return PoolNotFound(pool=name)


class Media(Collection[Medium]):
    """The media of the location. They are added by backups."""

    kind = "medium"

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        super().__init__(changes, clock)
        self._engine = engine

    def states(self, media: Sequence[Medium]) -> list[MediumState]:
        """The media with what lies on them."""
        with self._changes.read() as view:
            held = view.holdings()
        return [MediumState(each, held.get(each.label, _NOTHING)) for each in media]

    def _get(self, view: CatalogueView, name: str) -> Medium | None:
        return view.medium(name)

    def _all(self, view: CatalogueView) -> Sequence[Medium]:
        return view.media()

    def _put(self, tx: CatalogueTransaction, item: Medium) -> None:
        tx.put_medium(item)

    def _remove(self, tx: CatalogueTransaction, item: Medium) -> None:
        store = tx.data_store(item.store)
        if store is not None:
            try:
                self._engine.remove_medium(store.path, store.name, item.label)
            except EngineError as error:
                # One that is away would come back with a label that was given anew meanwhile.
                raise StoreUnusable(path=printable(store.path), detail=error.text) from error
        tx.remove_medium(item.label)
        tell_media(tx, self._engine)

    def _searched(self, item: Medium) -> Sequence[str]:
        return item.label, item.store

    def _checked(self, _tx: CatalogueTransaction, item: Medium, before: Medium | None) -> Medium:
        checked_comment(item.comment)
        assert before is not None  # nobody but a backup adds one
        return replace(
            before,
            write_protected=item.write_protected,
            comment=item.comment,
            version=before.version + 1,
        )

    def _check_unused(self, tx: CatalogueTransaction, item: Medium) -> None:
        users: list[str] = []
        if held := tx.holdings().get(item.label):
            users.append("1 saveset" if held.savesets == 1 else f"{held.savesets} savesets")
        users += [f"job {job.id}" for job in tx.open_jobs() if job.label == item.label]
        left = sum(removal.label == item.label for removal in tx.removals())
        if left:
            users.append(f"files of {left} deleted savesets that are still to be removed")
        if users:
            raise MediumInUse(medium=item.label, users=", ".join(users))

    def _not_found(self, name: str) -> NotFound:
        return MediumNotFound(medium=name)


def _overlap(one: bytes, other: bytes) -> bool:
    one, other = one.rstrip(b"/") + b"/", other.rstrip(b"/") + b"/"
    return one.startswith(other) or other.startswith(one)
