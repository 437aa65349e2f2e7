"""What becomes of each saveset on a sesam day, and what is said of that beforehand."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from server_agent.domain.errors import PageTokenInvalid
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.retention import Fate, Keeping, fates
from server_agent.domain.savesets import BackupType
from server_agent.ports import CatalogueView, Clock, Page
from server_agent.service.changes import Changes
from server_agent.service.days import HELD_BACK, day_of, is_held_back
from server_agent.service.paging import seal, unseal

_ANSWERS_HELD = 2  # some 40 MB each with 100 000 savesets
_HELD = timedelta(minutes=10)  # since a page of it was read


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """A page of fates, and what all pages together delete: savesets, their bytes, and copies of
    savesets that stay. `held_back` says why that NEWDAY will do nothing of it."""

    fates: Page[Fate]
    deleted: int
    deleted_bytes: int
    deleted_copies: int = 0
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The fates on a day, the oldest first, as of when so many transactions had ended."""

    number: int
    day: date
    seen: int
    fates: tuple[Fate, ...]
    gone: tuple[Fate, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gone", tuple(fate for fate in self.fates if fate.goes))


class RetentionPreviews:
    """Pages of what will be deleted. All pages of one list are of one moment: they are taken from
    one answer, as long as that is held. Any thread may call it."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: OrderedDict[int, _Answer] = OrderedDict()
        self._read: dict[int, datetime] = {}  # when a page of each was read last
        self._number = 0

    def page(
        self, day: date | None, with_kept: bool, token: str | None, limit: int
    ) -> RetentionPage:
        """What the NEWDAY that begins a sesam day, today's for None, would delete.

        Raises:
            PageTokenInvalid: the token is of another list.
        """
        with self._changes.read() as view:
            day = day or day_of(view, self._clock, self._clock.now())
            held = is_held_back(view, self._clock, day)
        list_name = f"retention {day} {with_kept}"
        number, first = _position(unseal(list_name, token))
        answer = self._answer(day, number)
        shown = answer.fates if with_kept else answer.gone
        after = first + limit
        more = seal(list_name, f"{answer.number} {after}") if after < len(shown) else None
        if more is None:
            with self._lock:
                self._drop(answer.number)
        return RetentionPage(
            Page(tuple(shown[first:after]), more),
            deleted=len({fate.saveset.name for fate in answer.gone if not fate.stays}),
            deleted_bytes=sum(fate.saveset.stored_bytes for fate in answer.gone),
            deleted_copies=sum(fate.stays for fate in answer.gone),
            held_back=HELD_BACK if held and answer.gone else "",
        )

    def let_go(self) -> int:
        """Lets go the answers of lists that were not read to their end and that nobody has read on
        for minutes. Returns how many are held."""
        with self._lock:
            now = self._clock.now()
            # Either way, since a clock may have been set back.
            for number in [n for n, read in self._read.items() if abs(now - read) > _HELD]:
                self._drop(number)
            return len(self._answers)

    def _drop(self, number: int) -> None:
        self._answers.pop(number, None)
        self._read.pop(number, None)

    def _answer(self, day: date, number: int) -> _Answer:
        """The one of that number if it is held, or one of now."""
        with self._lock:  # also while it is worked out: nobody else needs to do it
            answer = self._held(day, number) or self._new(day)
            self._read[answer.number] = self._clock.now()
            return answer

    def _held(self, day: date, number: int) -> _Answer | None:
        if number in self._answers and self._answers[number].day == day:
            return self._answers[number]  # another day's has the number since a restart
        state = day, self._changes.seen()
        return next((a for a in self._answers.values() if (a.day, a.seen) == state), None)

    def _new(self, day: date) -> _Answer:
        seen = self._changes.seen()
        with self._changes.read() as view:
            found = all_fates(view, day)
        found.sort(key=lambda fate: fate.saveset.sesam_day)
        self._number += 1
        self._answers[self._number] = _Answer(self._number, day, seen, tuple(found))
        while len(self._answers) > _ANSWERS_HELD:
            self._drop(next(iter(self._answers)))
        return self._answers[self._number]


def _position(text: str | None) -> tuple[int, int]:
    """The number of the answer that a page is of, and that of its first row."""
    try:
        number, first = map(int, text.split()) if text is not None else (0, 0)
    except ValueError:
        raise PageTokenInvalid from None
    return number, first


def all_fates(view: CatalogueView, day: date) -> list[Fate]:
    """The fate of each saveset of the location in each of its places on a sesam day that has begun;
    of what was made first, first. A location of 100 000 savesets takes more than half a second."""
    pools = {pool.name: pool for pool in view.pools()}
    of_labels = {medium.label: pools.get(medium.pool) for medium in view.media()}
    keeping = Keeping(pool=of_labels.get, protected=protected_labels(view), in_use=in_use(view))
    return fates(view.lying(), day, keeping)


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
