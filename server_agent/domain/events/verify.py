"""Verify events."""

from dataclasses import dataclass

from server_agent.domain.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class VerifyAction:
    """Compares the newest saveset of a task with its digests.

    Attributes:
        whole_chain: also all that it builds on.
        quick: only sizes, digests of what is small, and a few pieces of the data.
    """

    task: str
    whole_chain: bool = True
    quick: bool = False

    @property
    def object_name(self) -> str:
        """What it is about, for lists."""
        return self.task

    def checked(self) -> "VerifyAction":
        """Itself, or InvalidArgument."""
        if not self.task:
            raise InvalidArgument(field="task", value="", expected="the name of a task")
        return self
