"""A migration event queues a migration of what its source pool has by then."""

from dataclasses import replace

from server_agent.domain.errors import DriveNotFound, PoolNotFound
from server_agent.domain.events import Event, MigrationAction
from server_agent.domain.jobs import Job, JobKind
from server_agent.ports import CatalogueView


def check_places(view: CatalogueView, action: MigrationAction) -> None:
    """Raises PoolNotFound, DriveNotFound."""
    for pool in (action.source_pool, action.pool):
        if pool and view.pool(pool) is None:
            raise PoolNotFound(pool=pool)
    if action.drive and view.drive(action.drive) is None:
        raise DriveNotFound(drive=action.drive)


def jobs(view: CatalogueView, event: Event, made_after: Job) -> list[Job]:
    """Raises PoolNotFound, DriveNotFound."""
    action = event.action
    assert isinstance(action, MigrationAction)
    check_places(view, action)
    return [
        replace(
            made_after,
            kind=JobKind.MIGRATION,
            pool=action.pool,
            drive=action.drive,
            move=action.move,
        )
    ]
