"""Events: what is refused, and which is the more important."""

from dataclasses import replace

import pytest

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.events import (
    Action,
    BackupAction,
    CommandAction,
    EventKind,
    NewdayAction,
    RestoreAction,
    checked_event,
    kind_of,
    rank,
)
from server_agent.domain.quoting import printable
from server_agent.domain.savesets import BackupType
from tests.agent.domain.plans import FULL, event

ACTIONS: list[tuple[Action, EventKind, str]] = [
    (FULL, EventKind.BACKUP, "documents"),
    (BackupAction(BackupType.INC, group="all"), EventKind.BACKUP, "all"),
    (RestoreAction("documents", b"/"), EventKind.RESTORE, "documents"),
    (RestoreAction("documents", b"/srv/\xff", (b"/etc/hosts",)), EventKind.RESTORE, "documents"),
    (CommandAction("sm_report-2.sh", ("--to", "")), EventKind.COMMAND, "sm_report-2.sh"),
    (NewdayAction(), EventKind.NEWDAY, ""),
]


@pytest.mark.parametrize(("action", "kind", "name"), ACTIONS)
def test_kinds_of_events(action: Action, kind: EventKind, name: str) -> None:
    made = event("7", action)
    assert checked_event(made) is made
    assert kind_of(made) is kind
    assert made.action.object_name == name


def test_the_more_important_first() -> None:
    assert sorted([1, 0, 99, 50, 98], key=rank, reverse=True) == [0, 99, 98, 50, 1]


@pytest.mark.parametrize("priority", [0, 1, 99])
def test_priorities_that_there_are(priority: int) -> None:
    assert checked_event(event("7", priority=priority)).priority == priority


@pytest.mark.parametrize("priority", [-1, 100])
def test_priorities_that_there_are_not(priority: int) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_event(event("7", priority=priority))
    assert refused.value.metadata == {
        "field": "priority",
        "value": str(priority),
        "expected": "a number from 1, the lowest, to 99, or 0 for above all and never blocked",
    }


@pytest.mark.parametrize("name", ["", " x", "x ", "a/b", "x" * 129, "a\nb"])
def test_names_that_there_cannot_be(name: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_event(replace(event("7"), name=name))
    assert refused.value.metadata["field"] == "name"
    assert refused.value.metadata["value"] == printable(name)


def test_no_event_follows_itself() -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_event(replace(event("7"), name="night", follow_up="night"))
    assert refused.value.metadata == {
        "field": "follow_up",
        "value": "night",
        "expected": "the name of another event",
    }
    assert checked_event(replace(event("7"), name="night", follow_up="day")).follow_up == "day"


@pytest.mark.parametrize(
    ("action", "field", "value", "expected"),
    [
        (BackupAction(BackupType.FULL), "task", "empty", "the name of a task or else of a task"),
        (
            BackupAction(BackupType.FULL, task="documents", group="all"),
            "task",
            "beside a group",
            "the name of a task or else of a task group",
        ),
        (CommandAction(""), "program", "", "the name of a program in bin/sesam, without a path"),
        (CommandAction("../sh"), "program", "../sh", "the name of a program in bin/sesam"),
        (CommandAction(".."), "program", "..", "the name of a program in bin/sesam"),
        (CommandAction("/bin/sh"), "program", "/bin/sh", "the name of a program in bin/sesam"),
        (CommandAction("-c"), "program", "-c", "the name of a program in bin/sesam"),
        (CommandAction("sh -c"), "program", "sh -c", "the name of a program in bin/sesam"),
        (CommandAction("sh\n"), "program", "sh\\n", "the name of a program in bin/sesam"),
        (CommandAction("x" * 129), "program", "x" * 129, "the name of a program in"),
        (CommandAction("sh", ("x",) * 65), "arguments", "65", "at most 64 arguments"),
        (CommandAction("sh", ("a\0b",)), "arguments", "a\\x00b", "a text of at most 4096"),
        (CommandAction("sh", ("x" * 4097,)), "arguments", "x" * 80, "a text of at most"),
        (RestoreAction("", b"/srv"), "task", "", "the name of a task"),
        (RestoreAction("documents", b""), "target", "", "an absolute path of a directory without"),
        (RestoreAction("documents", b"srv"), "target", "srv", "an absolute path of a directory"),
        (
            RestoreAction("documents", b"/a\0"),
            "target",
            "/a\\x00",
            "an absolute path of a directory",
        ),
        (RestoreAction("documents", b"/srv/../etc"), "target", "/srv/../etc", "an absolute path"),
        (RestoreAction("documents", b"\xff"), "target", "\\xff", "an absolute path"),
        (RestoreAction("documents", b"/srv", (b"/a", b"etc")), "paths", "etc", "full paths out of"),
        (RestoreAction("documents", b"/srv", (b"",)), "paths", "", "full paths out of the listing"),
    ],
)
def test_refused_actions_name_the_field_and_what_would_be_right(
    action: Action, field: str, value: str, expected: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_event(event("7", action))
    assert refused.value.metadata["field"] == field
    assert refused.value.metadata["value"] == value
    assert refused.value.metadata["expected"].startswith(expected)
