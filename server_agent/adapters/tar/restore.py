"""One restore: what it brings back, from which savesets, and what could not be brought."""

import itertools
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from server_agent.adapters.tar import links, saved
from server_agent.adapters.tar import target as place
from server_agent.adapters.tar.aside import Aside
from server_agent.adapters.tar.client import Client, Survey
from server_agent.adapters.tar.complaints import METADATA
from server_agent.adapters.tar.damage import Damage, Place, from_there_on
from server_agent.adapters.tar.extraction import Extraction, Landing
from server_agent.adapters.tar.failures import damaged, is_broken, translated
from server_agent.adapters.tar.journal import Journal
from server_agent.adapters.tar.listing import Amount
from server_agent.adapters.tar.newcomers import Newcomers, nothing_lost
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.adapters.tar.rehearsal import Rehearsal
from server_agent.adapters.tar.ruling import Ruling
from server_agent.adapters.tar.salvage import SalvageReader
from server_agent.adapters.tar.selection import Selection
from server_agent.adapters.tar.slices import Slice
from server_agent.adapters.tar.sound import sound
from server_agent.adapters.tar.standing import Look, look_here, nothing_there, standing_now
from server_agent.adapters.tar.store import HALF_RESTORE, NO_RESTORE
from server_agent.adapters.tar.tally import Tally
from server_agent.adapters.tar.target import Ground
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.quoting import quoted
from server_agent.ports import (
    Cancelled,
    Control,
    EngineError,
    EntryKind,
    Message,
    RestoreDone,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
)

_NAMED_REPLACED = 20  # in the result; the protocol has all


