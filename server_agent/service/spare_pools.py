"""Backups whose media pool cannot be written just now go to its spare pool, and say so."""

from collections.abc import Mapping
from dataclasses import replace

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.media import MediaPool
from server_agent.domain.quoting import printable
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock, Engine, EngineError
from server_agent.service.changes import Changes
from server_agent.service.plan import Plan, with_sources
from server_agent.service.writing_place import WritingPlace, make_ready, medium_in

# Of a place: it is full, gone, or something else lies there.
_ELSEWHERE = frozenset({"NO_SPACE", "STORE_MISSING", "STORE_UNUSABLE"})


def made_ready(changes: Changes, engine: Engine, clock: Clock, plan: Plan) -> Plan:
    """The plan of a backup whose medium is there and has room: the same, or that to a spare pool,
    or to the spare pool of that.

    Raises:
        EngineError: of the pool that was meant; its spare pools cannot be written either.
    """
    failure: EngineError | None = None
    meant = plan
    tried: set[str] = set()
    while plan.place is not None:
        try:
            make_ready(changes, engine, clock, plan.place)
            engine.check_store(plan.job.label)
        except EngineError as error:
            if error.code not in _ELSEWHERE:
                raise
            failure = failure or error
            tried.add(plan.place.written_pool.name)
            with changes.write() as tx:
                place = _spare_of(tx, plan.place, tried, failure.text)
                if place is None:
                    raise failure from None
                plan = _moved(tx, meant, place)
        else:
            return plan
    return plan


def check_spare(view: CatalogueView, item: MediaPool) -> None:
    """Raises InvalidArgument unless the spare pool of a pool is there and leads back to none."""
    pools = {pool.name: pool.spare_pool for pool in view.pools()} | {item.name: item.spare_pool}
    if not item.spare_pool:
        return
    if item.spare_pool not in pools:
        raise _unusable(item, f"a media pool: {', '.join(sorted(pools))}")
    if _leads_back(item.name, pools):
        raise _unusable(item, f"a pool of which {item.name} is no spare pool itself, or none")


def _leads_back(name: str, spares: Mapping[str, str]) -> bool:
    at, seen = spares.get(name, ""), {name}
    while at and at not in seen:
        seen.add(at)
        at = spares.get(at, "")
    return bool(at)


def _unusable(item: MediaPool, expected: str) -> InvalidArgument:
    return InvalidArgument(field="spare_pool", value=printable(item.spare_pool), expected=expected)


def _spare_of(
    tx: CatalogueTransaction, place: WritingPlace, tried: set[str], why: str
) -> WritingPlace | None:
    """Where a pool's spare pool is written: in the store of its first drive, if possible another
    one than that which has failed."""
    pool = tx.pool(place.written_pool.spare_pool) if place.written_pool.spare_pool else None
    if pool is None or pool.name in tried:
        return None
    stores = [drive.store for drive in tx.drives() if drive.group == pool.drive_group]
    stores.sort(key=lambda name: name == place.store.name)
    for name in stores:
        store = tx.data_store(name)
        if store is not None:
            return WritingPlace(place.pool, medium_in(tx, pool, store), store, pool, why)
    return None


def _moved(tx: CatalogueTransaction, plan: Plan, place: WritingPlace) -> Plan:
    job = replace(plan.job, label=place.medium.label)
    moved = with_sources(tx, replace(plan, job=job, place=place), plan.job.paths)
    tx.put_job(moved.job)
    return moved
