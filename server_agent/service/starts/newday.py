"""The NEWDAY event queues what the end of a sesam day has to do."""

from dataclasses import replace

from server_agent.domain.events import Event
from server_agent.domain.jobs import Job, JobKind
from server_agent.ports import CatalogueView


def jobs(_view: CatalogueView, _event: Event, made_after: Job) -> list[Job]:
    """That the day has begun does not wait for it."""
    return [replace(made_after, kind=JobKind.NEWDAY)]
