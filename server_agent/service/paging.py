"""Page tokens of lists that the catalogue does not page."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import TypeVar

from server_agent.domain.errors import PageTokenInvalid
from server_agent.ports import Page

Item = TypeVar("Item")


def seal(list_name: str, position: str) -> str:
    """An opaque token that is good for this list only."""
    text = json.dumps([_mark(list_name), position])
    return base64.urlsafe_b64encode(text.encode()).decode()


def unseal(list_name: str, token: str | None) -> str | None:
    """The position in a token; None for no token.

    Raises:
        PageTokenInvalid: it is no token, or one of another list.
    """
    if not token:
        return None
    try:
        mark, position = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        f"{position}".encode()  # half of a surrogate pair is nothing that a database takes
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise PageTokenInvalid from None
    if mark != _mark(list_name) or not isinstance(position, str):
        raise PageTokenInvalid
    return position


def page_by_name(
    named: Sequence[tuple[str, Item]],
    list_name: str,
    descending: bool,
    token: str | None,
    limit: int,
) -> Page[Item]:
    """The items behind the token's position, in the order of their names."""
    after = unseal(list_name, token)
    rows = sorted(named, key=lambda row: row[0], reverse=descending)
    if after is not None:
        rows = [row for row in rows if (row[0] < after if descending else row[0] > after)]
    here = rows[:limit]
    more = seal(list_name, here[-1][0]) if len(rows) > limit else None
    return Page(tuple(item for _, item in here), more)


def _mark(list_name: str) -> str:
    return hashlib.sha256(list_name.encode()).hexdigest()[:16]
