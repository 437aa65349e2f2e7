"""Backup events."""

from dataclasses import dataclass

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.savesets import BackupType


@dataclass(frozen=True, slots=True)
class BackupAction:
    """Backs up a task, or every task of a group. One of the two is named.

    Attributes:
        drive: empty for any drive of the pool's group.
        pool: the media pool that it is written to; empty for the usual one.
    """

    backup_type: BackupType
    task: str = ""
    group: str = ""
    drive: str = ""
    pool: str = ""

    @property
    def object_name(self) -> str:
        """What it is about, for lists."""
        return self.task or self.group

    def checked(self) -> "BackupAction":
        """Itself, or InvalidArgument."""
        if bool(self.task) == bool(self.group):
            raise InvalidArgument(
                field="task",
                value="beside a group" if self.task else "empty",
                expected="the name of a task or else of a task group",
            )
        return self
