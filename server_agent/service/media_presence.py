"""Which media that are put in by hand a job needs, and which of them are there.

It is looked for them before a transaction, since a look may take long; what was seen is taken into
it.
"""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from server_agent.domain.events import MigrationAction
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.media import NEVER, DataStore, Medium, next_label
from server_agent.domain.queue import Drive, drive_group_of
from server_agent.ports import CatalogueTransaction, CatalogueView, Engine, EngineError, StoreSpace
from server_agent.service.looking import Looking
from server_agent.service.patient_engine import place_of
from server_agent.service.places import places
from server_agent.service.plan import Plan

AT_A_GLANCE = 1.0  # seconds; for who takes what does not answer by then as away


@dataclass(frozen=True, slots=True)
class _Seen:
    """A data store: why it cannot be used, else how full it is, and why each of its media, by
    label, cannot be; empty if they can."""

    fault: str
    space: StoreSpace | None
    media: Mapping[str, str]


class Presence:
    """Looks which media are there, and keeps which of them are full. Any thread may call any
    method, but in no transaction.

    Args:
        engine: as it is: all that it is asked at a data store is one question there.
        looking: asks for what may not answer.

    Attributes:
        in_loaders: the data stores that are drives of loaders.
        sharing: those of them whose media all lie on one disk: another one has no more room.
        moving: labels of the media that a loader takes away just now.
        moves: how often that has begun or ended.
        above_mark: labels, when last seen.
        run_full: the free bytes beside each medium on which a job had no room.
    """

    def __init__(self, engine: Engine, looking: Looking) -> None:
        self._engine = engine
        self.looking = looking
        self.in_loaders: frozenset[str] = frozenset()
        self.sharing: frozenset[str] = frozenset()
        self._lock = threading.Lock()  # who changes one of the following holds it
        self.moving: frozenset[str] = frozenset()
        self.moves = 0
        self.above_mark: frozenset[str] = frozenset()
        self.run_full: Mapping[str, int] = {}

    def sight(
        self, stores: Iterable[DataStore], media: Sequence[Medium], patience: float | None = None
    ) -> "Sight":
        """What of these can be used now. `patience`: as `Looking.ask` has it."""
        moves, seen = self.moves, {}
        for store in stores:
            made = [each for each in media if each.store == store.name and each.init_time != NEVER]
            labels = [each.label for each in made]
            try:
                look = partial(self._look, store, labels)
                found = self.looking.ask(place_of(store.path), look, patience)
            except EngineError as error:
                found = _Seen(error.text, None, dict.fromkeys(labels, error.text))
            seen[store.name] = found
            self._note_full(store, found)
        return Sight(self, moves, seen)

    def why_away(self, store: DataStore, medium: Medium) -> str:
        """As `Sight.why_away`, seen now."""
        return self.sight([store], [medium]).why_away(store, medium)

    def ran_full(self, store: DataStore, label: str) -> None:
        """A job had no room on a medium: nothing is written to it before it has more."""
        seen = self.sight([store], []).space_of(store)
        if seen is not None:
            with self._lock:
                self.run_full = {**self.run_full, label: seen.free_bytes}

    def begin_move(self, label: str) -> None:
        """A loader is about to take a medium away. In a transaction that writes, as jobs are only
        started in such."""
        with self._lock:
            self.moving |= {label}
            self.moves += 1

    def end_move(self, label: str) -> None:
        """It has, or has not."""
        with self._lock:
            self.moving -= {label}
            self.moves += 1

    def _look(self, store: DataStore, labels: Sequence[str]) -> _Seen:
        fault, space = "", None
        try:
            space = self._engine.space(store.path, store.name)
        except EngineError as error:
            fault = error.text
        return _Seen(fault, space, {label: self._why_away(label) for label in labels})

    def _why_away(self, label: str) -> str:
        try:
            self._engine.check_store(label)
        except EngineError as error:
            return error.text
        return ""

    def _note_full(self, store: DataStore, seen: _Seen) -> None:
        if seen.space is None:
            return
        there = frozenset(label for label, fault in seen.media.items() if not fault)
        is_above = seen.space.used_percent >= store.high_water_mark
        free = seen.space.free_bytes
        with self._lock:
            self.above_mark = self.above_mark | there if is_above else self.above_mark - there
            self.run_full = {
                label: before
                for label, before in self.run_full.items()
                if label not in there or free <= before
            }


