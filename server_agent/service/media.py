"""Data stores, media pools and media: what may be entered, changed and removed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

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
from server_agent.domain.events import BackupAction, Event, MigrationAction
from server_agent.domain.forecast import LOOKED_AT, Forecast, forecast
from server_agent.domain.jobs import JobState
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
from server_agent.ports.keys import Keys
from server_agent.service.changes import Changes
from server_agent.service.collection import Collection
from server_agent.service.days import HELD_BACK, day_of
from server_agent.service.forgetting import all_savesets
from server_agent.service.immutable import is_day_sure, is_kept
from server_agent.service.lost_stores import Forgotten, forget_media
from server_agent.service.places import places
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.spare_pools import check_spare
from server_agent.service.topology import checked_comment, planned_by
from server_agent.service.writing_place import SPACE_UNKNOWN, tell_media

log = logging.getLogger(__name__)

_NOTHING = Holding(0, 0, None, None)
MOST_SAMPLES = 10_000  # one an hour are 2160 in the days that a forecast looks at


@dataclass(frozen=True, slots=True)
class StoreState:
    """A data store, how full it is, and what its media hold. `fault` says why it cannot be used
    just now; then nobody knows how full it is."""

    store: DataStore
    space: StoreSpace | None
    fault: str
    stored_bytes: int
    forecast: Forecast


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
            to_come = self._forecast(view, store)
        stored = sum(held.get(label, _NOTHING).stored_bytes for label in labels)
        try:
            space = self._engine.space(store.path, store.name)
        except EngineError as error:
            fault = "" if error.code == SPACE_UNKNOWN else error.text
            return StoreState(store, None, fault, stored, to_come)
        return StoreState(store, space, "", stored, to_come)

    def _forecast(self, view: CatalogueView, store: DataStore) -> Forecast:
        today = day_of(view, self._clock, self._clock.now())
        since = today - LOOKED_AT
        samples = view.store_samples(store.name, since, None, None, MOST_SAMPLES)
        return forecast(samples, store.high_water_mark, today)

    def forget(self, request: Request, name: str, expected_etag: str | None) -> Forgotten:
        """Removes one that is lost for good, with its media and all that lies on them only. Nothing
        on any disk is touched. Raises StoreNotFound, StoreInUse, ChangedMeanwhile."""
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return Forgotten(*map(int, answered.split()))
            item = self._named(tx, name)
            if expected_etag is not None:
                self._check_etag(item, expected_etag)
            self._check_not_needed(tx, item, [])
            forgotten = forget_media(tx, item)
            self._remove(tx, item)
            answer = f"{forgotten.media} {forgotten.savesets}"
            remember(tx, request, answer, self._clock.now())
        self._changed()
        return forgotten

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
        if before is not None and before.immutable and not item.immutable:
            self._check_all_may_go(tx, item)
        _check_unwritten(tx, item, before)
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
            was = before is not None and before.immutable and before.path == item.path
            if item.immutable and not was:
                self._engine.check_immutable(item.path, item.name)
        except EngineError as error:
            if error.code == SPACE_UNKNOWN:
                return replace(item, version=before.version + 1 if before is not None else 1)
            raise StoreUnusable(path=printable(item.path), detail=error.text) from error
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _check_all_may_go(self, tx: CatalogueTransaction, item: DataStore) -> None:
        """What could be switched off at once would protect from nobody who can switch."""
        labels = {each.label for each in tx.media() if each.store == item.name}
        today = day_of(tx, self._clock, self._clock.now())
        lying = [each for each in places(tx, all_savesets(tx)) if each.label in labels]
        kept = [each for each in lying if is_kept(each, today)]
        if kept:
            last = max((each.eol or date.max for each in kept), default=date.max)
            raise InvalidArgument(
                field="immutable",
                value="false",
                expected=f"true until the EOL of its {len(kept)} savesets is over, that of the last"
                f" on {last}",
            )
        if lying and not is_day_sure(tx, self._clock):
            expected = f"true as long as it is not sure which day it is. {HELD_BACK}"
            raise InvalidArgument(field="immutable", value="false", expected=expected)

    def _check_unused(self, tx: CatalogueTransaction, item: DataStore) -> None:
        held = [f"medium {each.label}" for each in tx.media() if each.store == item.name]
        self._check_not_needed(tx, item, held)

    def _check_not_needed(
        self, tx: CatalogueTransaction, item: DataStore, users: list[str]
    ) -> None:
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

    def __init__(self, changes: Changes, clock: Clock, keys: Keys | None = None) -> None:
        """`keys`: where those of pools are kept; None: no pool can be encrypted."""
        super().__init__(changes, clock)
        self._keys = keys

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
        check_spare(tx, item)
        if before is not None:
            item = replace(item, key_id=before.key_id, last_number=before.last_number)
        else:
            item = replace(item, key_id="")
        if item.encrypted and not (before is not None and before.encrypted):
            item = replace(item, key_id=self._key_of(item))
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _key_of(self, item: MediaPool) -> str:
        """The key that the pool has, or a new one if it has none that can be used."""
        if self._keys is None:
            raise InvalidArgument(
                field="encrypted", value="true", expected="an agent that keeps keys of pools"
            )
        if item.key_id and self._keys.has(item.key_id):
            return item.key_id
        try:
            return self._keys.make(item.name).id
        except EngineError as error:
            raise InvalidArgument(field="encrypted", value="true", expected=error.text) from error

    def _check_unused(self, tx: CatalogueTransaction, item: MediaPool) -> None:
        users = [f"medium {each.label}" for each in tx.media() if each.pool == item.name]
        users += [
            f"event {name}"
            for name in planned_by(
                tx,
                lambda event: item.name in _pools_of(event),
            )
        ]
        users += [f"job {job.id}" for job in tx.open_jobs() if job.pool == item.name]
        users += [f"media pool {each.name}" for each in tx.pools() if each.spare_pool == item.name]
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


def _check_unwritten(view: CatalogueView, item: DataStore, before: DataStore | None) -> None:
    """Raises StoreInUse: what a job writes just now would be entered, and lie in the directory that
    the data store had before."""
    if before is None or before.path == item.path:
        return
    labels = {medium.label for medium in view.media() if medium.store == item.name}
    users = [
        f"job {job.id}"
        for job in view.open_jobs()
        if job.state is JobState.ACTIVE and job.label in labels
    ]
    if users:
        raise StoreInUse(store=item.name, users=", ".join(users))


def _pools_of(event: Event) -> tuple[str, ...]:
    if isinstance(event.action, MigrationAction):
        return event.action.source_pool, event.action.pool
    return (event.action.pool,) if isinstance(event.action, BackupAction) else ()


def _overlap(one: bytes, other: bytes) -> bool:
    one, other = one.rstrip(b"/") + b"/", other.rstrip(b"/") + b"/"
    return one.startswith(other) or other.startswith(one)
