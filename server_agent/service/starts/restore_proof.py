"""A restore proof event queues a proof of the newest saveset of its task that can be restored."""

from dataclasses import replace

from server_agent.domain.errors import SavesetNotFound, TaskNotFound
from server_agent.domain.events import Event, RestoreProofAction
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.savesets import Saveset
from server_agent.ports import CatalogueView
from server_agent.service.chains import known


def saveset_to_prove(view: CatalogueView, task: str) -> Saveset:
    """The newest one that nothing is known to be wrong with; the newest if there is none such, so
    that the proof fails and says why.

    Raises:
        TaskNotFound: there is no such task, and no saveset of it.
        SavesetNotFound: nothing was saved yet.
    """
    newest: Saveset | None = None
    for saveset in view.savesets_of_task(task):
        newest = newest or saveset
        [found] = known(view, [saveset])
        if not found.damage:
            return saveset
    if newest is not None:
        return newest
    if view.task(task) is None:
        raise TaskNotFound(task=task)
    raise SavesetNotFound(saveset=f"the newest of task {task}")


def jobs(view: CatalogueView, event: Event, made_after: Job) -> list[Job]:
    """Raises TaskNotFound, SavesetNotFound (nothing was saved yet)."""
    action = event.action
    assert isinstance(action, RestoreProofAction)
    saveset = saveset_to_prove(view, action.task)
    return [
        replace(
            made_after,
            kind=JobKind.RESTORE_PROOF,
            task=saveset.task,
            client=saveset.client,
            saveset=saveset.name,
        )
    ]
