"""Task groups: tasks that are started together."""

from dataclasses import dataclass

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable
from server_agent.domain.topology import checked_name

MAX_TASKS = 1000


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Names of tasks in the order in which they are queued. `version` counts the changes."""

    name: str
    tasks: tuple[str, ...]
    comment: str = ""
    version: int = 1


def checked_group(group: TaskGroup) -> TaskGroup:
    """The group itself, or InvalidArgument that names the field."""
    checked_name("name", group.name)
    if len(group.tasks) > MAX_TASKS:
        raise InvalidArgument(
            field="tasks", value=len(group.tasks), expected=f"at most {MAX_TASKS} tasks"
        )
    seen: set[str] = set()
    for task in group.tasks:
        if task in seen:
            raise InvalidArgument(field="tasks", value=printable(task), expected="each task once")
        seen.add(task)
    return group
