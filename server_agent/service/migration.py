"""Migration: copying savesets to another media pool, and giving them up where they were.

What a saveset builds on is copied before it. A place is given up in the transaction that enters the
copy: at every instant each saveset can be restored from one place or the other.
"""

from collections.abc import Iterable
from dataclasses import replace

from server_agent.domain.errors import SavesetNeeded
from server_agent.domain.events import MigrationAction
from server_agent.domain.interfaces import is_self_backup
from server_agent.domain.jobs import Job, JobState, Level, Progress
from server_agent.domain.savesets import Saveset, chain_of
from server_agent.ports import (
    Cancelled,
    CatalogueTransaction,
    CatalogueView,
    Clock,
    Engine,
    EngineError,
    Message,
    NotCompared,
    SavesetQuery,
    Verified,
    VerifyRequest,
)
from server_agent.service.chains import ref
from server_agent.service.changes import Changes
from server_agent.service.compare_jobs import PROGRESS_INTERVAL
from server_agent.service.control import JobControl, too_late
from server_agent.service.copying import GONE, Copying, Refused
from server_agent.service.fates import protected_labels
from server_agent.service.faults import enter_verified, note_failure
from server_agent.service.forgetting import remove_files
from server_agent.service.immutable import check_may_go
from server_agent.service.migration_run import (
    MigrationRun,
    done_text,
    outcome_of,
    progress_of,
    savesets_text,
)
from server_agent.service.places import places, present
from server_agent.service.plan import Outcome, Plan, cancelled_by
from server_agent.service.protocol import JobProtocol
from server_agent.service.writing_place import WritingPlace, labels_of_repositories, make_ready

# The report lies beside the data, and is written once.
_REPORT = "how the location is put back is written for that medium"
_AT_ONCE = 64  # savesets looked at together; each may have a megabyte of sources
_OF_SAVESET = ("SAVESET_DAMAGED", "SAVESET_MISSING")  # another place of it may be whole