class Sight:
    """What was seen of some data stores and their media. Other data stores count as there."""

    def __init__(self, presence: Presence, moves: int, seen: Mapping[str, _Seen]) -> None:
        self._presence = presence
        self._moves = moves
        self._seen = seen

    def space_of(self, store: DataStore) -> StoreSpace | None:
        """How full it is; None if nobody knows."""
        seen = self._seen.get(store.name)
        return seen.space if seen is not None else None

    def why_away(self, store: DataStore, medium: Medium | None = None) -> str:
        """Why a medium cannot be used, in the engine's words; empty if it can. One that is new,
        or none, needs no more than its data store, if that is no drive of a loader."""
        presence = self._presence
        is_new = medium is None or medium.init_time == NEVER
        if medium is not None and store.name in presence.in_loaders:
            if medium.label in presence.moving:
                return f"The loader takes {medium.label} out of its drive."
            if self._moves != presence.moves:
                return f"The loader has moved media while it was looked for {medium.label}."
            if is_new:
                return (
                    f"The medium {medium.label} is not made yet; for that its drive must be empty."
                )
        seen = self._seen.get(store.name)
        if seen is None:
            return ""
        if medium is None or is_new:
            return seen.fault
        return seen.media.get(medium.label, seen.fault)

    def why_unwritable(self, store: DataStore, medium: Medium | None = None) -> str:
        """Why nothing can be written to a medium: it is away, or full, and removable, so that there
        may be another one."""
        if why := self.why_away(store, medium):
            return why
        presence, space = self._presence, self.space_of(store)
        if space is None or not store.removable or self.shares(store):
            return ""
        other = "Put in another medium of the pool, or an empty disk with the file sesam.store"
        if space.used_percent >= store.high_water_mark:
            return (
                f"What is in {store.name} is {space.used_percent:.0f} % full; the high-water mark"
                f" is {store.high_water_mark} %. {other}."
            )
        spent = self._there(store) & presence.run_full.keys()
        if spent:  # whatever else lies beside it is on the same disk
            return f"The last job that wrote to {min(spent)} had no room on it. {other}."
        return ""

    def _there(self, store: DataStore) -> set[str]:
        seen = self._seen.get(store.name)
        return {label for label, fault in seen.media.items() if not fault} if seen else set()

    def shares(self, store: DataStore) -> bool:
        """Whether another medium has no more room than the one in it."""
        return store.name in self._presence.sharing

    def is_full(self, medium: Medium) -> bool:
        """Whether it had no room when it was last there."""
        presence = self._presence
        return medium.label in presence.above_mark or medium.label in presence.run_full


def removable_stores(view: CatalogueView) -> dict[str, DataStore]:
    """Those whose media are put in by hand, by name."""
    return {store.name: store for store in view.data_stores() if store.removable}


def unusable_drives(
    drives: Iterable[Drive], stores: Iterable[DataStore], sight: Sight
) -> frozenset[str]:
    """The drives of removable data stores that are not there, or full."""
    away = {store.name for store in stores if sight.why_unwritable(store)}
    return frozenset(drive.name for drive in drives if drive.store in away)


def on_what_is_there(tx: CatalogueTransaction, sight: Sight, plan: Plan) -> Plan:
    """The plan of a backup or migration to another medium of the same pool and data store, if the
    one that it is meant for is not there and the other is, or if it is full: then to one that may
    have room, or to a new one."""
    place = plan.place
    if place is None or not place.store.removable:
        return plan
    store, pool = place.store, place.written_pool
    if not sight.why_unwritable(store, place.medium):
        return plan
    known = tx.media()
    alike = [
        each
        for each in reversed(known)
        if (each.pool, each.store) == (pool.name, store.name) and not each.write_protected
    ]
    medium = next((each for each in alike if not sight.why_unwritable(store, each)), None)
    if medium is None and not _has_spare(plan) and _is_spent(sight, place.medium, store):
        medium = next((each for each in alike if not sight.is_full(each)), None)
        if medium is None:
            labels = frozenset(each.label for each in known)
            medium = Medium(next_label(pool.name, labels, pool.last_number), pool.name, store.name)
            tx.put_medium(medium)
    if medium is None:
        return plan
    job = replace(plan.job, label=medium.label)
    return replace(plan, job=job, place=replace(place, medium=medium))


