"""Data stores and media: what may be entered, changed and removed."""

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
    StoreInUse,
    StoreNotFound,
    StoreUnusable,
)
from server_agent.domain.forecast import LOOKED_AT, Forecast, forecast
from server_agent.domain.jobs import JobState
from server_agent.domain.media import (
    FIRST_STORE,
    NEVER,
    DataStore,
    Medium,
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
from server_agent.service.collection import Collection, etag
from server_agent.service.days import HELD_BACK, day_of
from server_agent.service.immutable import is_day_sure, is_kept
from server_agent.service.looking import NoAnswer
from server_agent.service.lost_stores import Forgotten, forget_media
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.topology import checked_comment
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
        tell_media(self._changes, self._engine)

    def follow_first(self, directory: bytes) -> None:
        """Enters that the first data store lies in another directory, if it does and is not where
        it was. To be called at the start of the agent, with what sm.ini says."""
        with self._changes.read() as view:
            first = view.data_store(FIRST_STORE)
        if first is None or first.path == directory:
            return
        if self._is_there(first.path) or not self._is_there(directory):
            return
        with self._changes.write() as tx:
            if tx.data_store(FIRST_STORE) == first:
                log.info("the data store %s is in %s now", FIRST_STORE, printable(directory))
                tx.put_data_store(replace(first, path=directory, version=first.version + 1))

    def _is_there(self, directory: bytes) -> bool:
        try:
            self._engine.space(directory, FIRST_STORE)
        except EngineError:
            return False
        return True

    def create(self, request: Request, item: DataStore) -> DataStore:
        """As in `Collection`. It is made before the transaction: its place may never answer. One
        that is made and not entered is made again."""
        with self._changes.read() as view:
            is_new = first_answer(view, request) is None
            if is_new:
                item = self._possible(view, item, None)
        if is_new:
            self._make_sure(item, None)
        return super().create(request, item)

    def update(
        self, request: Request, item: DataStore, expected_etag: str, kept: Sequence[str] = ()
    ) -> DataStore:
        """As in `Collection`; see `create`. The etag says that it is still what was looked at."""
        before = None
        with self._changes.read() as view:
            if first_answer(view, request) is None:
                before = self._named(view, item.name)
                self._check_etag(before, expected_etag)
                item = replace(item, **{name: getattr(before, name) for name in kept})
                item = self._possible(view, item, before)
        if before is not None:
            self._make_sure(item, before)
        return super().update(request, item, expected_etag, kept)

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
        item = self._possible(tx, item, before)
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _possible(self, tx: CatalogueView, item: DataStore, before: DataStore | None) -> DataStore:
        """As `_checked`, as far as the catalogue tells."""
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
        return item

    def _make_sure(self, item: DataStore, before: DataStore | None) -> None:
        """Makes a new one; of one that is there, looks at what is new. Raises StoreUnusable."""
        was = before is not None and before.immutable and before.path == item.path
        try:
            if before is None:
                self._engine.make_store(item.path, item.name)
            elif before.path != item.path:
                self._engine.space(item.path, item.name)
            if item.immutable and not was:
                self._engine.check_immutable(item.path, item.name)
        except EngineError as error:
            if error.code != SPACE_UNKNOWN:
                raise StoreUnusable(path=printable(item.path), detail=error.text) from error

    def _check_all_may_go(self, tx: CatalogueView, item: DataStore) -> None:
        """What could be switched off at once would protect from nobody who can switch."""
        labels = {each.label for each in tx.media() if each.store == item.name}
        today = day_of(tx, self._clock, self._clock.now())
        lying = [each for each in tx.lying() if each.label in labels]
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


class Media(Collection[Medium]):
    """The media of the location. They are added by backups."""

    kind = "medium"

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        super().__init__(changes, clock)
        self._engine = engine

    def delete(self, request: Request, name: str, expected_etag: str | None) -> None:
        """As in `Collection`. Nobody writes to it while it goes from its data store, which may
        never answer. Left in the middle, it is write protected and counts as not made: it can be
        deleted again, or used again.

        Raises:
            StoreUnusable: it is where it was, or, if its data store does not answer, as above.
        """
        with self._changes.write() as tx:
            if first_answer(tx, request) is not None:
                return
            item = self._named(tx, name)
            if expected_etag is not None:
                self._check_etag(item, expected_etag)
            self._check_unused(tx, item)
            store = tx.data_store(item.store)
            going = replace(item, write_protected=True, init_time=NEVER, version=item.version + 1)
            tx.put_medium(going)
        if store is not None:
            self._take_away(store, going, item)
        super().delete(request, name, etag(going))

    def _take_away(self, store: DataStore, going: Medium, before: Medium) -> None:
        try:
            self._engine.remove_medium(store.path, store.name, going.label)
        except NoAnswer as error:  # it may go later
            detail = (
                f"{error.text}. {going.label} is write protected from now on: delete it again then"
            )
            raise StoreUnusable(path=printable(store.path), detail=detail) from error
        except EngineError as error:
            # One that is away would come back with a label that was given anew meanwhile.
            with self._changes.write() as tx:
                if tx.medium(going.label) == going:
                    tx.put_medium(replace(before, version=going.version + 1))
            raise StoreUnusable(path=printable(store.path), detail=error.text) from error

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
        tx.remove_medium(item.label)

    def _changed(self) -> None:
        tell_media(self._changes, self._engine)

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


def _overlap(one: bytes, other: bytes) -> bool:
    one, other = one.rstrip(b"/") + b"/", other.rstrip(b"/") + b"/"
    return one.startswith(other) or other.startswith(one)
