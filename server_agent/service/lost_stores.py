"""Data stores that are lost for good: what leaves the catalogue with them."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from server_agent.domain.copies import Place
from server_agent.domain.errors import StoreInUse
from server_agent.domain.media import DataStore, number_of, pool_of
from server_agent.ports import CatalogueTransaction
from server_agent.service.fates import in_use

log = logging.getLogger(__name__)

_NAMED = 20  # of many, in a refusal


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many media and savesets have left the catalogue. A saveset of which a copy lies elsewhere
    is none of them."""

    media: int
    savesets: int


def forget_media(tx: CatalogueTransaction, store: DataStore) -> Forgotten:
    """Takes the media of a data store out of the catalogue, with all that lies on them only. No
    file is touched, now or later.

    Raises:
        StoreInUse: savesets on other media build on what would go, or a job works with it.
    """
    labels = {medium.label for medium in tx.media() if medium.store == store.name}
    known = tx.lying()
    lying = [place for place in known if place.label in labels]
    elsewhere = {place.name for place in known if place.label not in labels}
    gone = {place.name for place in lying} - elsewhere
    _check_free(tx, store, labels, {place.name for place in lying})
    _check_bases(store, known, gone)
    tx.remove_savesets(gone)
    for place in lying:
        if place.name in elsewhere:
            tx.remove_place(place.name, place.label)
    for label in sorted(labels):
        # Also of what was deleted before: nobody will find its files again.
        tx.forget_removals(label, [each.saveset for each in tx.removals() if each.label == label])
        tx.remove_medium(label)
    _keep_numbers(tx, labels)
    log.info(
        "the data store %s is forgotten with %d media and %d savesets",
        *(store.name, len(labels), len(gone)),
    )
    return Forgotten(len(labels), len(gone))


def _keep_numbers(tx: CatalogueTransaction, labels: set[str]) -> None:
    """If a disk comes back, no other one must have its label."""
    for pool in tx.pools():
        last = max((number_of(each) for each in labels if pool_of(each) == pool.name), default=0)
        if last > pool.last_number:
            tx.put_pool(replace(pool, last_number=last, version=pool.version + 1))


def _check_free(
    tx: CatalogueTransaction, store: DataStore, labels: set[str], names: set[str]
) -> None:
    busy = sorted(names & in_use(tx))
    users = [f"a job that works with saveset {name}" for name in busy]
    users += [f"job {job.id}" for job in tx.open_jobs() if job.label in labels]
    if users:
        raise StoreInUse(store=store.name, users=_named(users))


def _check_bases(store: DataStore, known: Iterable[Place], gone: Collection[str]) -> None:
    """Args: known: all, bases first."""
    above: dict[str, None] = {}  # each is to be deleted before what it builds on
    for place in known:
        if place.name not in gone and (place.base in gone or place.base in above):
            above[place.name] = None
    if above:
        users = f"{_named(list(above))} on other media, which build on savesets of it: delete"
        raise StoreInUse(store=store.name, users=f"{users} these first, all at once")


def _named(users: Sequence[str]) -> str:
    more = f" and {len(users) - _NAMED} more" if len(users) > _NAMED else ""
    return ", ".join(users[:_NAMED]) + more
