"""A restore event queues a restore of the newest saveset that its task has by then."""

from dataclasses import replace

from server_agent.domain.errors import SavesetNotFound, TaskNotFound
from server_agent.domain.events import Event, RestoreAction
from server_agent.domain.jobs import Job, JobKind
from server_agent.ports import CatalogueView


def jobs(view: CatalogueView, event: Event, made_after: Job) -> list[Job]:
    """Raises TaskNotFound, SavesetNotFound (nothing was saved yet)."""
    action = event.action
    assert isinstance(action, RestoreAction)
    saveset = next(iter(view.savesets_of_task(action.task)), None)
    if saveset is None:
        if view.task(action.task) is None:
            raise TaskNotFound(task=action.task)
        raise SavesetNotFound(saveset=f"the newest of task {action.task}")
    restore = replace(
        made_after,
        kind=JobKind.RESTORE,
        task=saveset.task,
        client=saveset.client,
        saveset=saveset.name,
        paths=action.paths,
        target=action.target,
        overwrite=action.overwrite,
    )
    return [restore]