@dataclass(slots=True)
class Restore:
    """One run of `server_agent.ports.Engine.restore`."""

    places: Places
    threads: int
    request: RestoreRequest
    control: Control
    client: Client
    _tally: Tally = field(default_factory=Tally)
    _homes: dict[int, str] = field(default_factory=dict)
    _left_out: int = 0
    _total: Amount | None = None  # known once something is restored
    _then: str = NO_RESTORE  # what follows when a medium is away
    _then_half: str = HALF_RESTORE  # and once something may have been restored
    _aside: Landing | None = None
    _survey: Survey = field(default_factory=lambda: Survey(b"", {}, 0, 0))
    _replaced: list[str] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)  # what the overwrite rule has left
    _sound: set[str] = field(default_factory=set)  # savesets whose listings were compared
    _put_back: list[str] = field(default_factory=list)  # what is said of those that were damaged
    _damage: Damage = field(default_factory=Damage)

    def events(self) -> Iterator[RestoreEvent]:
        try:
            yield from self._events()
        except Exception:
            if self._aside is not None:
                yield from self._aside.said()
            if self._total is not None:
                yield self._reached(self._total)
            raise

    def _events(self) -> Iterator[RestoreEvent]:
        with translated(self.control, self.places.tmp_dir):
            yield Progress(Phase.SCAN)
            listing = self._files(self.request.chain[0].name).listing
            self.places.check_store(self.request.chain[0].label, self._then)
            yield from self._sounded(self.request.chain[0])
            # Restores of one saveset may run at the same time.
            scratch = self.places.scratch(self.request.chain[0].name, f"restore-{uuid.uuid4().hex}")
            try:
                yield from self._run(scratch, listing)
            except sqlite3.DatabaseError as error:
                if is_broken(error):
                    reason = f"its listing cannot be read: {error}"
                    raise damaged(self.request.chain[0].name, reason) from error
                raise
            finally:
                scratch.unlink(missing_ok=True)

    def _run(self, scratch: Path, listing: Path) -> Iterator[RestoreEvent]:
        with Selection(scratch, listing, self.control) as selection:
            self._pick(selection)
            self._homes = selection.homes()
            for home, name in self._homes.items():  # before anything at the target is touched
                with self._open_home(home) as reader:
                    yield from self._damage.note(name, reader.flaw)
            self._survey = self.client.survey((), self.control)
            if self.request.dry_run:
                yield from self._rehearse(selection, scratch)
                return
            yield from self._bring(selection, scratch)
            incomplete = list(self._summary(selection))
            yield from incomplete
            if self._damage and self._total is not None:
                yield from self._damage.rest()
                raise self._damage.error(self._whole(), self._total.files)
        yield RestoreDone(
            files=self._whole(),
            bytes_written=self._tally.size,
            skipped=self._tally.failed + self._left_out,
            warnings=(
                *(message.text for message in incomplete),
                *self._tally.unknown,
                *self._replaced[:_NAMED_REPLACED],
                *self._put_back,
            ),
            notes=tuple(self._notes),
        )

    def _sounded(self, saveset: SavesetRef) -> Iterator[Message]:
        """Its listing is the one that was written from here on. Raises EngineError."""
        if saveset.name not in self._sound:
            message = self._sound_listing(saveset)
            self._sound.add(saveset.name)
            if message is not None:
                self._put_back.append(message.text)
                yield message

    def _sound_listing(self, saveset: SavesetRef) -> Message | None:
        return sound(self.places, saveset, self._then)

    def _bring(self, selection: Selection, scratch: Path) -> Iterator[RestoreEvent]:
        """All that is picked to its places."""
        with self._ground(selection) as ground, self._keeping(ground, scratch) as aside:
            yield from self._prepared(selection, ground, aside)
            yield from self._part_links(selection)
            self._total = total = self._damage.whole(selection.amount())
            yield self._progress(total)
            extract = partial(self._extract, selection, aside, total)
            newcomers = None
            if self._is_ruled:
                is_directory = selection.is_directory
                newcomers = Newcomers(ground.root, is_directory, self._tally)
            yield from extract(selection.slices, ground.root, self._tally, newcomers)
            if newcomers is not None or self._damage:
                yield from self._complete(selection, ground.root, extract)
            if selection.has_adopted():
                is_lost = newcomers.is_lost if newcomers is not None else nothing_lost
                yield from self._adopt(selection, ground.root, aside, extract, is_lost)
            for message in aside.settle():
                yield message or self._progress(total, Phase.COMMIT)
        self._replaced = aside.replaced

    def _ground(self, selection: Selection) -> AbstractContextManager[Ground]:
        place.check_target(self.request.target, self.places.media())
        return place.ground(self.request.target, selection.sources())

    def _keeping(self, ground: Ground, scratch: Path) -> Aside:
        """What keeps old versions."""
        path = self.places.journal(self.request.job_id or scratch.name)
        self._aside = aside = Aside(Journal(path, ground.named), rule=self.request.overwrite)
        self._then = self._then_half
        return aside

    def _prepared(
        self, selection: Selection, ground: Ground, aside: Aside
    ) -> Iterator[RestoreEvent]:
        """Until nothing is in the way of what is restored."""
        if ground.weakness and selection.has_directories_of_others():
            yield Message(Level.INFO, "NOT_GUARDED", ground.weakness)
        yield from self._paced(self._prepare_target(selection, ground, aside))
        yield from self._unsaved(selection)

    def _rehearse(self, selection: Selection, _scratch: Path) -> Iterator[RestoreEvent]:
        """Says what would be done, and does nothing of it."""
        target = self.request.target
        place.check_target(target, self.places.media())
        is_used = place.look_at(target)
        yield from self._rehearsed(selection, look_here(target) if is_used else nothing_there)

    def _rehearsed(self, selection: Selection, look: Look) -> Iterator[RestoreEvent]:
        request = self.request
        rehearsal = Rehearsal(request.overwrite, selection, request.target, look)
        yield from self._paced(rehearsal.events())
        done = rehearsal.done()
        yield replace(done, warnings=(*done.warnings, *self._put_back))

    @property
    def _is_ruled(self) -> bool:
        """Whether what is in a place may have to stay."""
        return self.request.overwrite is not OverwriteRule.ALWAYS

    def _part_links(self, selection: Selection) -> Iterator[RestoreEvent]:
        how = selection, self._homes, self._open_home, self._find_data
        return self._paced(self._around_damage(selection, lambda _: links.part(*how)))

    def _around_damage(
        self, selection: Selection, run: Callable[[Place], Iterator[Message | None]]
    ) -> Iterator[Message | None]:
        return self._damage.passed(selection, self._homes, self._open_home, run)

    def _paced(self, steps: Iterator[Message | None]) -> Iterator[RestoreEvent]:
        """Goes through the steps of the preparation, with a sign of life now and then."""
        pace = Pace()
        for message in steps:
            if self.control.cancelled:
                raise Cancelled
            if message is not None:
                yield message
            elif pace.due():
                yield Progress(Phase.SCAN)

    def _pick(self, selection: Selection) -> None:
        if not self.request.paths:
            selection.pick_everything()
        for path in self.request.paths:
            if not selection.pick(path.rstrip(b"/") or b"/"):
                raise EngineError(
                    "PATH_NOT_FOUND",
                    f"saveset {self.request.chain[0].name} has no {quoted(path)}:"
                    " name a path out of its listing",
                )

    def _prepare_target(
        self, selection: Selection, ground: Ground, aside: Aside
    ) -> Iterator[Message | None]:
        take = aside.take if self.request.overwrite is OverwriteRule.ALWAYS else None
        is_used = place.prepare(ground, selection.sources(), take)
        yield from aside.said()
        if is_used:

            def take_named(named: bytes) -> None:
                aside.take(ground.reached(named))

            for step in self._rule(selection, look_here(ground.root), take_named):
                yield from aside.said()
                yield step

    def _rule(
        self, selection: Selection, look: Look, take: Callable[[bytes], None] | None
    ) -> Iterator[Message | None]:
        """Settles what becomes of what is at the target already."""
        request = self.request
        ruling = Ruling(request.overwrite, selection, request.target, look, take)
        yield from ruling.events()
        self._left_out += ruling.lost
        self._notes += ruling.notes()

    def _unsaved(self, selection: Selection) -> Iterator[Message]:
        for path, kind in selection.unsaved():
            if kind == EntryKind.SOCKET:
                text = f"{quoted(path)} is a socket: it is not restored"
                yield Message(Level.INFO, "SOCKET", text, path)
                continue
            self._left_out += 1
            text = f"{quoted(path)} was not saved and is not restored"
            yield Message(Level.WARNING, "NOT_SAVED", text, path)

    def _extract(
        self,
        selection: Selection,
        aside: Landing,
        total: Amount,
        slices: Callable[[], Iterator[Slice]],
        target: bytes,
        tally: Tally,
        newcomers: Newcomers | None = None,
    ) -> Iterator[RestoreEvent]:
        def run(after: Place) -> Iterator[Message | None]:
            return Extraction(
                slices=from_there_on(slices(), after),
                open_home=self._open_home,
                home_names=self._homes,
                target=target,
                client=self.client,
                is_root=self._survey.is_root,
                control=self.control,
                tally=tally,
                has=selection.has,
                aside=aside,
                newcomers=newcomers,
            ).events()

        for message in self._around_damage(selection, run):
            yield message or self._progress(total)

    def _complete(
        self, selection: Selection, target: bytes, extract: Callable[..., Iterator[RestoreEvent]]
    ) -> Iterator[RestoreEvent]:
        """Directories that were there when tar came to them get what belongs to them: those that
        the rule gives that, and those that had to be made for a file of an older saveset, or one
        behind damage."""

        def is_there(path: bytes) -> bool:
            standing = standing_now(place.below(target, path) or b"/")
            return standing is not None and standing.is_directory

        again = Tally(unknown=self._tally.unknown)
        yield from extract(partial(selection.directories, is_there), target, again)
        self._tally.failed += again.failed

    def _adopt(
        self,
        selection: Selection,
        target: bytes,
        aside: Aside,
        extract: Callable[..., Iterator[RestoreEvent]],
        is_lost: Callable[[bytes], bool],
    ) -> Iterator[RestoreEvent]:
        """Hard links whose data lie under names that are not restored."""
        with aside.staging(target) as staged:
            yield from extract(selection.data_of_orphans, staged, self._tally)
            aside.sync(staged)  # before it takes the place of an old version
            steps = links.put(selection.orphans(), staged, target, aside, self.request.overwrite)
            names = links.join(selection.other_names(), staged, target, aside, is_lost)
            pace = Pace()
            for message in itertools.chain(steps, names):
                if self.control.cancelled:
                    raise Cancelled
                if message is not None:
                    self._tally.failed += 1
                    yield message
                elif pace.due() and self._total is not None:
                    yield self._progress(self._total)
        self._tally.files += sum(1 for _ in selection.other_names())
        # Their directories have new times now.
        again = Tally(unknown=self._tally.unknown)
        yield from extract(selection.directories_of_orphans, target, again)

    def _summary(self, selection: Selection) -> Iterator[Message]:
        """One line each for what a user without privileges, or a simple file system, cannot do."""
        if self._tally.bare:
            yield Message(Level.WARNING, METADATA, self._tally.bare_text)
        survey = self._survey
        foreign = 0 if survey.is_root else selection.foreign(survey.uid, survey.gid)
        if foreign:
            entries = "1 entry of another owner belongs"
            if foreign > 1:
                entries = f"{foreign} entries of other owners belong"
            text = f"{entries} to the user who restored them now: only root can give files away"
            yield Message(Level.WARNING, "OWNER_NOT_RESTORED", text)

    def _progress(self, total: Amount, phase: Phase = Phase.TRANSFER) -> Progress:
        return Progress(
            phase=phase,
            files_done=self._tally.files,
            files_total=total.files,
            bytes_done=min(self._tally.size + self._tally.begun, total.size),
            bytes_total=total.size,
            current=self._tally.current,
        )

    def _whole(self) -> int:
        return max(self._tally.files - self._tally.failed, 0)

    def _reached(self, total: Amount) -> Progress:
        """Without what has only begun: that does not stay."""
        return Progress(
            phase=Phase.TRANSFER,
            files_done=self._whole(),
            files_total=total.files,
            bytes_done=min(self._tally.size, total.size),
            bytes_total=total.size,
        )

    def _files(self, saveset: str) -> SavesetFiles:
        return self.places.files_of(self._member(saveset))

    def _member(self, saveset: str) -> SavesetRef:
        for member in self.request.chain:
            if member.name == saveset:
                return member
        raise saved.missing(saveset, "its place")

    def _open_home(self, home: int) -> SalvageReader:
        member = self._member(self._homes[home])
        self.places.check_store(member.label, self._then)
        return saved.open_data(self.places, member, self.threads)

    def _find_data(self, home: int, path: bytes) -> Slice:
        """Where a home itself holds what a hard link in it refers to."""
        member = self._member(self._homes[home])
        for _ in self._sounded(member):
            pass  # the result says it
        return saved.find_data(self.places, member, home, path)