def _is_spent(sight: Sight, medium: Medium, store: DataStore) -> bool:
    """Whether a medium that cannot be written would not have room either if it were there."""
    return sight.is_full(medium) and not sight.shares(store)


def _has_spare(plan: Plan) -> bool:
    """Whether a backup goes to a spare pool when its own cannot be written."""
    place = plan.place
    return plan.job.kind is JobKind.BACKUP and place is not None and bool(place.pool.spare_pool)


def absent(view: CatalogueView, sight: Sight, plan: Plan) -> list[str]:
    """The labels of the media that a job cannot do without, and that somebody has to put in.

    A saveset that lies on a medium that is there is read from that. A backup whose pool has a spare
    pool goes there instead.
    """
    stores = removable_stores(view)
    if not stores:
        return []
    media = {medium.label: medium for medium in view.media()}
    away: dict[str, bool] = {}

    def is_away(label: str) -> bool:
        medium = media.get(label)
        if medium is None or medium.store not in stores:
            return False
        if label not in away:
            away[label] = bool(sight.why_away(stores[medium.store], medium))
        return away[label]

    place = plan.place
    wanted: set[str] = set()
    if place is not None and place.store.removable and not _has_spare(plan):
        is_unwritable = bool(sight.why_unwritable(place.store, place.medium))
        wanted |= {place.medium.label} if is_unwritable else set()
    for lying in _read_by(view, plan):
        if lying and all(map(is_away, lying)):
            wanted.add(lying[0])
    return sorted(wanted)


def is_satisfied(view: CatalogueView, sight: Sight, job: Job, medium: Medium) -> bool:
    """Whether it is worth to start a job that waits for a medium: that one is there, and has room
    if the job writes, or the job may write to one beside it."""
    store = view.data_store(medium.store)
    if store is None or not store.removable:
        return True
    if not writes_only(job, medium):
        return not sight.why_away(store, medium)
    stores = {drive.store for drive in _usable(view, job)} | {store.name}
    for other in view.media():
        is_other = other.label != medium.label
        if is_other and (other.pool != medium.pool or other.write_protected):
            continue
        there = view.data_store(other.store)
        if there is not None and there.name in stores and not sight.why_unwritable(there, other):
            return True
    return False


def stores_to_look_at(view: CatalogueView, pools: Collection[str]) -> list[DataStore]:
    """The removable ones, and those of the media of these pools."""
    names = {medium.store for medium in view.media() if medium.pool in pools}
    return [store for store in view.data_stores() if store.removable or store.name in names]


def _usable(view: CatalogueView, job: Job) -> Iterable[Drive]:
    group = drive_group_of(job, view.pools())
    for drive in view.drives():
        if drive.active and (drive.name == job.drive if job.drive else group in ("", drive.group)):
            yield drive


def writes_only(job: Job, medium: Medium) -> bool:
    """Whether a job may do with another medium than this: it reads nothing from it."""
    is_target = job.kind is JobKind.MIGRATION and job.pool == medium.pool
    return job.kind is JobKind.BACKUP or is_target


def _read_by(view: CatalogueView, plan: Plan) -> list[list[str]]:
    """Of each saveset that a job cannot do without, the labels of its places."""
    job = plan.job
    if job.kind is JobKind.BACKUP:
        return []  # a base that cannot be read makes it a FULL
    names = [member.name for member in plan.chain]
    if job.kind is JobKind.MIGRATION:
        names = [path.decode() for path in job.paths]
        if not names:
            return [_of_source_pool(view, job)]
    known = [view.saveset(name) for name in names]
    return [
        [place.label for place in places(view, [saveset])]
        for saveset in known
        if saveset is not None
    ]


def _of_source_pool(view: CatalogueView, job: Job) -> list[str]:
    """The media of a migration's source pool on which something lies, the newest first: with one of
    them there is something to do."""
    event = view.event_by_id(job.event_id)
    action = event.action if event is not None else None
    pool = action.source_pool if isinstance(action, MigrationAction) else ""
    held = view.holdings()
    of_pool = [medium.label for medium in view.media() if medium.pool == pool]
    return [label for label in reversed(of_pool) if label in held]
