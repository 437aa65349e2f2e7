"""A request that changes something is acted on once, however often it arrives.

What is remembered is which object it was about, not the answer: a repeat is answered with the
object as it is now, or is told that it has gone. A digest tells a repeat from another request, or
one of somebody else, that has the same id.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from server_agent.domain.access import Caller
from server_agent.domain.errors import RequestIdReused
from server_agent.ports import Answer, CatalogueTransaction, CatalogueView


@dataclass(frozen=True, slots=True)
class Request:
    """One call that changes something. `id` is the caller's, a repeat has the same. `content` is
    what it asks for, or a digest of that."""

    id: str
    method: str
    caller: Caller
    content: bytes = b""

    @property
    def digest(self) -> bytes:
        """The same for repeats only."""
        who = self.caller.credential_id or self.caller.name
        return hashlib.sha256(f"{len(who)}:{who}".encode() + self.content).digest()


def first_answer(view: CatalogueView, request: Request) -> str | None:
    """What the request was about, as it was remembered; None if it is new.

    To be asked in the transaction that acts and remembers: two that arrive together are then one
    after the other.

    Raises:
        RequestIdReused: the id was used for another method or content, or by another caller.
    """
    answer = view.answered(request.id)
    if answer is None:
        return None
    if answer.method != request.method or answer.digest not in (b"", request.digest):
        raise RequestIdReused(method=answer.method)
    return answer.subject


def remember(tx: CatalogueTransaction, request: Request, subject: str, now: datetime) -> None:
    """Enters what the request was about, in the transaction that acts on it."""
    tx.remember_answer(request.id, Answer(request.method, subject, request.digest), now)
