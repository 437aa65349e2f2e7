"""What an event starts: one file for each kind of event, each with a function `jobs`.

It gets the job that all jobs of the occurrence are made after and answers the jobs to be queued.
"""

from collections.abc import Callable, Mapping

from server_agent.domain.events import Event, EventKind
from server_agent.domain.jobs import Job
from server_agent.ports import CatalogueView
from server_agent.service.starts import (
    backup,
    command,
    migration,
    newday,
    restore,
    restore_proof,
    verify,
)

Start = Callable[[CatalogueView, Event, Job], list[Job]]

STARTS: Mapping[EventKind, Start] = {
    EventKind.BACKUP: backup.jobs,
    EventKind.RESTORE: restore.jobs,
    EventKind.COMMAND: command.jobs,
    EventKind.NEWDAY: newday.jobs,
    EventKind.VERIFY: verify.jobs,
    EventKind.MIGRATION: migration.jobs,
    EventKind.RESTORE_PROOF: restore_proof.jobs,
}
