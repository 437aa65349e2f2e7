"""Data stores that are lost for good: what leaves the catalogue with them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from server_agent.domain.errors import StoreInUse
from server_agent.domain.media import DataStore, number_of, pool_of
from server_agent.domain.savesets import Saveset
from server_agent.ports import CatalogueTransaction
from server_agent.service.forgetting import all_savesets, in_use
from server_agent.service.places import places

log = logging.getLogger(__name__)

_NAMED = 3  # of many, in a refusal


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
    known = all_savesets(tx)
    lying = [place for place in places(tx, known) if place.label in labels]
    elsewhere = {place.name for place in places(tx, known) if place.label not in labels}
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
    users = [f"a job that works with saveset {name}" for name in busy[:_NAMED]]
    users += [f"job {job.id}" for job in tx.open_jobs() if job.label in labels]
    if users:
        raise StoreInUse(store=store.name, users=", ".join(users))


def _check_bases(store: DataStore, known: Sequence[Saveset], gone: set[str]) -> None:
    above = sorted(each.name for each in known if each.base in gone and each.name not in gone)
    if above:
        named = ", ".join(above[:_NAMED])
        more = f" and {len(above) - _NAMED} more" if len(above) > _NAMED else ""
        users = f"{named}{more} on other media, which build on savesets of it: delete these first"
        raise StoreInUse(store=store.name, users=users)
