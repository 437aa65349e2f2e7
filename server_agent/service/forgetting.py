"""Savesets that are not wanted any more: which they are, and how they go.

They leave the catalogue in a transaction, which also enters that their files are to be removed.
The files go after that, now or when their medium is there: at no instant does the catalogue name a
saveset whose files have begun to go.
"""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby, islice

from server_agent.domain.errors import InvalidArgument, SavesetNeeded
from server_agent.domain.jobs import JobState
from server_agent.domain.retention import Fate
from server_agent.ports import CatalogueTransaction, Clock, Engine, Removal, SavesetRef
from server_agent.service.chains import KnownSaveset, known, saveset_named
from server_agent.service.changes import Changes
from server_agent.service.fates import (
    RetentionPage,
    RetentionPreviews,
    all_fates,
    in_use,
    protected_labels,
)
from server_agent.service.faults import look_for_missing
from server_agent.service.immutable import check_eol, check_may_go
from server_agent.service.places import places
from server_agent.service.requests import Request, first_answer, remember

MOST_AT_ONCE = 1000  # savesets that a person deletes in one call
_AT_ONCE = 256  # files of so many are removed before that is entered
_EXPIRED_AT_ONCE = 500  # leave the catalogue in one transaction: others wait for some 0.1 s
_ATTEMPTS = 10


class Forgetting:
    """Deletes savesets, and says beforehand which will be."""

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock
        self._previews = RetentionPreviews(changes, clock)

    def preview(
        self, day: date | None, with_kept: bool, token: str | None, limit: int
    ) -> RetentionPage:
        """What the NEWDAY that begins a sesam day would delete, the oldest first.

        Args:
            day: None: today.

        Raises:
            PageTokenInvalid: the token is of another list.
        """
        return self._previews.page(day, with_kept, token, limit)

    def due(self, day: date) -> list[Fate]:
        """What is not kept on a sesam day that has begun: savesets in each of their places, and
        copies of savesets that stay."""
        with self._changes.read() as view:
            return [fate for fate in all_fates(view, day) if fate.goes]

    def let_go(self) -> int:
        """Lets go what is held for previews that nobody reads on. Returns how many are held."""
        return self._previews.let_go()

    def expire(self, day: date, tell: Callable[[Sequence[Fate]], None]) -> int:
        """Deletes what is not kept on a sesam day that has begun. It is worked out of a view, while
        others write, and then done in portions, the youngest first, as long as nobody has written
        anything; else it is worked out anew.

        Args:
            tell: is told of what has left the catalogue, after each portion.

        Returns:
            How many removals of files are left to be done.
        """
        # The newest that can be restored must not be one whose files went since the last look.
        look_for_missing(self._changes, self._engine)
        for _ in range(_ATTEMPTS):
            if self._expired_all(day, tell):
                break
        else:  # somebody writes all the time: nobody does while this goes on
            with self._changes.write() as tx:
                gone = [fate for fate in all_fates(tx, day) if fate.goes]
                _forget(tx, gone)
            tell(gone)
        return remove_files(self._changes, self._engine)

    def _expired_all(self, day: date, tell: Callable[[Sequence[Fate]], None]) -> bool:
        """False: not all, since somebody else has written."""
        seen = self._changes.seen()
        with self._changes.read() as view:
            gone = iter([fate for fate in reversed(all_fates(view, day)) if fate.goes])
        while portion := list(islice(gone, _EXPIRED_AT_ONCE)):
            with self._changes.write() as tx:
                if not self._changes.is_unchanged(seen):
                    return False
                _forget(tx, portion)
            seen += 1
            tell(portion)
        return True

    def delete(self, request: Request, names: Sequence[str]) -> None:
        """Deletes savesets that a person has chosen: all of them or none.

        Raises:
            InvalidArgument, SavesetNotFound.
            SavesetNeeded: another one builds on one of them, a job works with it, or its medium is
                write protected or immutable.
        """
        if not 1 <= len(set(names)) <= MOST_AT_ONCE:
            raise InvalidArgument(
                field="names", value=f"{len(names)} of them", expected=f"1 to {MOST_AT_ONCE}"
            )
        with self._changes.write() as tx:
            if first_answer(tx, request) is not None:
                return
            busy, protected = in_use(tx), protected_labels(tx)
            lying = places(tx, [saveset_named(tx, name) for name in names])
            check_may_go(tx, lying, self._clock)
            for saveset in lying:
                if saveset.name in busy:
                    raise SavesetNeeded(saveset=saveset.name, users="a job works with it")
                if saveset.label in protected:
                    users = f"its medium {saveset.label} is write protected"
                    raise SavesetNeeded(saveset=saveset.name, users=users)
            tx.remove_savesets(names)
            remember(tx, request, names[0], self._clock.now())
        remove_files(self._changes, self._engine)

    def set_eol(self, request: Request, name: str, eol: date) -> KnownSaveset:
        """Keeps a saveset up to and with a sesam day, where it is read from. Raises
        SavesetNotFound, and InvalidArgument for an earlier one on an immutable data store."""
        with self._changes.write() as tx:
            if first_answer(tx, request) is None:
                check_eol(tx, saveset_named(tx, name), eol)
                tx.set_eol(name, eol)
                remember(tx, request, name, self._clock.now())
            [found] = known(tx, [saveset_named(tx, name)])
        return found


def _forget(tx: CatalogueTransaction, gone: Sequence[Fate]) -> None:
    tx.remove_savesets(fate.saveset.name for fate in gone if not fate.stays)
    for fate in gone:
        if fate.stays:
            tx.remove_place(fate.saveset.name, fate.saveset.label)


def remove_files(changes: Changes, engine: Engine) -> int:
    """Removes files of savesets that have left the catalogue, or a medium, as far as their media
    are there and may be written. Returns how many savesets have files left."""
    with changes.removing:  # who has read what is to be removed is the only one that does it
        with changes.read() as view:
            busy = {job.id for job in view.open_jobs() if job.state is JobState.ACTIVE}
            wanted = [removal for removal in view.removals() if removal.job not in busy]
            protected = protected_labels(view)
            stay = view.labels(each.saveset for each in wanted).keys()
        left = len(wanted)
        for label, on_it in groupby(wanted, key=lambda removal: removal.label):
            rest = iter(on_it if label not in protected else ())
            while portion := list(islice(rest, _AT_ONCE)):
                listed = {each.saveset for each in portion} & stay
                gone = engine.remove([_ref(removal) for removal in portion], listed)
                if gone:
                    with changes.write() as tx:
                        tx.forget_removals(label, gone)
                left -= len(gone)
    return left


def _ref(removal: Removal) -> SavesetRef:
    return SavesetRef(removal.saveset, removal.label, removal.sesam_day, None)
