"""Restore events."""

from dataclasses import dataclass

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.quoting import printable


@dataclass(frozen=True, slots=True)
class RestoreAction:
    """Restores the newest saveset of a task, whole or in part: the data may not have been saved
    yet when the event is made (manual, "Restore").

    Attributes:
        paths: full paths out of the listing; none means everything.
        target: absolute path of a directory.
        overwrite: what becomes of what is there already.
    """

    task: str
    target: bytes
    paths: tuple[bytes, ...] = ()
    overwrite: OverwriteRule = OverwriteRule.ALWAYS

    @property
    def object_name(self) -> str:
        """What it is about, for lists."""
        return self.task

    def checked(self) -> "RestoreAction":
        """Itself, or InvalidArgument."""
        if not self.task:
            raise InvalidArgument(field="task", value="", expected="the name of a task")
        for path in self.paths:
            if not path.startswith(b"/") or b"\0" in path:
                raise InvalidArgument(
                    field="paths",
                    value=printable(path),
                    expected="full paths out of the listing, such as /etc/hosts",
                )
        parts = self.target.split(b"/")
        if not self.target.startswith(b"/") or b"\0" in self.target or b".." in parts:
            raise InvalidArgument(
                field="target",
                value=printable(self.target),
                expected="an absolute path of a directory without '..', such as /srv/restored",
            )
        return self
