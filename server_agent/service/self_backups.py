"""What a backup of the location itself needs beside it: a catalogue that can be read, a report on
the medium, and the call of sm_disaster."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server_agent.domain.interfaces import DISASTER, is_self_backup
from server_agent.domain.jobs import Job, JobState, Level
from server_agent.domain.savesets import Saveset
from server_agent.ports import Cancelled, Clock, EngineError, SavesetRef
from server_agent.ports.keys import Keys
from server_agent.ports.programs import Ended, ProgramError, Programs
from server_agent.ports.self_backup import SelfBackupFiles
from server_agent.service.chains import ref
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl
from server_agent.service.disaster_report import Facts, KeyFact, report, restore_command
from server_agent.service.location import Location
from server_agent.service.plan import Plan
from server_agent.service.protocol import JobProtocol
from server_agent.service.time_limit import TimeLimit
from server_agent.service.writing_place import place_of_label

_SAME_DISK = (
    "The data store lies on the file system of the location itself: what takes one takes both. "
    "Keep a copy of it elsewhere"
)


class CannotCopy(Exception):
    """The catalogue cannot be saved, and without it the rest is of no use; says why."""


class SelfBackups:
    """Different jobs may call it in different threads at once.

    Args:
        programs: those of the agent's own machine.
        seconds: that sm_disaster may run.
        keys: those of encrypted pools; None: there are none.
    """

    def __init__(
        self,
        changes: Changes,
        files: SelfBackupFiles,
        programs: Programs,
        clock: Clock,
        location: Location,
        seconds: float,
        keys: Keys | None = None,
    ) -> None:
        self._changes = changes
        self._files = files
        self._programs = programs
        self._clock = clock
        self._location = location
        self._seconds = seconds
        self._keys = keys

    def is_one(self, job: Job) -> bool:
        """Whether the location can be put back from what the job saves."""
        return is_self_backup(job.task) and self._files.is_saved_by(job.paths)

    def before(self, plan: Plan, protocol: JobProtocol) -> Plan:
        """Copies the catalogue, and leaves out what changes meanwhile.

        Raises:
            CannotCopy: there is to be no backup.
        """
        if not self.is_one(plan.job):
            return plan
        with self._changes.read() as view:
            active = [job for job in view.open_jobs() if job.state is JobState.ACTIVE]
        try:
            self._files.copy_catalogue(self._clock.now())
        except OSError as error:
            raise CannotCopy(f"There is no self-backup: {error}") from error
        protocol.line(Level.INFO, "SELF_BACKUP", "The catalogue is copied, and the copy saved")
        more = self._files.excludes(plan.job.sesam_day, active, plan.options.exclude_kind)
        return replace(plan, excludes=(*plan.excludes, *more))

    def after(
        self,
        plan: Plan,
        saveset: Saveset,
        arguments: tuple[str, ...],
        control: JobControl,
        protocol: JobProtocol,
    ) -> str:
        """Writes the report and calls sm_disaster. Returns what went wrong, empty for nothing.

        Args:
            arguments: those of sbc_post; sm_disaster gets them too, and then the path of the data
                and that of the report.
        """
        if not is_self_backup(plan.job.task):
            return ""
        chain = (ref(saveset), *plan.chain)
        if not self._files.is_saved_by(saveset.sources):
            text = (
                "By its name this is a self-backup, but its sources do not hold the whole location"
            )
            protocol.line(Level.INFO, "NO_REPORT", f"{text}: there is no report")
            written = ""
        else:
            facts = self._facts(saveset, chain)
            try:
                medium = facts.places.medium.encode("utf-8", "surrogateescape")
                written = self._files.write_report(chain[0], medium, report(facts))
            except OSError as error:
                return f"the disaster report cannot be written: {error}"
            protocol.line(Level.INFO, "REPORT", f"How to put the location back: {written}")
            if facts.places.is_on_same_disk:
                protocol.line(Level.INFO, "SAME_DISK", _SAME_DISK)
        called = self._call(plan.job, saveset, chain, arguments, written, control, protocol)
        return "; ".join(filter(None, (called, self._not_exported() if written else "")))

    def _not_exported(self) -> str:
        """What is lost for good with this server, whatever is done with the report."""
        lost = [f"{key.id} ({key.pool})" for key in self._key_facts() if not key.escrow]
        if not lost:
            return ""
        named = f"the key {lost[0]} was" if len(lost) == 1 else f"the keys {', '.join(lost)} were"
        return (
            f"{named} never exported: if this server is lost, nobody reads what is encrypted with"
            " it. Export it with: sesam-agent key export --all"
        )

    def _key_facts(self) -> list[KeyFact]:
        if self._keys is None:
            return []
        with self._changes.read() as view:
            pools = {pool.key_id: pool.name for pool in view.pools() if pool.key_id}
        return [
            KeyFact(key_id, self._pool_of(key_id, pools), self._keys.escrow(key_id))
            for key_id in sorted({*pools, *self._keys.ids()})
        ]

    def _pool_of(self, key_id: str, pools: Mapping[str, str]) -> str:
        assert self._keys is not None
        try:
            return pools.get(key_id) or self._keys.get(key_id).pool
        except EngineError:
            return "that it was made for"

    def again(self, job: Job) -> str:
        """What is missing after a backup that was whole when the agent died; empty for nothing."""
        saveset = SavesetRef(job.saveset, job.label, job.sesam_day, None)
        if not self.is_one(job):
            return ""
        medium = self._media([saveset])[job.label]
        if self._files.has_report(saveset, medium):
            return ""
        return "the disaster report was not written, the agent stopped before"

    def _facts(self, saveset: Saveset, chain: tuple[SavesetRef, ...]) -> Facts:
        made_at = self._clock.local(saveset.end_time).isoformat(" ", "seconds")
        places = self._files.places(chain, self._media(chain))
        return Facts(self._location, saveset, chain, places, made_at, self._key_facts())

    def _media(self, chain: Sequence[SavesetRef]) -> dict[str, bytes]:
        """The directory of each label. Raises MediumNotFound, StoreNotFound."""
        with self._changes.read() as view:
            stores = {each.label: place_of_label(view, each.label).store for each in chain}
        return {label: store.path + b"/" + label.encode() for label, store in stores.items()}

    def _call(
        self,
        job: Job,
        saveset: Saveset,
        chain: tuple[SavesetRef, ...],
        arguments: tuple[str, ...],
        written: str,
        control: JobControl,
        protocol: JobProtocol,
    ) -> str:
        if not self._programs.is_there(DISASTER):
            return ""
        places = self._files.places(chain, self._media(chain))
        facts = {
            "SESAM_INTERFACE": DISASTER,
            "SESAM_LOCATION": self._location.name,
            "SESAM_LOCATION_ID": self._location.id,
            "SESAM_JOB": job.id,
            "SESAM_DAY": job.sesam_day.isoformat(),
            "SESAM_ROOT": places.root,
            "SESAM_MEDIUM": places.medium,
            "SESAM_CHAIN": " ".join(member.name for member in reversed(chain)),
            "SESAM_RESTORE": "\n".join(
                restore_command(data, saveset.key_id, places.report)
                for data in reversed(places.data)
            ),
            "SESAM_REPORT": written,
        }
        status = 0
        try:
            with TimeLimit(control, self._seconds) as limit:
                told = (*arguments, places.data[0], written)
                for said in self._programs.run(DISASTER, told, facts, limit):
                    if isinstance(said, Ended):
                        status = said.status
                    else:
                        protocol.line(Level.INFO, "DISASTER", said.text)
        except ProgramError as error:
            return str(error)
        except Cancelled:
            if limit.is_over:
                return f"{DISASTER} did not end within {self._seconds:g} s and was ended"
            return f"{DISASTER} was ended by {control.stopped_by or 'the end of the agent'}"
        if status == 0:
            protocol.line(Level.INFO, "DISASTER", f"{DISASTER} has ended well")
            return ""
        how = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
        return f"{DISASTER} {how}"
