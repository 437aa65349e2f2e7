"""A backup event queues a backup of its task, or of each task that its group has now."""

from dataclasses import replace

from server_agent.domain.errors import GroupNotFound, InvalidArgument, TaskNotFound
from server_agent.domain.events import BackupAction, Event
from server_agent.domain.jobs import Job, JobKind
from server_agent.ports import CatalogueView


def task_names(view: CatalogueView, action: BackupAction) -> tuple[str, ...]:
    """What the event is about now. Raises GroupNotFound."""
    if action.task:
        return (action.task,)
    group = view.group(action.group)
    if group is None:
        raise GroupNotFound(group=action.group)
    return group.tasks


def jobs(view: CatalogueView, event: Event, made_after: Job) -> list[Job]:
    """Raises GroupNotFound, TaskNotFound, InvalidArgument (an empty group)."""
    action = event.action
    assert isinstance(action, BackupAction)
    names = task_names(view, action)
    if not names:
        raise InvalidArgument(field="group", value=action.group, expected="a group with tasks")
    found = [view.task(name) for name in names]
    if None in found:
        raise TaskNotFound(task=names[found.index(None)])
    return [
        replace(
            made_after,
            kind=JobKind.BACKUP,
            task=task.name,
            client=task.client,
            requested_type=action.backup_type,
            group=action.group,
            drive=action.drive,
            pool=action.pool,
        )
        for task in found
        if task is not None
    ]
