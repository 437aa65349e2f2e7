"""A location on which things are done until something of it is killed, over and over.

What must hold is looked at after every kill; what the savesets hold is compared at the end.
"""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.media_records import DataStore, MediaPool
from sesam_api.plan_records import Drive
from sesam_api.records import Job
from tests.e2e.agent_process import AgentProcess
from tests.e2e.changing import ChangingSource, Tree, tree_of

SECONDS = 60.0  # only a test that fails waits so long
LONGEST_LIFE = 0.3  # seconds from the beginning of the deeds to the kill
BULK_BYTES = 64 << 20  # so that a backup of it takes about as long as that
LABEL = "sesam.label"
PARTS = ("", ".idx", ".lis.zst")  # that a medium has of each saveset
TAPES = "tapes"
PLAIN, SEALED = ("DISK", "TAPE"), ("VAULT", "SAFE")  # pools: of each kind one in either store
USABLE = ("ok", "warning")


@dataclass
class Chaos:
    """Attributes:
    held: what each source held when a backup of it was begun, by the job's id.
    counts: what was done, what was killed, and how jobs have ended.
    """

    agent: AgentProcess
    directory: Path
    chance: random.Random
    held: dict[str, Tree] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.sources = {
            name: ChangingSource(self.directory / name, self.chance) for name in ("docs", "bulk")
        }
        self._bulk = self.chance.randbytes(BULK_BYTES)

    def begin(self) -> None:
        """The first start, with something to build on."""
        self.agent.start()
        self._write_bulk()
        with self.agent.connected() as location:
            for event in location.events():
                if event.kind == "backup":  # that of the agent itself has its own time
                    location.modify_event(replace(event, active=False))
            location.add_data_store(DataStore("Tapes", os.fsencode(self.directory / TAPES)))
            location.add_drive(Drive("Tape_1", group="Tapes", data_store="Tapes"))
            location.add_pool(MediaPool("TAPE", "Tapes"))
            location.add_pool(MediaPool("VAULT", encrypted=True))
            location.add_pool(MediaPool("SAFE", "Tapes", encrypted=True))
            location.add_client("here")
            for name, source in self.sources.items():
                location.add_task(name, "here", [str(source.top)])
            for name in self.sources:
                job = self._back_up(location, name, "FULL")
                assert location.wait(job, timeout=SECONDS).state == "ok"

    def round(self) -> None:
        """Does a few things, kills something meanwhile, and looks at what is left."""
        with self.agent.connected() as location:
            for source in self.sources.values():
                source.change(_some_time)
            self._write_bulk()
            deeds = self.chance.sample(self._deeds(), k=self.chance.randint(1, 2))
            for deed in deeds:
                deed(location)
            life = self.chance.random() * LONGEST_LIFE
            what = self.chance.random()
            if what < 0.3:  # else nothing would ever be committed where the machine is busy
                self._wait_for_all(location)
            elif what < 0.55:
                self._kill_child(location)
                self._wait_for_all(location)
                self.check(location)
                return
            threading.Event().wait(life)
        self.counts["killed agent"] += 1
        self.agent.end(signal.SIGKILL)
        self.agent.start()
        with self.agent.connected() as location:
            self._wait_for_all(location)
            self.check(location)

    def _write_bulk(self) -> None:
        """Another file each time, so that an INC has something to do."""
        path = self.sources["bulk"].top / "bulk"
        path.unlink(missing_ok=True)
        path.write_bytes(self.chance.randbytes(16) + self._bulk)

    def check(self, location: Location) -> None:
        """The catalogue and the disk name the same savesets, and nothing half done is left."""
        lying: dict[str, set[str]] = defaultdict(set)
        for saveset in location.savesets():
            for label in (saveset.label, *(copy.label for copy in saveset.copies)):
                lying[label].add(saveset.name)
        known = set().union(*lying.values())
        var, tapes = self.agent.root / "var", self.directory / TAPES
        for medium in (*self.agent.root.glob("store/*/"), *tapes.glob("*/")):
            self._check_medium(medium, lying.pop(medium.name, set()))
        assert not lying, "nothing is in their places"
        listed = {path.name for path in var.glob("lis/*/S*") if not path.name.endswith(".open.tmp")}
        assert {name.partition(".")[0] for name in listed} >= known
        assert not [name for name in listed if name.endswith((".part", ".tmp"))], listed
        assert not list((var / "tmp").glob("S*"))

    def _check_medium(self, medium: Path, known: set[str]) -> None:
        found = {path.name for path in medium.iterdir()} - {LABEL}
        data = {name for name in found if "." not in name}
        assert data == known, data ^ known
        assert found == {f"{name}{suffix}" for name in data for suffix in PARTS}, found

    def check_contents(self, location: Location, target: Path) -> int:
        """Every saveset is as it was made, and brings back what its source held. Returns how many
        there are."""
        savesets = list(location.savesets())
        assert {saveset.encrypted for saveset in savesets} == {False, True}
        for saveset in savesets:
            assert saveset.encrypted is (saveset.label[:-5] in SEALED)
            verified = location.wait(location.verify(saveset), timeout=SECONDS)
            assert verified.state == "ok", verified.message
            place = target / saveset.name
            job = location.wait(location.restore(saveset, str(place)), timeout=SECONDS)
            assert job.state == "ok", job.message
            top = self.sources[saveset.task].top
            assert tree_of(place / top.relative_to("/")) == self.held[saveset.job_id], saveset.name
            self._remove(place)
        return len(savesets)

    def _deeds(self) -> list[Callable[[Location], None]]:
        return [
            *(lambda at, name=name: self._back_up(at, name, self._type()) for name in self.sources),
            *(lambda at, name=name: self._back_up(at, name, self._type()) for name in self.sources),
            self._migrate,
            self._migrate,
            self._verify,
            self._restore,
            self._delete,
        ]

    def _type(self) -> str:
        return self.chance.choice(("FULL", "INC", "INC", "INC", "DIFF", "COPY"))

    def _back_up(self, location: Location, task: str, backup_type: str) -> Job:
        self.counts[f"begun {backup_type}"] += 1
        pool = self.chance.choice((PLAIN[0], SEALED[0]))
        self.counts[f"begun on {pool}"] += 1
        [job] = location.order_backup(backup_type, task=task, pool=pool).jobs
        self.held[job.id] = tree_of(self.sources[task].top)
        return job

    def _verify(self, location: Location) -> None:
        self.counts["begun verify"] += 1
        location.verify(self._any(location), whole_chain=True)

    def _restore(self, location: Location) -> None:
        self.counts["begun restore"] += 1
        location.restore(self._any(location), str(self.directory / "back"))

    def _migrate(self, location: Location) -> None:
        """To and fro, copied or moved. What is encrypted stays so, and nothing else becomes it."""
        move, saveset = self.chance.random() < 0.6, location.saveset(self._any(location))
        self.counts["begun move" if move else "begun copy"] += 1
        pool = self.chance.choice(SEALED if saveset.encrypted else PLAIN)
        location.migrate(pool, [saveset.name], move=move)

    def _delete(self, location: Location) -> None:
        """One that nothing builds on; never the last one of a task."""
        self.counts["begun delete"] += 1
        savesets = list(location.savesets())
        bases = {saveset.base for saveset in savesets}
        tasks = Counter(saveset.task for saveset in savesets)
        ends = [each for each in savesets if each.name not in bases and tasks[each.task] > 1]
        if not ends:
            return
        try:
            location.delete_savesets([self.chance.choice(ends)])
        except SesamError as error:
            if error.reason != "SAVESET_NEEDED":  # a job works with it
                raise

    def _any(self, location: Location) -> str:
        return self.chance.choice([saveset.name for saveset in location.savesets()])

    def _kill_child(self, location: Location) -> None:
        """Kills a process that the agent has started, if it starts one before all has ended."""
        deadline = time.monotonic() + SECONDS
        while any(location.jobs(states=("active", "queued"))):
            if children := self.agent.children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.chance.choice(children), signal.SIGKILL)
                    self.counts["killed child"] += 1
                return
            assert time.monotonic() < deadline, "a job does not end"

    def _wait_for_all(self, location: Location) -> None:
        deadline = time.monotonic() + SECONDS
        while any(location.jobs(states=("active", "queued"))):
            assert time.monotonic() < deadline, "a job does not end"
            threading.Event().wait(0.02)

    def _remove(self, place: Path) -> None:
        for directory, names, files in os.walk(place, topdown=False):
            for name in files:
                os.unlink(os.path.join(directory, name))
            for name in names:
                path = os.path.join(directory, name)
                os.unlink(path) if os.path.islink(path) else os.rmdir(path)


def _some_time() -> datetime:
    """When it was does not matter here: nothing changes while it is saved."""
    return datetime.now(UTC)
