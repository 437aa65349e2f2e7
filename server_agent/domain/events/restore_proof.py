"""Restore proof events."""

from dataclasses import dataclass

from server_agent.domain.errors import InvalidArgument

USUAL_FILES = 100
MOST_FILES = 10_000
USUAL_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class RestoreProofAction:
    """Restores samples of the newest saveset of a task that can be restored, and compares them with
    what was taken at the backup.

    Attributes:
        sample_files: how many files.
        sample_bytes: of them together, at most.
    """

    task: str
    sample_files: int = USUAL_FILES
    sample_bytes: int = USUAL_BYTES

    @property
    def object_name(self) -> str:
        """What it is about, for lists."""
        return self.task

    def checked(self) -> "RestoreProofAction":
        """Itself, or InvalidArgument."""
        if not self.task:
            raise InvalidArgument(field="task", value="", expected="the name of a task")
        if not 1 <= self.sample_files <= MOST_FILES:
            raise InvalidArgument(
                field="files",
                value=self.sample_files,
                expected=f"a number from 1 to {MOST_FILES}, or 0 for {USUAL_FILES}",
            )
        if self.sample_bytes < 1:
            raise InvalidArgument(
                field="max_bytes",
                value=self.sample_bytes,
                expected=f"a number of bytes, or 0 for {USUAL_BYTES}",
            )
        return self
