"""The opaque text that says where a page of a list ended.

It carries the sort key and the id of the last item, and a hash of the list it belongs to, so that
it cannot be used for another list, filter, order or direction.
"""

import base64
import binascii
import hashlib
import json
from typing import TypeVar

from server_agent.domain.errors import PageTokenInvalid
from server_agent.ports import JobGrouping, JobQuery, SavesetQuery

Key = TypeVar("Key", int, str)
Id = TypeVar("Id", int, str)

_LARGEST_INTEGER = 2**63 - 1  # what a column holds


def job_list(query: JobQuery) -> str:
    """Names the list of jobs that the query asks for."""
    return _name("jobs", *_parts(query))


def group_list(query: JobQuery, grouping: JobGrouping) -> str:
    """Names the list of groups that the query asks for."""
    return _name("groups", grouping, *_parts(query))


def _parts(query: JobQuery) -> tuple[object, ...]:
    return (
        sorted(query.states),
        sorted(query.kinds),
        query.task,
        query.client,
        query.group,
        str(query.first_sesam_day),
        str(query.last_sesam_day),
        query.text,
        query.order,
        query.descending,
    )


def saveset_list(query: SavesetQuery) -> str:
    """Names the list of savesets that the query asks for."""
    return _name("savesets", query.task, query.client, query.text, query.order, query.descending)


def credential_list(text: str, descending: bool) -> str:
    """Names a list of credentials."""
    return _name("credentials", text, descending)


def token_list(descending: bool) -> str:
    """Names a list of enrolment tokens."""
    return _name("tokens", descending)


def approval_list() -> str:
    """Names the list of what waits for approval."""
    return _name("approvals")


def encode(list_name: str, key: int | str, item_id: int | str) -> str:
    """The position behind the item with this sort key and id."""
    packed = json.dumps([_hash(list_name), key, item_id], ensure_ascii=False)
    return base64.urlsafe_b64encode(packed.encode()).decode()


def decode(list_name: str, position: str, key_type: type[Key], id_type: type[Id]) -> tuple[Key, Id]:
    """Sort key and id of the last item before the position.

    Raises:
        PageTokenInvalid: it is no position, or one of another list.
    """
    try:
        packed = base64.b64decode(position, altchars=b"-_", validate=True)
        list_hash, key, item_id = json.loads(packed.decode())
        f"{key}{item_id}".encode()  # half of a surrogate pair is nothing that a database takes
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise PageTokenInvalid from None
    if list_hash != _hash(list_name) or type(key) is not key_type or type(item_id) is not id_type:
        raise PageTokenInvalid
    if any(isinstance(part, int) and abs(part) > _LARGEST_INTEGER for part in (key, item_id)):
        raise PageTokenInvalid
    return key, item_id


def _name(*parts: object) -> str:
    return json.dumps(parts)


def _hash(list_name: str) -> str:
    return hashlib.sha256(list_name.encode()).hexdigest()[:16]
