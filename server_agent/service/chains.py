"""A saveset with all that it builds on: how the engine finds it, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server_agent.domain.copies import places_of
from server_agent.domain.errors import SavesetNotFound
from server_agent.domain.savesets import Saveset, chain_of
from server_agent.ports import CatalogueView, SavesetRef


def ref(saveset: Saveset) -> SavesetRef:
    """How the engine finds the saveset."""
    return SavesetRef(saveset.name, saveset.label, saveset.sesam_day, saveset.base, saveset.key_id)


def chain(view: CatalogueView, name: str) -> tuple[SavesetRef, ...]:
    """The saveset and all that it builds on, itself first.

    Raises:
        SavesetNotFound: it, or one that it builds on.
    """
    bases = view.bases(name)
    if name not in bases:
        raise SavesetNotFound(saveset=name)
    return tuple(ref(saveset_named(view, member)) for member in chain_of(name, bases))


@dataclass(frozen=True, slots=True)
class KnownSaveset:
    """A saveset, and why it cannot be restored whole: a fault of its own or of one that it builds
    on; empty when nothing is known to be wrong.

    Attributes:
        copies: the saveset as it lies in its places behind the first.
        stores: the data store of each label of these.
    """

    saveset: Saveset
    damage: str
    copies: tuple[Saveset, ...] = ()
    stores: Mapping[str, str] = field(default_factory=dict)


def known(view: CatalogueView, savesets: Sequence[Saveset]) -> tuple[KnownSaveset, ...]:
    """The savesets with what is wrong with each."""
    names = [saveset.name for saveset in savesets]
    faulty = view.nearest_faulty(names)
    copies = view.copies(names)
    stores = {medium.label: medium.store for medium in view.media()} if copies or faulty else {}
    removable = {store.name for store in view.data_stores() if store.removable} if faulty else set()
    by_hand = {label: store for label, store in stores.items() if store in removable}
    return tuple(
        KnownSaveset(
            each,
            _damage(each, faulty.get(each.name), by_hand),
            places_of(each, copies.get(each.name, ()))[1:],
            stores if copies else {},
        )
        for each in savesets
    )


def _damage(saveset: Saveset, faulty: Saveset | None, by_hand: Mapping[str, str]) -> str:
    """`by_hand`: the data stores of media that are put in by hand, by label."""
    if faulty is None:
        return ""
    fault, label = faulty.fault, faulty.label
    if faulty.missing and not (faulty.damage or faulty.lacks_listing) and label in by_hand:
        fault = (
            f"Its medium {label} is not in the data store {by_hand[label]}, or not all of it is on"
            " that. A restore asks for the medium"
        )
    if faulty.name == saveset.name:
        return fault
    return f"It builds on {faulty.name}, which cannot be restored: {fault}"


def saveset_named(view: CatalogueView, name: str) -> Saveset:
    """Raises SavesetNotFound."""
    saveset = view.saveset(name)
    if saveset is None:
        raise SavesetNotFound(saveset=name)
    return saveset
