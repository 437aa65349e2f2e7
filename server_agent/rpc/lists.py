"""What list requests have in common, and what every answer to them keeps to."""

import functools
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable
from sesam_api.v1 import savesets_pb2

LARGEST_PAGE = 1000
USUAL_PAGE = 256
LONGEST_TEXT = 1000  # characters of a filter
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9000, 1, 1)  # so that days around it are days, too
PORTION = 32  # items that are read at once
LARGEST_ANSWER = 2 << 20  # bytes of items; a gRPC client takes 4 MiB in one message by default

Answer = TypeVar("Answer", bound=Message)
Savesets = savesets_pb2.ListSavesetsResponse

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def page_size(asked: int, usual: int = USUAL_PAGE) -> int:
    """The number of items of a page, or InvalidArgument."""
    if not 0 <= asked <= LARGEST_PAGE:
        raise InvalidArgument(
            field="page_size",
            value=asked,
            expected=f"1 to {LARGEST_PAGE}, or 0 for {usual}",
        )
    return asked or usual


async def fitting(size: int, page: Callable[[int], Awaitable[Answer]]) -> Answer:
    """The page that `page` makes of at most `size` items, or of so many that a client can take it;
    of one at least. Its items are field 1 of the answer."""
    while True:
        answer = await page(size)
        items = _items(answer)
        fit = _fit(items)
        if fit == len(items):
            return answer
        # Asked for again, since only the list knows the token behind another item.
        size = fit


async def portioned(
    size: int, token: str, page: Callable[[str, int], Awaitable[Savesets]]
) -> Savesets:
    """As `fitting`, of a list that is gone on with by a token. No more than a portion is in memory
    at once: a saveset may have megabytes of paths."""
    whole = await fitting(min(size, PORTION), functools.partial(page, token))
    last = whole
    while len(_items(last)) == PORTION and last.next_page_token and len(_items(whole)) < size:
        left = min(PORTION, size - len(_items(whole)))
        last = await fitting(left, functools.partial(page, last.next_page_token))
        if whole.ByteSize() + last.ByteSize() > LARGEST_ANSWER:
            break
        _items(whole).extend(_items(last))
        whole.next_page_token = last.next_page_token
    return whole


def _items(answer: Message) -> Any:
    return getattr(answer, answer.DESCRIPTOR.fields_by_number[1].name)


def _fit(items: Sequence[Message]) -> int:
    size = 0
    for count, item in enumerate(items):
        size += item.ByteSize()
        if count and size > LARGEST_ANSWER:
            return count
    return len(items)


def order(asked: str, allowed: Sequence[str], usual: str) -> tuple[str, bool]:
    """The key and whether it descends, or InvalidArgument.

    Args:
        allowed: keys; each may be followed by " desc".
        usual: what an empty text means.
    """
    key, _, direction = (asked or usual).partition(" ")
    if key not in allowed or direction not in ("", "desc"):
        raise InvalidArgument(
            field="order_by",
            value=asked,
            expected=f'one of {", ".join(allowed)}, with or without " desc"',
        )
    return key, direction == "desc"


def text(field: str, asked: str) -> str:
    """The text to look for, or InvalidArgument."""
    if len(asked) > LONGEST_TEXT:
        raise InvalidArgument(
            field=field,
            value=f"{len(asked)} characters",
            expected=f"at most {LONGEST_TEXT} characters",
        )
    return asked


class NamedList(Protocol):
    """What a list of objects by name is asked with."""

    page_size: int
    page_token: str
    filter: str
    order_by: str


def by_name(asked: NamedList) -> tuple[str, bool, str | None, int]:
    """The text, whether it descends, the token and the size; or InvalidArgument."""
    _, descending = order(asked.order_by, ("name",), "name")
    size = page_size(asked.page_size)
    return text("filter", asked.filter), descending, asked.page_token or None, size


def sesam_day(field: str, text: str) -> date | None:
    """The day, None for an empty text, or InvalidArgument."""
    if not text:
        return None
    found = _date(text)
    if found is None:
        raise InvalidArgument(field=field, value=text, expected="a day as YYYY-MM-DD")
    return found


def day(field: str, text: str) -> date:
    """The day of a plan or calendar, or InvalidArgument."""
    found = _date(text)
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        expected = f"a day as YYYY-MM-DD, from {FIRST_DAY} to {LAST_DAY}"
        raise InvalidArgument(field=field, value=printable(text), expected=expected)
    return found


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
