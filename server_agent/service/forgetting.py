"""Savesets that are not wanted any more: which they are, and how they go.

They leave the catalogue in one transaction, which also enters that their files are to be removed.
The files go after that, now or when their medium is there: at no instant does the catalogue name a
saveset whose files have begun to go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from server_agent.domain.errors import InvalidArgument, SavesetNeeded
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.retention import Fate, Keeping, fates
from server_agent.domain.savesets import Saveset
from server_agent.ports import CatalogueView, Clock, Engine, Page, Removal, SavesetQuery, SavesetRef
from server_agent.service.chains import KnownSaveset, known, saveset_named
from server_agent.service.changes import Changes
from server_agent.service.days import day_of
from server_agent.service.faults import look_for_missing
from server_agent.service.paging import seal, unseal
from server_agent.service.requests import Request, first_answer, remember

MOST_AT_ONCE = 1000  # savesets that a person deletes in one call
_AT_ONCE = 256  # files of so many are removed before that is entered


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """A page of fates, and what all pages together delete."""

    fates: Page[Fate]
    deleted: int
    deleted_bytes: int


class Forgetting:
    """Deletes savesets, and says beforehand which will be."""

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock

    def preview(
        self, day: date | None, with_kept: bool, token: str | None, limit: int
    ) -> RetentionPage:
        """What the NEWDAY that begins a sesam day would delete, the oldest first.

        Args:
            day: None: today.

        Raises:
            PageTokenInvalid: the token is of another list.
        """
        with self._changes.read() as view:
            day = day or day_of(view, self._clock, self._clock.now())
            found = all_fates(view, day)
        gone = [fate.saveset for fate in found if fate.goes]
        shown = [fate for fate in found if fate.goes or with_kept]
        shown.sort(key=lambda fate: (fate.saveset.sesam_day, int(fate.saveset.job_id)))
        list_name = f"retention {day} {with_kept}"
        first = int(unseal(list_name, token) or 0)
        after = first + limit
        more = seal(list_name, str(after)) if after < len(shown) else None
        size = sum(saveset.stored_bytes for saveset in gone)
        return RetentionPage(Page(tuple(shown[first:after]), more), len(gone), size)

    def expire(self, day: date) -> tuple[list[Saveset], int]:
        """Deletes what is not kept on a sesam day that has begun.

        Returns:
            What was deleted, and how many removals of files are left to be done.
        """
        # The newest that can be restored must not be one whose files went since the last look.
        look_for_missing(self._changes, self._engine)
        with self._changes.write() as tx:
            gone = [fate.saveset for fate in all_fates(tx, day) if fate.goes]
            tx.remove_savesets([saveset.name for saveset in gone])
        return gone, remove_files(self._changes, self._engine)

    def delete(self, request: Request, names: Sequence[str]) -> None:
        """Deletes savesets that a person has chosen: all of them or none.

        Raises:
            InvalidArgument, SavesetNotFound.
            SavesetNeeded: another one builds on one of them, a job works with it, or its medium is
                write protected.
        """
        if not 1 <= len(set(names)) <= MOST_AT_ONCE:
            raise InvalidArgument(
                field="names", value=f"{len(names)} of them", expected=f"1 to {MOST_AT_ONCE}"
            )
        with self._changes.write() as tx:
            if first_answer(tx, request) is not None:
                return
            busy, protected = in_use(tx), protected_labels(tx)
            for saveset in [saveset_named(tx, name) for name in names]:
                if saveset.name in busy:
                    raise SavesetNeeded(saveset=saveset.name, users="a job works with it")
                if saveset.label in protected:
                    users = f"its medium {saveset.label} is write protected"
                    raise SavesetNeeded(saveset=saveset.name, users=users)
            tx.remove_savesets(names)
            remember(tx, request, names[0], self._clock.now())
        remove_files(self._changes, self._engine)

    def set_eol(self, request: Request, name: str, eol: date) -> KnownSaveset:
        """Keeps a saveset up to and with a sesam day. Raises SavesetNotFound."""
        with self._changes.write() as tx:
            if first_answer(tx, request) is None:
                saveset_named(tx, name)
                tx.set_eol(name, eol)
                remember(tx, request, name, self._clock.now())
            [found] = known(tx, [saveset_named(tx, name)])
        return found


def all_fates(view: CatalogueView, day: date) -> list[Fate]:
    """The fate of each saveset of the location on a sesam day that has begun."""
    pools = {pool.name: pool for pool in view.pools()}
    of_labels = {medium.label: pools.get(medium.pool) for medium in view.media()}
    keeping = Keeping(
        pool=lambda saveset: of_labels.get(saveset.label),
        protected=protected_labels(view),
        in_use=in_use(view),
    )
    return fates(_all_savesets(view), day, keeping)


def in_use(view: CatalogueView) -> frozenset[str]:
    """Names of the savesets that open jobs read, or may build on."""
    names: set[str] = set()
    for job in view.open_jobs():
        if job.kind in (JobKind.RESTORE, JobKind.VERIFY):
            names |= view.bases(job.saveset).keys()
        elif job.kind is JobKind.BACKUP and job.state is JobState.ACTIVE:
            # It has chosen its base, and after a crash the same one has to be chosen again.
            names |= {saveset.name for saveset in view.savesets_of_task(job.task)}
    return frozenset(names)


def protected_labels(view: CatalogueView) -> frozenset[str]:
    """Labels of the media on which nothing may be deleted."""
    return frozenset(medium.label for medium in view.media() if medium.write_protected)


def remove_files(changes: Changes, engine: Engine) -> int:
    """Removes files of savesets that have left the catalogue, as far as their media are there and
    may be written. Returns how many savesets have files left."""
    with changes.read() as view:
        wanted = view.removals()
        protected = protected_labels(view)
    left = len(wanted)
    rest = iter([removal for removal in wanted if removal.label not in protected])
    while portion := list(islice(rest, _AT_ONCE)):
        gone = engine.remove([_ref(removal) for removal in portion])
        if gone:
            with changes.write() as tx:
                tx.forget_removals(gone)
        left -= len(gone)
    return left


def _ref(removal: Removal) -> SavesetRef:
    return SavesetRef(removal.saveset, removal.label, removal.sesam_day, None)


def _all_savesets(view: CatalogueView) -> list[Saveset]:
    """Without their sources, which may be megabytes."""
    found: list[Saveset] = []
    position: str | None = None
    while True:
        page = view.savesets(SavesetQuery(order="name", descending=False), position, _AT_ONCE)
        found += [replace(saveset, sources=()) for saveset in page.items]
        position = page.next_position
        if position is None:
            return found
