"""Writing one copy of a saveset, so that it is there as a whole or not at all.

A copy counts from the transaction that enters it. Before the first byte of it is written, it is
entered that its files are to be removed; that transaction takes this back. So whatever ends the
agent in between, the next start removes what nobody knows of.
"""

from collections.abc import Callable, Iterable

from server_agent.domain.copies import Copy
from server_agent.domain.errors import NotFound
from server_agent.domain.jobs import Progress
from server_agent.domain.savesets import Saveset
from server_agent.ports import (
    CatalogueTransaction,
    CatalogueView,
    Clock,
    Control,
    CopyDone,
    CopyEvent,
    CopyRequest,
    Engine,
    EngineError,
    Message,
    Removal,
    SavesetRef,
)
from server_agent.service.chains import ref
from server_agent.service.changes import Changes
from server_agent.service.places import places, prefer
from server_agent.service.writing_place import SPACE_UNKNOWN, WritingPlace, used_percent

Hear = Callable[[Progress | Message], None]

GONE = "it was deleted meanwhile"


class Refused(Exception):
    """A saveset is not copied, for the reason that the text says; others may be."""


class Copying:
    """Writes copies. Different ones may be written in different threads at once."""

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock

    def copy(
        self,
        job_id: str,
        source: Saveset,
        target: WritingPlace,
        control: Control,
        hear: Hear,
        also: Callable[[CatalogueTransaction], None],
    ) -> Copy:
        """Copies a saveset from where it lies to a medium that was made.

        Args:
            job_id: of the job that does it, which is active.
            hear: gets what the engine says.
            also: is called in the transaction that enters the copy.

        Raises:
            Refused, EngineError, Cancelled: nothing of the copy is left, or it is entered that it
                is to be removed.
        """
        request = CopyRequest(ref(source), target.medium.label)
        reservation = Removal(source.name, target.medium.label, source.sesam_day, job_id)
        with self._changes.read() as view:
            _check_free(view, reservation)
        # What is impossible is refused here, and what lies there already: from the reservation on
        # whatever lies there is the copy's own, and may be removed.
        events = self._engine.copy(request, control)
        _check_alike(source, target)
        self._check_room(source, target)
        self._reserve(reservation)
        try:
            done = _followed(events, hear)
            return self._enter(source, target, done, also)
        except BaseException:
            self._release(reservation)
            raise

    def _check_room(self, source: Saveset, target: WritingPlace) -> None:
        """Raises EngineError (STORE_MISSING, NO_SPACE)."""
        store = target.store
        used = used_percent(self._engine, target)
        if used is not None and used >= store.high_water_mark:
            raise EngineError(
                "NO_SPACE",
                f"The data store {store.name} is {used:.0f} % full; its high-water mark is"
                f" {store.high_water_mark} %. Make room there, or raise the mark, then start the"
                " migration again",
            )
        try:
            free = self._engine.space(store.path, store.name, target.medium.label).free_bytes
        except EngineError as error:
            if error.code != SPACE_UNKNOWN:
                raise
            return
        if free < source.stored_bytes:
            raise EngineError(
                "NO_SPACE",
                f"{source.name} has {source.stored_bytes} bytes, and the data store {store.name}"
                f" has room for {free}. Make room there, then start the migration again",
            )

    def _reserve(self, reservation: Removal) -> None:
        """Raises Refused, also for what another migration has done since the first look."""
        with self._changes.write() as tx:
            _check_free(tx, reservation)
            tx.put_removal(reservation)

    def _enter(
        self,
        source: Saveset,
        target: WritingPlace,
        done: CopyDone,
        also: Callable[[CatalogueTransaction], None],
    ) -> Copy:
        now = self._clock.now()
        eol = target.pool.retention.eol(source.sesam_day)
        label = target.medium.label
        copy = Copy(source.name, label, eol, done.stored_bytes, now, verify_time=now)
        with self._changes.write() as tx:
            try:
                tx.add_copy(copy)
            except NotFound as error:
                raise Refused(GONE) from error
            prefer(tx, [source.name])
            also(tx)
        return copy

    def _release(self, reservation: Removal) -> None:
        """Takes the reservation back if nothing is left; else the next start, or the return of the
        medium, removes it."""
        with self._changes.read() as view:
            is_reserved = reservation in view.removals()  # else the copy was entered
            is_known = view.saveset(reservation.saveset) is not None
        where = SavesetRef(reservation.saveset, reservation.label, reservation.sesam_day, None)
        listed = {reservation.saveset} if is_known else set()
        if is_reserved and self._engine.remove([where], listed):
            with self._changes.write() as tx:
                tx.forget_removals(reservation.label, [reservation.saveset])


def _check_free(view: CatalogueView, wanted: Removal) -> None:
    """Raises Refused: the saveset is gone, lies there by now, or what lay there before is not
    removed yet."""
    saveset = view.saveset(wanted.saveset)
    if saveset is None:
        raise Refused(GONE)
    if wanted.label in {place.label for place in places(view, [saveset])}:
        raise Refused(f"another job has copied it to {wanted.label} just now")
    where = (wanted.saveset, wanted.label)
    if any((each.saveset, each.label) == where for each in view.removals()):
        raise Refused(f"files of it are still to be removed from {wanted.label}")


def _check_alike(source: Saveset, target: WritingPlace) -> None:
    """Raises Refused: one of both is encrypted."""
    if source.encrypted is target.is_encrypted:
        return
    what = "is encrypted" if source.encrypted else "is not encrypted"
    other = "are" if target.is_encrypted else "are not"
    raise Refused(
        f"it {what}, and savesets of the pool {target.pool.name} {other}: a copy is written as it"
        " is. Choose a pool that is alike"
    )


def _followed(events: Iterable[CopyEvent], hear: Hear) -> CopyDone:
    done: CopyDone | None = None
    for event in events:
        if isinstance(event, CopyDone):
            done = event
        else:
            hear(event)
    if done is None:
        raise RuntimeError("the engine said no result for a copy")
    return done
