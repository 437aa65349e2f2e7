"""What a backup of the location itself needs: a catalogue that can be read, and a report that is
found where the data are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from server_agent.domain.jobs import Job
from server_agent.domain.task_options import ExcludeKind
from server_agent.ports.transfers import SavesetRef


@dataclass(frozen=True, slots=True)
class SelfBackupPlaces:
    """Absolute paths for people; bytes that are no UTF-8 are lone surrogates.

    Attributes:
        root: of the installation; of one whose trees lie apart, that of the variable tree.
        program: the words of a shell by which the agent's own program is called for it.
        catalogue: the database that the agent uses.
        copy: that of the catalogue, which is saved.
        medium: the directory of the newest saveset.
        data: of the savesets that were asked for, in their order.
        report: on the newest of them, beside its data.
        is_on_same_disk: the medium lies on the file system of the root: what takes one takes both.
    """

    root: str
    program: str
    catalogue: str
    copy: str
    medium: str
    data: tuple[str, ...]
    report: str
    is_on_same_disk: bool = False


class SelfBackupFiles(Protocol):
    """The files around self-backups. Raises OSError where nothing else is said."""

    @property
    def sources(self) -> tuple[bytes, ...]:
        """What a self-backup has to save: the directory of the installation, or its trees and its
        anchor where they lie apart."""

    def is_saved_by(self, sources: Iterable[bytes]) -> bool:
        """Whether the sources hold all that is needed to put the location back."""

    def copy_catalogue(self, now: datetime) -> None:
        """Puts a copy of the catalogue beside it, as it is committed, whole or not at all; the one
        before is replaced. Open jobs have ended in it: a location that is put back from it must
        neither repeat them nor take what they wrote for leftovers."""

    def excludes(
        self, day: date, active: Sequence[Job], kind: ExcludeKind = ExcludeKind.PATTERN
    ) -> tuple[str, ...]:
        """What changes while it is read and is therefore left out: protocols that are being
        written. As excludes of a task of that kind."""

    def places(self, chain: Sequence[SavesetRef], media: Mapping[str, bytes]) -> SelfBackupPlaces:
        """Where everything is. `media`: the directory of each label of the chain."""

    def write_report(self, saveset: SavesetRef, medium: bytes, text: str) -> str:
        """Writes a report beside the saveset's data, durably, and once more under a name that is
        always the newest; removes those of savesets that are not there any more. Returns the path.
        """

    def has_report(self, saveset: SavesetRef, medium: bytes) -> bool:
        """Whether there is one of this saveset."""
