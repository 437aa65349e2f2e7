"""Which expressions a task may have, and which of its options are not the default."""

import pytest

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.task_options import (
    TaskOptions,
    TimeReference,
    changed_options,
    check_expression,
    checked_options,
)


@pytest.mark.parametrize(
    "expression",
    [
        r"\.log$",
        "^/srv/(a|b)/",
        "[[:digit:]]+",
        "[]x]",
        "[^]x]y",
        "a{2,3}",
        r"\\[0-9]",
        r"\[\]",
        r"\w\b",
        "[a-z][0-9]?[^/]*",
        "[[.a.]]",
        "é",
    ],
)
def test_what_is_an_expression(expression: str) -> None:
    check_expression("excludes", expression)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "of 1 to 1000 characters"),
        ("x" * 1001, "of 1 to 1000 characters"),
        ("a\0b", "without NUL"),
        ("(", "unterminated"),
        ("x)|(y", "unbalanced"),
        ("*x", "nothing to repeat"),
        ("[a", "unterminated"),
        (r"\d+", r"\d is not known"),
        (r"a\\\d", r"\d is not known"),
        (r"(a)\1", r"\1 is not known"),
        ("(?i)x", "is not known"),
        ("(?:x)", "is not known"),
        (r"[\d]", "in brackets a backslash stands for itself"),
        (r"x[\.]", "in brackets a backslash stands for itself"),
    ],
)
def test_what_is_none(expression: str, why: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_expression("accept_size_change", expression)
    assert why in refusal.value.metadata["expected"]
    assert refusal.value.metadata["field"] == "accept_size_change"
    if expression:
        with pytest.raises(InvalidArgument):
            checked_options(TaskOptions(accept_size_change=("good", expression)))


def test_what_is_not_the_default() -> None:
    assert changed_options(TaskOptions()) == []
    options = TaskOptions(skip_nodump=True, time_reference=TimeReference.ARCHIVE_BIT)
    assert changed_options(options) == ["skip_nodump", "time_reference"]
