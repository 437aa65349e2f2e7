"""What is found out about savesets that cannot be restored, and entered for all to see."""

from server_agent.domain.errors import SavesetDamaged
from server_agent.ports import Engine, EngineError, SavesetQuery, SavesetRef
from server_agent.service.chains import ref
from server_agent.service.changes import Changes

_AT_ONCE = 1000  # savesets looked at together


def look_for_missing(changes: Changes, engine: Engine) -> tuple[int, int]:
    """Enters of every saveset whether its files are in their places; deletes nothing. Returns how
    many became missing and how many are back."""
    lost: list[str] = []
    back: list[str] = []
    position: str | None = None
    with changes.read() as view:
        while True:
            page = view.savesets(SavesetQuery(order="name"), position, _AT_ONCE)
            present = engine.present([ref(saveset) for saveset in page.items])
            for saveset in page.items:
                if saveset.missing and saveset.name in present:
                    back.append(saveset.name)
                elif not saveset.missing and saveset.name not in present:
                    lost.append(saveset.name)
            position = page.next_position
            if position is None:
                break
    if lost or back:
        with changes.write() as tx:
            tx.set_missing(lost, True)
            tx.set_missing(back, False)
    return len(lost), len(back)


def look_again(changes: Changes, engine: Engine) -> None:
    """Enters which of the missing ones are back, since a medium may have been mounted meanwhile."""
    with changes.read() as view:
        missing = view.missing_savesets()
    present = engine.present([ref(saveset) for saveset in missing]) if missing else set()
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


def _note(changes: Changes, engine: Engine, saveset: SavesetRef, text: str) -> None:
    """What is not there may come back; what is there and cannot be read stays damaged."""
    present = bool(engine.present([saveset]))
    with changes.write() as tx:
        if present:
            tx.set_damage(saveset.name, text)
        else:
            tx.set_missing([saveset.name], True)
