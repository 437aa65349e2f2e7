"""Self-backups whose files are in memory."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from server_agent.domain.jobs import Job
from server_agent.domain.task_options import ExcludeKind
from server_agent.ports import SavesetRef
from server_agent.ports.self_backup import SelfBackupPlaces

ROOT = b"/srv/sesam"


class MemorySelfBackupFiles:
    """The `SelfBackupFiles` port.

    Attributes:
        copies: when the catalogue was copied.
        reports: by saveset.
        fails: is raised by whatever is asked next.
        is_on_same_disk: whether the store shares the disk of the installation.
    """

    def __init__(self) -> None:
        self.copies: list[datetime] = []
        self.reports: dict[str, str] = {}
        self.active: list[str] = []
        self.fails: OSError | None = None
        self.is_on_same_disk = False

    @property
    def sources(self) -> tuple[bytes, ...]:
        return (ROOT,)

    def is_saved_by(self, sources: Iterable[bytes]) -> bool:
        return ROOT in sources

    def copy_catalogue(self, now: datetime) -> None:
        self._fail()
        self.copies.append(now)

    def excludes(
        self, day: date, active: Sequence[Job], kind: ExcludeKind = ExcludeKind.PATTERN
    ) -> tuple[str, ...]:
        self.active = [job.id for job in active]
        return (f"/srv/sesam/var/lis/{day:%Y%m%d}/*.not",)

    def places(self, chain: Sequence[SavesetRef], media: Mapping[str, bytes]) -> SelfBackupPlaces:
        return SelfBackupPlaces(
            root="/srv/sesam",
            program="sesam-agent --root /srv/sesam",
            catalogue="/srv/sesam/var/db/sesam_db.sdb",
            copy="/srv/sesam/var/db/self-backup/sesam_db.sdb",
            medium=media[chain[0].label].decode(),
            data=tuple(f"{media[each.label].decode()}/{each.name}" for each in chain),
            report=f"{media[chain[0].label].decode()}/{chain[0].name}.disaster.txt",
            is_on_same_disk=self.is_on_same_disk,
        )

    def write_report(self, saveset: SavesetRef, medium: bytes, text: str) -> str:
        self._fail()
        self.reports[saveset.name] = text
        return f"{medium.decode()}/{saveset.name}.disaster.txt"

    def has_report(self, saveset: SavesetRef, medium: bytes) -> bool:
        return saveset.name in self.reports

    def _fail(self) -> None:
        if self.fails is not None:
            raise self.fails
