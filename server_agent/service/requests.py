"""A request that changes something is acted on once, however often it arrives.

What is remembered is which object it was about, not the answer: a repeat is answered with the
object as it is now, or is told that it has gone.
"""

from dataclasses import dataclass

from server_agent.domain.access import Caller
from server_agent.domain.errors import RequestIdReused
from server_agent.ports import CatalogueView


@dataclass(frozen=True, slots=True)
class Request:
    """One call that changes something. `id` is the caller's, a repeat has the same."""

    id: str
    method: str
    caller: Caller


def first_answer(view: CatalogueView, request: Request) -> str | None:
    """What the request was about, as it was remembered; None if it is new.

    To be asked in the transaction that acts and remembers: two that arrive together are then one
    after the other.

    Raises:
        RequestIdReused: the id was used for another method.
    """
    answered = view.answered(request.id)
    if answered is None:
        return None
    method, subject = answered
    if method != request.method:
        raise RequestIdReused(method=method)
    return subject