class Migration:
    """Does migrations. Different ones may be done in different threads at once."""

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock
        self._copying = Copying(changes, engine, clock)

    def run(self, plan: Plan, control: JobControl, protocol: JobProtocol) -> Outcome:
        """What was copied before a cancel stays. Raises Cancelled if the agent ends."""
        assert plan.place is not None  # every migration has one
        run = self._begun(plan, plan.place, control, protocol)
        try:
            run.place = self._ready(run)
            for name in self._with_bases(sorted(run.wanted)):
                self._one(run, name)
        except EngineError as error:
            if control.cancelled:
                raise Cancelled from error
            text = error.text[:1].upper() + error.text[1:]
            return outcome_of(run, JobState.ERROR, error.code, text)
        except Cancelled:
            protocol.line(Level.INFO, "KEPT", f"{done_text(run)}. That stays")
            if control.stopped_by is None:
                raise
            ended = cancelled_by(control.stopped_by)
            return outcome_of(run, ended.state, ended.code, ended.message)
        state = JobState.OK
        if run.failed or run.staying or run.warned:
            has_some = run.copied or run.moved or run.were_there
            state = JobState.WARNING if has_some else JobState.ERROR
        control.set_result(state)
        return outcome_of(run, state, "RESULT", too_late(control))

    def _begun(
        self, plan: Plan, place: WritingPlace, control: JobControl, protocol: JobProtocol
    ) -> MigrationRun:
        job = plan.job
        with self._changes.read() as view:
            event = view.event_by_id(job.event_id)
        action = event.action if event is not None else None
        source_pool = action.source_pool if isinstance(action, MigrationAction) else ""
        names = [path.decode() for path in job.paths] or list(self._in_pool(job, source_pool))
        if not job.paths and names:
            # From now on nobody deletes them.
            with self._changes.write() as tx:
                tx.put_job(replace(job, paths=tuple(name.encode() for name in names)))
        run = MigrationRun(plan, place, source_pool, frozenset(names), control, protocol)
        what = "Moves" if job.move else "Copies"
        of = f" of media pool {source_pool}" if source_pool else ""
        text = f"{what} {savesets_text(len(names))}{of} to medium {run.label} of {place.pool.name}"
        protocol.line(Level.INFO, "TYPE", text)
        return run

    def _ready(self, run: MigrationRun) -> WritingPlace:
        """The place once it can be written to. Raises EngineError."""
        self._check_kind(run)
        make_ready(self._changes, self._engine, self._clock, run.place)
        # What was given up there while it was away would be in the way.
        remove_files(self._changes, self._engine)
        with self._changes.read() as view:
            medium = view.medium(run.label)
        return replace(run.place, medium=medium or run.place.medium)

    def _check_kind(self, run: MigrationRun) -> None:
        """Raises EngineError (COPY_IMPOSSIBLE) before a medium is made for nothing: all of it is
        written by the other engine."""
        is_of_restic = run.place.store.has_repositories
        with self._changes.read() as view:
            of_restic = labels_of_repositories(view)
            kinds = {label in of_restic for label in view.labels(run.wanted).values()}
        if kinds and is_of_restic not in kinds:
            kinds_said = ["directories", "repositories of restic"]
            here, there = kinds_said[is_of_restic], kinds_said[not is_of_restic]
            raise EngineError(
                "COPY_IMPOSSIBLE",
                f"The pool {run.place.pool.name} is written to {here}, and what is to be copied"
                f" lies in {there}: what the one engine has written cannot be copied to the other."
                " Back up the tasks to that pool too",
            )

    def _in_pool(self, job: Job, source_pool: str) -> Iterable[str]:
        """The savesets of a pool that have something to be done."""
        position: str | None = ""
        while position is not None:
            with self._changes.read() as view:
                pools = _pools(view)
                query = SavesetQuery(order="job", descending=False)
                page = view.savesets(query, position or None, _AT_ONCE)
                lying: dict[str, set[str]] = {}
                for place in places(view, page.items):
                    lying.setdefault(place.name, set()).add(pools.get(place.label, ""))
            position = page.next_position
            for saveset in page.items:
                of_pools = lying[saveset.name]
                is_left = job.move and not is_self_backup(saveset.task)
                if source_pool in of_pools and (is_left or job.pool not in of_pools):
                    yield saveset.name

    def _with_bases(self, names: Iterable[str]) -> list[str]:
        """Also what they build on; that comes first."""
        order: dict[str, int] = {}
        for name in names:
            with self._changes.read() as view:
                bases = view.bases(name)
                for member in chain_of(name, bases) if name in bases else (name,):
                    if member in order:
                        break
                    saveset = view.saveset(member)
                    order[member] = int(saveset.job_id) if saveset is not None else 0
        return sorted(order, key=lambda name: (order[name], name))

    def _one(self, run: MigrationRun, name: str) -> None:
        """Raises Cancelled, EngineError: nothing more can be written."""
        if run.control.cancelled:
            raise Cancelled
        try:
            self._migrated(run, name)
        except Refused as refused:
            run.failed[name] = str(refused)
            run.protocol.line(Level.ERROR, "NOT_COPIED", f"{name} is not copied: {refused}")

    def _migrated(self, run: MigrationRun, name: str) -> None:
        with self._changes.read() as view:
            saveset = view.saveset(name)
            lying = places(view, [saveset]) if saveset is not None else []
            pools = _pools(view)
        if saveset is None:
            raise Refused(GONE)
        if saveset.base in run.failed:
            raise Refused(f"it builds on {saveset.base}, which could not be copied")
        there = [place for place in lying if pools.get(place.label) == run.place.pool.name]
        if there and there[0].damage:
            self._give_up_damaged(run, there[0], lying)
            there = []
        is_leaving = run.plan.job.move and name in run.wanted
        if is_leaving and run.source_pool and is_self_backup(saveset.task):
            run.protocol.line(Level.INFO, "STAYS", f"{name} stays too: {_REPORT}")
            is_leaving = False
        if not there:
            self._copy(run, lying, is_leaving)
            return
        run.were_there += name in run.wanted
        if is_leaving:
            self._leave(run, there[0])

    def _give_up_damaged(self, run: MigrationRun, place: Saveset, lying: Iterable[Saveset]) -> None:
        """Makes room for a copy that is whole. Raises Refused: no other place is proved to be so,
        and something of it may be brought back from this one yet."""
        others = [each for each in lying if each.label != place.label and not each.damage]
        whole = {each.label for each in others if self._is_whole(run, each)}
        with self._changes.write() as tx:
            now = places(tx, [_named(tx, place.name)])
            is_left = any(each.label in whole and not each.fault for each in now)
            if not is_left or self._why_stays(run, tx, place):
                raise Refused(place.damage)
            tx.remove_place(place.name, place.label)
        remove_files(self._changes, self._engine)

    def _is_whole(self, run: MigrationRun, place: Saveset) -> bool:
        """Raises Cancelled."""
        try:
            return not self._compared(run, place)
        except EngineError:  # its medium is away
            return False

    def _compared(self, run: MigrationRun, place: Saveset) -> str:
        """What is wrong with a saveset in a place; empty if all of it is as it was. Raises
        Cancelled, EngineError."""
        member, fault = ref(place), "nothing is known of it"
        for event in self._engine.verify(VerifyRequest((member,)), run.control):
            if isinstance(event, NotCompared):
                raise EngineError("SYSTEM", f"{event.saveset} on {event.label}: {event.text}")
            if isinstance(event, Verified):
                now = self._clock.now()
                enter_verified(self._changes, self._engine, (member,), event, now)
                fault = event.fault
        return fault

    def _copy(self, run: MigrationRun, lying: Iterable[Saveset], is_leaving: bool) -> None:
        """Copies it from the first place that is whole."""
        why = [place.fault for place in lying if place.fault]
        refs = {ref(place): place for place in lying if not place.damage}
        there = present(self._engine, refs)
        for each, place in refs.items():
            if each not in there:
                why.append(place.fault or f"its files are not all there on {place.label}")
                continue
            try:
                self._copy_from(run, place, is_leaving)
            except EngineError as error:
                if error.code == "NAME_TAKEN":  # whichever place it is read from
                    raise Refused(error.text) from error
                if error.code == "COPY_IMPOSSIBLE":
                    why.append(error.text)
                    continue
                if error.code not in _OF_SAVESET and not self._is_gone(place.label, run):
                    raise
                note_failure(self._changes, self._engine, (each,), error)
                why.append(error.text)
            else:
                return
        raise Refused("; ".join(dict.fromkeys(why)))

    def _is_gone(self, label: str, run: MigrationRun) -> bool:
        """Whether a medium that is read went, and the one that is written is there."""
        try:
            self._engine.check_store(run.label)
        except EngineError:
            return False
        try:
            self._engine.check_store(label)
        except EngineError:
            return True
        return False

    def _copy_from(self, run: MigrationRun, place: Saveset, is_leaving: bool) -> None:
        """Raises Refused, EngineError, Cancelled."""
        left: list[str] = []

        def leave(tx: CatalogueTransaction) -> None:
            if is_leaving:
                left.extend(self._leaving(run, tx, place.name))

        copy = self._copying.copy(
            *(run.plan.job.id, place, run.place, run.control),
            lambda event: self._hear(run, event),
            leave,
        )
        run.copied += 1
        run.stored_bytes += copy.stored_bytes
        text = f"{place.name}: {copy.stored_bytes} bytes from {place.label}, compared"
        run.protocol.line(Level.INFO, "COPIED", text)
        self._tell_left(run, place.name, left)

    def _hear(self, run: MigrationRun, event: Progress | Message) -> None:
        if isinstance(event, Message):
            run.protocol.message(event)
            run.warned += [event.text] if event.level is Level.WARNING else []
            return
        now = self._clock.now()
        if run.told is None or abs(now - run.told) >= PROGRESS_INTERVAL:
            self._changes.set_progress(run.plan.job.id, progress_of(run, event))
            run.told = now

    def _leave(self, run: MigrationRun, there: Saveset) -> None:
        """Gives up what lies in the target pool already, if that is whole."""
        if there.missing:
            raise Refused(f"its copy cannot be compared: {there.fault}")
        if fault := self._compared(run, there):
            raise Refused(f"its copy on {there.label} is not whole: {fault}")
        with self._changes.write() as tx:
            left = self._leaving(run, tx, there.name)
        self._tell_left(run, there.name, left)

    def _leaving(self, run: MigrationRun, tx: CatalogueTransaction, name: str) -> list[str]:
        """Takes it out of the places that it is moved from. Returns their labels."""
        pools, target = _pools(tx), run.place.pool.name
        lying = places(tx, [_named(tx, name)])
        if not any(pools.get(each.label) == target and not each.fault for each in lying):
            raise Refused(f"its copy in {target} went while it was compared")
        leaving = [each for each in lying if pools.get(each.label) == run.source_pool]
        if not run.source_pool:
            leaving = [each for each in lying if pools.get(each.label) != target][:1]
        left = []
        for each in leaving:
            why = self._why_stays(run, tx, each)
            if is_self_backup(each.task):
                why = why or _REPORT
            if why:
                run.staying.append(f"{name} stays on {each.label} too: {why}")
            else:
                tx.remove_place(name, each.label)
                left.append(each.label)
        return left

    def _why_stays(self, run: MigrationRun, view: CatalogueView, place: Saveset) -> str:
        """Why a place must not be given up; empty if it may be."""
        if place.label in protected_labels(view):
            return "the medium is write protected"
        if run.is_in_use(view, place.name):
            return "a job works with it"
        try:
            check_may_go(view, [place], self._clock)
        except SavesetNeeded as error:
            return str(error.metadata["users"])
        return ""

    def _tell_left(self, run: MigrationRun, name: str, left: list[str]) -> None:
        for sentence in run.staying[run.told_staying :]:
            run.protocol.line(Level.WARNING, "STAYS", sentence)
        run.told_staying = len(run.staying)
        if left:
            run.moved += 1
            text = f"{name} is given up on {', '.join(left)}"
            run.protocol.line(Level.INFO, "MOVED", text)
            remove_files(self._changes, self._engine)


def _named(view: CatalogueView, name: str) -> Saveset:
    """Raises Refused: it was deleted meanwhile."""
    saveset = view.saveset(name)
    if saveset is None:
        raise Refused(GONE)
    return saveset


def _pools(view: CatalogueView) -> dict[str, str]:
    """The media pool of each label."""
    return {medium.label: medium.pool for medium in view.media()}
