"""Tells a name that was misspelt from one of which nothing was found."""

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

from sesam_api.location import Location

Found = TypeVar("Found")


def of_known(
    records: Iterable[Found], location: Location, task: str, client: str
) -> Iterator[Found]:
    """The records. Without any, there has to be a saveset of the task and client, which outlive
    both, or these themselves; an empty name is any.

    Raises:
        SesamError: there is nothing of this task or client, and no such task or client either.
    """
    rest = iter(records)
    first = list(itertools.islice(rest, 1))
    if not first and (task or client):
        saved = location.savesets(task=task, client=client)
        if next(iter(saved), None) is None:
            if task:
                location.task(task)
            if client:
                location.client(client)
    yield from itertools.chain(first, rest)
