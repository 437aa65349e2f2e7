"""What is found out about savesets that cannot be restored, and entered for all to see."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from server_agent.domain.errors import SavesetDamaged
from server_agent.domain.quoting import quoted
from server_agent.ports import (
    Engine,
    EngineError,
    ProofFault,
    SavesetQuery,
    SavesetRef,
    Verified,
)
from server_agent.service.chains import ref
from server_agent.service.changes import Changes
from server_agent.service.places import places, present, set_damage, set_missing, set_verified

_AT_ONCE = 64  # savesets looked at together; each may have a megabyte of sources
_ENTERED_AT_ONCE = 512  # in one transaction


def look_for_missing(changes: Changes, engine: Engine) -> tuple[int, int]:
    """Enters of every saveset, and of every copy, whether its files are in their places; deletes
    nothing. Returns how many became missing and how many are back."""
    lost: list[SavesetRef] = []
    unlisted: list[SavesetRef] = []  # also those that were missing before, for another reason
    back: list[SavesetRef] = []
    newly = 0
    position: str | None = ""
    while position is not None:
        with changes.read() as view:
            page = view.savesets(SavesetQuery(order="name"), position or None, _AT_ONCE)
            lying = places(view, page.items)
        position = page.next_position
        there = present(engine, map(ref, lying))
        for place in lying:
            each = ref(place)
            if each not in there:
                is_listing = _lacks_listing(engine, each)
                if (place.missing, place.lacks_listing) != (True, is_listing):
                    (unlisted if is_listing else lost).append(each)
                    newly += not place.missing
            elif place.missing:
                back.append(each)
    _enter_missing(changes, lost, True)
    _enter_missing(changes, unlisted, True, lacks_listing=True)
    _enter_missing(changes, back, False)
    return newly, len(back)


def _enter_missing(
    changes: Changes, refs: Sequence[SavesetRef], missing: bool, lacks_listing: bool = False
) -> None:
    """A disk that goes may take a hundred thousand: others write in between."""
    for start in range(0, len(refs), _ENTERED_AT_ONCE):
        with changes.write() as tx:
            some = refs[start : start + _ENTERED_AT_ONCE]
            set_missing(tx, some, missing, lacks_listing)


def look_again(changes: Changes, engine: Engine) -> None:
    """Enters which of the missing ones are back, since a medium may have been mounted meanwhile."""
    with changes.read() as view:
        missing = [ref(saveset) for saveset in view.missing_savesets()]
    back = present(engine, missing)
    if back:
        with changes.write() as tx:
            set_missing(tx, back, False)


def note_listing(
    changes: Changes, engine: Engine, saveset: SavesetRef, error: SavesetDamaged
) -> None:
    """Enters that the listing of a saveset could not be read."""
    detail = error.metadata.get("detail", "")
    # It is one for all places.
    with changes.read() as view:
        known = view.saveset(saveset.name)
        lying = places(view, [known]) if known is not None else []
    for place in lying:
        _note(changes, engine, ref(place), f"Its listing cannot be read: {detail}")


def note_failure(
    changes: Changes, engine: Engine, chain: tuple[SavesetRef, ...], error: EngineError
) -> None:
    """Enters what a job that failed has proved about a saveset of its chain, if anything."""
    for member in chain:
        if member.name != error.saveset:
            continue
        if error.code == "SAVESET_DAMAGED":
            with changes.write() as tx:
                set_damage(tx, member, error.text[:1].upper() + error.text[1:])
        elif error.code in ("SAVESET_MISSING", "BASE_DAMAGED"):
            _note(changes, engine, member, error.text)


def enter_verified(
    changes: Changes,
    engine: Engine,
    chain: tuple[SavesetRef, ...],
    verified: Verified,
    now: datetime,
    quick: bool = False,
) -> None:
    """Enters what a comparison with its digests has proved about a saveset: a fault, or that it is
    whole, whatever was said of it before. A quick one proves only that it is in its place."""
    member = next(
        member
        for member in chain
        if member.name == verified.saveset and verified.label in ("", member.label)
    )
    lacks_listing = verified.missing and _lacks_listing(engine, member)
    with changes.write() as tx:
        if verified.missing:
            set_missing(tx, [member], True, lacks_listing)
            return
        if verified.fault:
            set_damage(tx, member, verified.fault[:1].upper() + verified.fault[1:])
            return
        if not quick:
            set_verified(tx, member, now)
        set_missing(tx, [member], False)


def enter_differing(
    changes: Changes, chain: tuple[SavesetRef, ...], faults: Iterable[ProofFault]
) -> None:
    """Enters of the savesets that hold the data that a restore of them was not what was saved,
    until a verify proves otherwise."""
    with changes.write() as tx:
        for fault in faults:
            text = f"A restore proof failed: {quoted(fault.path)} {fault.text}"
            for member in chain:
                if member.name == fault.saveset:
                    set_damage(tx, member, text)


def _note(changes: Changes, engine: Engine, saveset: SavesetRef, text: str) -> None:
    """What is not there may come back; what is there and cannot be read stays damaged."""
    is_there = bool(engine.present([saveset]))
    lacks_listing = not is_there and _lacks_listing(engine, saveset)
    with changes.write() as tx:
        if is_there:
            set_damage(tx, saveset, text)
        else:
            set_missing(tx, [saveset], True, lacks_listing)


def _lacks_listing(engine: Engine, saveset: SavesetRef) -> bool:
    """Of a saveset that is not whole: whether it is its listing that is not there, or cannot be
    read, and not its medium."""
    try:
        engine.check_store(saveset.label)
        engine.entries(saveset, b"", None, 1)
    except SavesetDamaged:
        return True
    except EngineError:
        return False
    return False
