"""What has changed since a backup, where a time-stamp file or archive bits tell it.

    type   compared with the stamp      leaves as a stamp    clears archive bits
    FULL   everything is saved          that of FULL, last   yes
    DIFF   of the FULL it builds on     last                 no
    INC    last                         last                 yes
    COPY   everything is saved          nothing              no

A stamp says which saveset it is of. It tells nothing unless the backup builds on that saveset, so
that neither a saveset that was removed nor a lost stamp ever costs a file.
"""

import logging
from dataclasses import replace

from server_agent.domain.jobs import JobKind, Level
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TimeReference
from server_agent.ports import Clock, Engine, Protocols, SavesetRef
from server_agent.ports.stamps import Stamp, StampKind, Stamps
from server_agent.service.chains import ref
from server_agent.service.changes import Changes
from server_agent.service.plan import Outcome, Plan, new_name
from server_agent.service.protocol import protocol_of
from server_agent.service.remarks import Remark, by_database, no_time_stamp

log = logging.getLogger(__name__)

_LEAVES = {
    BackupType.FULL: (StampKind.FULL, StampKind.LAST),
    BackupType.DIFF: (StampKind.LAST,),
    BackupType.INC: (StampKind.LAST,),
    BackupType.COPY: (),
}
_CLEARING = (BackupType.FULL, BackupType.INC)


class References:
    """Before and after the backups of tasks that do not go by the database."""

    def __init__(
        self, changes: Changes, engine: Engine, stamps: Stamps, protocols: Protocols, clock: Clock
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._stamps = stamps
        self._protocols = protocols
        self._clock = clock

    def applied(self, plan: Plan) -> Plan:
        """The plan of a job that has started, with the moment since when changes count; or that of
        a FULL if there is no stamp that tells it."""
        reference = plan.options.time_reference
        is_backup = plan.job.kind is JobKind.BACKUP
        if not is_backup or not plan.chain or reference is TimeReference.DATABASE:
            return plan
        by_bits = reference is TimeReference.ARCHIVE_BIT
        kind = StampKind.FULL if plan.job.type is BackupType.DIFF else StampKind.LAST
        stamp = self._stamps.read(plan.job.task, StampKind.CLEARED if by_bits else kind)
        if stamp is not None and stamp.saveset in {member.name for member in plan.chain}:
            return replace(plan, since_ns=stamp.moment_ns)
        if by_bits:
            return replace(plan, remarks=(*plan.remarks, _bits_do_not_tell(stamp)))
        return self._as_full(plan, stamp)

    def committed(self, plan: Plan, outcome: Outcome) -> None:
        """To be called when the saveset of a backup has been entered. Never raises: what is not
        done here is saved once more by the next backup."""
        saveset, reference = outcome.saveset, plan.options.time_reference
        if saveset is None or not outcome.begin_ns or reference is TimeReference.DATABASE:
            return
        stamp = Stamp(saveset.name, outcome.begin_ns)
        try:
            if reference is TimeReference.TIME_STAMP_FILE:
                for kind in _LEAVES[saveset.type]:
                    self._stamps.write(saveset.task, kind, stamp)
            elif saveset.type in _CLEARING:
                # First the stamp: from the first bit on that is cleared, the bits tell only what
                # has changed since this saveset.
                self._stamps.write(saveset.task, StampKind.CLEARED, stamp)
                self._clear(plan, ref(saveset))
        except Exception:
            log.exception("job %s: its time reference could not be kept", plan.job.id)

    def _clear(self, plan: Plan, saveset: SavesetRef) -> None:
        with protocol_of(self._protocols, self._clock, plan.job) as protocol:
            for message in self._engine.clear_archive_bits(saveset):
                protocol.message(message)
                if message.level is not Level.INFO:
                    log.warning("job %s: %s", plan.job.id, message.text)

    def _as_full(self, plan: Plan, stamp: Stamp | None) -> Plan:
        why = "there is no time stamp of the last backup"
        if stamp is not None:
            why = f"the time stamp is of saveset {stamp.saveset}, which this backup cannot build on"
        job = replace(
            plan.job, type=BackupType.FULL, saveset=new_name(BackupType.FULL, self._clock)
        )
        with self._changes.write() as tx:
            tx.put_job(job)
        remarks = (*plan.remarks, no_time_stamp(why))
        return replace(plan, job=job, chain=(), remarks=remarks, like=plan.chain[0])


def _bits_do_not_tell(stamp: Stamp | None) -> Remark:
    why = "it is not known when the archive bits were last cleared"
    if stamp is not None:
        why = f"saveset {stamp.saveset}, which this backup does not build on, cleared archive bits"
    return by_database(why)
