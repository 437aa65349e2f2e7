"""Savesets that are not wanted any more: which they are, and how they go.

They leave the catalogue in one transaction, which also enters that their files are to be removed.
The files go after that, now or when their medium is there: at no instant does the catalogue name a
saveset whose files have begun to go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, islice

from server_agent.domain.errors import InvalidArgument, SavesetNeeded
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.retention import Fate, Keeping, fates
from server_agent.domain.savesets import BackupType, Saveset
from server_agent.ports import CatalogueView, Clock, Engine, Page, Removal, SavesetQuery, SavesetRef
from server_agent.service.chains import KnownSaveset, known, saveset_named
from server_agent.service.changes import Changes
from server_agent.service.days import HELD_BACK, day_of, is_held_back
from server_agent.service.faults import look_for_missing
from server_agent.service.immutable import check_eol, check_may_go
from server_agent.service.paging import seal, unseal
from server_agent.service.places import places
from server_agent.service.requests import Request, first_answer, remember

MOST_AT_ONCE = 1000  # savesets that a person deletes in one call
_AT_ONCE = 256  # files of so many are removed before that is entered


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """A page of fates, and what all pages together delete: savesets, their bytes, and copies of
    savesets that stay. `held_back` says why that NEWDAY will do nothing of it."""

    fates: Page[Fate]
    deleted: int
    deleted_bytes: int
    deleted_copies: int = 0
    held_back: str = ""


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
            held = is_held_back(view, self._clock, day)
        gone = [fate for fate in found if fate.goes]
        names = {fate.saveset.name for fate in gone if not fate.stays}
        shown = [fate for fate in found if fate.goes or with_kept]
        shown.sort(key=lambda fate: (fate.saveset.sesam_day, int(fate.saveset.job_id)))
        list_name = f"retention {day} {with_kept}"
        first = int(unseal(list_name, token) or 0)
        after = first + limit
        more = seal(list_name, str(after)) if after < len(shown) else None
        size = sum(fate.saveset.stored_bytes for fate in gone)
        copies = sum(fate.stays for fate in gone)
        page = Page(tuple(shown[first:after]), more)
        why = HELD_BACK if held and gone else ""
        return RetentionPage(page, len(names), size, copies, why)

    def expire(self, day: date) -> tuple[list[Fate], int]:
        """Deletes what is not kept on a sesam day that has begun.

        Returns:
            What was deleted, and how many removals of files are left to be done.
        """
        # The newest that can be restored must not be one whose files went since the last look.
        look_for_missing(self._changes, self._engine)
        with self._changes.write() as tx:
            gone = [fate for fate in all_fates(tx, day) if fate.goes]
            tx.remove_savesets(fate.saveset.name for fate in gone if not fate.stays)
            for fate in gone:
                if fate.stays:
                    tx.remove_place(fate.saveset.name, fate.saveset.label)
        return gone, remove_files(self._changes, self._engine)

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


def all_fates(view: CatalogueView, day: date) -> list[Fate]:
    """The fate of each saveset of the location on a sesam day that has begun."""
    pools = {pool.name: pool for pool in view.pools()}
    of_labels = {medium.label: pools.get(medium.pool) for medium in view.media()}
    keeping = Keeping(
        pool=lambda saveset: of_labels.get(saveset.label),
        protected=protected_labels(view),
        in_use=in_use(view),
    )
    return fates(places(view, all_savesets(view)), day, keeping)


def in_use(view: CatalogueView, but: str = "") -> frozenset[str]:
    """Names of the savesets that open jobs read, or may build on. `but`: without this job."""
    names: set[str] = set()
    for job in view.open_jobs():
        if job.id == but:
            continue
        if job.kind in (JobKind.RESTORE, JobKind.VERIFY, JobKind.RESTORE_PROOF):
            names |= view.bases(job.saveset).keys()
        elif job.state is JobState.ACTIVE and job.type in (BackupType.DIFF, BackupType.INC):
            # It has chosen its base, and after a crash the same one has to be chosen again. A FULL
            # holds nothing: at the same time as every NEWDAY it would keep its task for ever.
            names |= {saveset.name for saveset in view.savesets_of_task(job.task)}
        elif job.kind is JobKind.MIGRATION:
            for name in (path.decode() for path in reversed(job.paths)):
                if name not in names:  # the newest come first, and with them what they build on
                    names |= view.bases(name).keys()
    return frozenset(names)


def protected_labels(view: CatalogueView) -> frozenset[str]:
    """Labels of the media on which nothing may be deleted."""
    return frozenset(medium.label for medium in view.media() if medium.write_protected)


def remove_files(changes: Changes, engine: Engine) -> int:
    """Removes files of savesets that have left the catalogue, or a medium, as far as their media
    are there and may be written. Returns how many savesets have files left."""
    with changes.removing:  # who has read what is to be removed is the only one that does it
        with changes.read() as view:
            busy = {job.id for job in view.open_jobs() if job.state is JobState.ACTIVE}
            wanted = [removal for removal in view.removals() if removal.job not in busy]
            protected = protected_labels(view)
            stay = {each.saveset for each in wanted if view.saveset(each.saveset) is not None}
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


def all_savesets(view: CatalogueView) -> list[Saveset]:
    """Without their sources, which may be megabytes."""
    found: list[Saveset] = []
    position: str | None = None
    while True:
        page = view.savesets(SavesetQuery(order="name", descending=False), position, _AT_ONCE)
        found += [replace(saveset, sources=()) for saveset in page.items]
        position = page.next_position
        if position is None:
            return found
