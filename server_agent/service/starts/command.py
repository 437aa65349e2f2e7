"""A command event queues its program."""

from dataclasses import replace

from server_agent.domain.events import Event
from server_agent.domain.jobs import Job, JobKind
from server_agent.ports import CatalogueView


def jobs(_view: CatalogueView, _event: Event, made_after: Job) -> list[Job]:
    """What it runs is looked up when it runs."""
    return [replace(made_after, kind=JobKind.COMMAND)]
