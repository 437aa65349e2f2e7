"""What is found out about savesets that cannot be restored, and entered for all to see."""

from datetime import datetime

from server_agent.domain.errors import SavesetDamaged
from server_agent.ports import Engine, EngineError, SavesetQuery, SavesetRef, Verified
from server_agent.service.chains import ref
from server_agent.service.changes import Changes

_AT_ONCE = 64  # savesets looked at together; each may have a megabyte of sources


def look_for_missing(changes: Changes, engine: Engine) -> tuple[int, int]:
    """Enters of every saveset whether its files are in their places; deletes nothing. Returns how
    many became missing and how many are back."""
    lost: list[str] = []
    unlisted: list[str] = []  # also those that were missing before, for another reason
    back: list[str] = []
    newly = 0
    position: str | None = ""
    while position is not None:
        with changes.read() as view:
            page = view.savesets(SavesetQuery(order="name"), position or None, _AT_ONCE)
        position = page.next_position
        present = engine.present([ref(saveset) for saveset in page.items])
        for saveset in page.items:
            if saveset.name not in present:
                is_listing = _lacks_listing(engine, ref(saveset))
                if (saveset.missing, saveset.lacks_listing) != (True, is_listing):
                    (unlisted if is_listing else lost).append(saveset.name)
                    newly += not saveset.missing
            elif saveset.missing:
                back.append(saveset.name)
    if lost or unlisted or back:
        with changes.write() as tx:
            tx.set_missing(lost, True)
            tx.set_missing(unlisted, True, lacks_listing=True)
            tx.set_missing(back, False)
    return newly, len(back)


def look_again(changes: Changes, engine: Engine) -> None:
    """Enters which of the missing ones are back, since a medium may have been mounted meanwhile."""
    with changes.read() as view:
        missing = [ref(saveset) for saveset in view.missing_savesets()]
    present = engine.present(missing) if missing else set()
    if present:
        with changes.write() as tx:
            tx.set_missing(present, False)


def note_listing(
    changes: Changes, engine: Engine, saveset: SavesetRef, error: SavesetDamaged
) -> None:
    """Enters that the listing of a saveset could not be read."""
    detail = error.metadata.get("detail", "")
    _note(changes, engine, saveset, f"Its listing cannot be read: {detail}")


def note_failure(
    changes: Changes, engine: Engine, chain: tuple[SavesetRef, ...], error: EngineError
) -> None:
    """Enters what a job that failed has proved about a saveset of its chain, if anything."""
    for member in chain:
        if member.name != error.saveset:
            continue
        if error.code == "SAVESET_DAMAGED":
            with changes.write() as tx:
                tx.set_damage(member.name, error.text[:1].upper() + error.text[1:])
        elif error.code in ("SAVESET_MISSING", "BASE_DAMAGED"):
            _note(changes, engine, member, error.text)


def enter_verified(
    changes: Changes,
    engine: Engine,
    chain: tuple[SavesetRef, ...],
    verified: Verified,
    now: datetime,
) -> None:
    """Enters what a comparison with its digests has proved about a saveset: a fault, or that it is
    whole, whatever was said of it before."""
    [member] = [member for member in chain if member.name == verified.saveset]
    lacks_listing = verified.missing and _lacks_listing(engine, member)
    with changes.write() as tx:
        if verified.missing:
            tx.set_missing([member.name], True, lacks_listing)
            return
        if verified.fault:
            tx.set_damage(member.name, verified.fault[:1].upper() + verified.fault[1:])
            return
        tx.set_verified(member.name, now)
        tx.set_missing([member.name], False)


def _note(changes: Changes, engine: Engine, saveset: SavesetRef, text: str) -> None:
    """What is not there may come back; what is there and cannot be read stays damaged."""
    present = bool(engine.present([saveset]))
    with changes.write() as tx:
        if present:
            tx.set_damage(saveset.name, text)
        else:
            tx.set_missing([saveset.name], True, _lacks_listing(engine, saveset))


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
