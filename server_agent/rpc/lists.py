"""What every list request has: page size, page token, order."""

import re
from collections.abc import Sequence
from datetime import date

from server_agent.domain.errors import InvalidArgument

LARGEST_PAGE = 1000
USUAL_PAGE = 256
LONGEST_TEXT = 1000  # characters of a filter

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def page_size(asked: int, usual: int = USUAL_PAGE) -> int:
    """The number of items of a page, or InvalidArgument."""
    if not 0 <= asked <= LARGEST_PAGE:
        raise InvalidArgument(
            field="page_size",
            value=asked,
            expected=f"1 to {LARGEST_PAGE}, or 0 for {usual}",
        )
    return asked or usual


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


def sesam_day(field: str, text: str) -> date | None:
    """The day, None for an empty text, or InvalidArgument."""
    if not text:
        return None
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise InvalidArgument(field=field, value=text, expected="a day as YYYY-MM-DD")
