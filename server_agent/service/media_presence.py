"""Which media that are put in by hand a job needs, and which of them are there."""

from collections.abc import Iterable
from dataclasses import replace

from server_agent.domain.events import MigrationAction
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.media import NEVER, DataStore, Medium
from server_agent.domain.queue import Drive, drive_group_of
from server_agent.ports import CatalogueView, Engine, EngineError
from server_agent.service.places import places
from server_agent.service.plan import Plan


class Presence:
    """What of the media can be used now. Any thread may call any method.

    Attributes:
        in_loaders: the data stores that are drives of loaders.
        moving: labels of the media that a loader takes away just now; only to be changed in a
            transaction that writes, as jobs are only started in such.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.in_loaders: frozenset[str] = frozenset()
        self.moving: frozenset[str] = frozenset()

    def why_away(self, store: DataStore, medium: Medium | None = None) -> str:
        """Why a medium cannot be used now, in the engine's words; empty if it can. One that is new,
        or none, needs no more than its data store, if that is no drive of a loader."""
        is_new = medium is None or medium.init_time == NEVER
        if medium is not None and medium.label in self.moving:
            return f"The loader takes {medium.label} out of its drive."
        if medium is not None and is_new and store.name in self.in_loaders:
            return f"The medium {medium.label} is not made yet; the drive has to be empty for that."
        try:
            if medium is None or is_new:
                self._engine.space(store.path, store.name)
            else:
                self._engine.check_store(medium.label)
        except EngineError as error:
            return error.text
        return ""


def removable_stores(view: CatalogueView) -> dict[str, DataStore]:
    """Those whose media are put in by hand, by name."""
    return {store.name: store for store in view.data_stores() if store.removable}


def drives_away(view: CatalogueView, presence: Presence) -> frozenset[str]:
    """The drives of removable data stores that are not there."""
    stores = removable_stores(view)
    away = {name for name, store in stores.items() if presence.why_away(store)}
    return frozenset(drive.name for drive in view.drives() if drive.store in away)


def on_what_is_there(view: CatalogueView, presence: Presence, plan: Plan) -> Plan:
    """The plan of a backup or migration to another medium of the same pool and data store, if the
    one that it is meant for is not there and the other is."""
    place = plan.place
    if place is None or not place.store.removable:
        return plan
    if not presence.why_away(place.store, place.medium):
        return plan
    for medium in reversed(view.media()):
        alike = (medium.pool, medium.store) == (place.written_pool.name, place.store.name)
        if alike and not medium.write_protected and not presence.why_away(place.store, medium):
            job = replace(plan.job, label=medium.label)
            return replace(plan, job=job, place=replace(place, medium=medium))
    return plan


def absent(view: CatalogueView, presence: Presence, plan: Plan) -> list[str]:
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
            away[label] = bool(presence.why_away(stores[medium.store], medium))
        return away[label]

    place = plan.place
    wanted: set[str] = set()
    goes_elsewhere = plan.job.kind is JobKind.BACKUP and place is not None and place.pool.spare_pool
    if place is not None and not goes_elsewhere and is_away(place.medium.label):
        wanted.add(place.medium.label)
    for lying in _read_by(view, plan):
        if lying and all(map(is_away, lying)):
            wanted.add(lying[0])
    return sorted(wanted)


def is_satisfied(view: CatalogueView, presence: Presence, job: Job, medium: Medium) -> bool:
    """Whether it is worth to start a job that waits for a medium: that one is there, or the job
    writes, and may do so on a medium beside it."""
    store = view.data_store(medium.store)
    if store is None or not store.removable or not presence.why_away(store, medium):
        return True
    if not writes_only(job, medium):
        return False
    pool = medium.pool
    stores = {drive.store for drive in _usable(view, job)}
    for other in view.media():
        if other.pool != pool or other.write_protected or other.store not in stores:
            continue
        there = view.data_store(other.store)
        if there is not None and not presence.why_away(there, other):
            return True
    return False


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
