"""Of savesets that lie on more than one medium: what is known of each place, and where to read.

A saveset is read from its first place. What proves that one not to be whole lets a whole one take
its place, so that everybody reads that without a further question.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from server_agent.domain.copies import Copy, better_first, places_of
from server_agent.domain.savesets import Saveset
from server_agent.ports import CatalogueTransaction, CatalogueView, Engine, EngineError, SavesetRef
from server_agent.service.chains import ref, saveset_named
from server_agent.service.changes import Changes


def places(view: CatalogueView, savesets: Sequence[Saveset]) -> list[Saveset]:
    """The savesets as they lie in each of their places, the first place of each first."""
    copies = view.copies(saveset.name for saveset in savesets)
    return [
        place for saveset in savesets for place in places_of(saveset, copies.get(saveset.name, ()))
    ]


def present(engine: Engine, refs: Iterable[SavesetRef]) -> set[SavesetRef]:
    """Those whose files are all in their places."""
    found: set[SavesetRef] = set()
    rest = list(refs)
    while rest:
        # The engine knows them by their names: of each, one place at a time.
        some = {each.name: each for each in rest}
        found |= {some[name] for name in engine.present(list(some.values()))}
        rest = [each for each in rest if some[each.name] is not each]
    return found


def set_missing(
    tx: CatalogueTransaction,
    refs: Iterable[SavesetRef],
    missing: bool,
    lacks_listing: bool = False,
) -> None:
    """Enters that files are not in their places, or that they are. Places that are not known are
    passed over."""
    first, known = _parted(tx, list(refs))
    tx.set_missing(first, missing, lacks_listing)
    for copy in known:
        tx.put_copy(replace(copy, missing=missing))
    prefer(tx, (*first, *(copy.saveset for copy in known)))


def set_damage(tx: CatalogueTransaction, place: SavesetRef, damage: str) -> None:
    """Enters what a read has proved. The first damage that was found stays."""
    first, known = _parted(tx, [place])
    for name in first:
        tx.set_damage(name, damage)
    for copy in known:
        tx.put_copy(replace(copy, damage=copy.damage or damage))
    prefer(tx, [place.name])


def set_verified(tx: CatalogueTransaction, place: SavesetRef, moment: datetime) -> None:
    """Enters that all of its data were found right."""
    first, known = _parted(tx, [place])
    for name in first:
        tx.set_verified(name, moment)
    for copy in known:
        tx.put_copy(replace(copy, verify_time=moment, damage="", missing=False))
    prefer(tx, [place.name])


def readable(
    changes: Changes, engine: Engine, chain: Sequence[SavesetRef]
) -> tuple[tuple[SavesetRef, ...], list[str]]:
    """A chain with each member where it can be read now, and for each one that has copies a
    sentence that says where. Savesets in one place only are left as they are."""
    with changes.read() as view:
        copies = view.copies(member.name for member in chain)
        known = [view.saveset(name) for name in copies]
        lying = places(view, [saveset for saveset in known if saveset is not None])
    if not lying:
        return tuple(chain), []
    refs = {ref(place): place for place in lying}
    there = present(engine, refs)
    gone = [each for each, place in refs.items() if each not in there and not place.missing]
    back = [each for each in there if refs[each].missing]
    if gone or back:
        with changes.write() as tx:
            set_missing(tx, gone, True)
            set_missing(tx, back, False)
    with changes.read() as view:
        found = tuple(
            ref(saveset_named(view, each.name)) if each.name in copies else each for each in chain
        )
        told = [_told(view, each.name) for each in found if each.name in copies]
    return found, told


def with_copies(
    changes: Changes, engine: Engine, chain: Sequence[SavesetRef]
) -> tuple[SavesetRef, ...]:
    """A chain, and behind it the copies of its members on media that are there."""
    with changes.read() as view:
        known = [view.saveset(member.name) for member in chain]
        lying = places(view, [saveset for saveset in known if saveset is not None])
    refs = [each for each in map(ref, lying) if each not in chain]
    is_there = {label: _is_there(engine, label) for label in {each.label for each in refs}}
    return *chain, *(each for each in refs if is_there[each.label])


def _is_there(engine: Engine, label: str) -> bool:
    try:
        engine.check_store(label)
    except EngineError:
        return False
    return True


def _told(view: CatalogueView, name: str) -> str:
    first, *others = places(view, [saveset_named(view, name)])
    faults = [f"on {place.label}: {place.fault}" for place in others if place.fault]
    said = f"{name} is read from {first.label}"
    return f"{said}; {'; '.join(faults)}" if faults else said


def _parted(tx: CatalogueTransaction, refs: Sequence[SavesetRef]) -> tuple[list[str], list[Copy]]:
    """The names of those that are meant at their first places, and the copies that are meant."""
    copies = tx.copies(each.name for each in refs)
    labels = tx.labels(each.name for each in refs)
    first = [each.name for each in refs if labels.get(each.name) == each.label]
    known = [
        copy for each in refs for copy in copies.get(each.name, ()) if copy.label == each.label
    ]
    return first, known


def prefer(tx: CatalogueTransaction, names: Iterable[str]) -> None:
    """Lets the best place of each be the first."""
    for saveset, copies in _with_copies(tx, names):
        better = better_first(saveset, copies)
        if better is not None:
            tx.put_first(saveset.name, better)


def _with_copies(
    tx: CatalogueTransaction, names: Iterable[str]
) -> Iterator[tuple[Saveset, tuple[Copy, ...]]]:
    for name, copies in tx.copies(names).items():
        saveset = tx.saveset(name)
        if saveset is not None:
            yield saveset, copies
