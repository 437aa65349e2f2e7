"""What a text finds among names."""

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_agent.domain.finding import Glob, Wanted, folded


def finds(text: str, path: bytes) -> bool:
    directory, _, name = path.rpartition(b"/")
    return Wanted.of(text).matcher().matches(directory, name)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("rep", b"/srv/Report", True),
        ("srv", b"/srv/Report", False),  # a directory is no part of the name
        ("srv/rep", b"/srv/Report", True),
        ("rv/rep", b"/srv/Report", True),
        ("srv/port", b"/srv/Report", False),
        ("/srv/report", b"/srv/Report", True),
        ("/srv/rep", b"/home/srv/Report", True),  # a part of the path
        ("Report/", b"/srv/Report", True),
        ("*port", b"/srv/Report", True),
        ("*por", b"/srv/Report", False),
        ("r?port", b"/srv/Report", True),
        ("r?eport", b"/srv/Report", False),
        ("s*/r*", b"/srv/Report", True),
        ("x*/r*", b"/srv/Report", False),
        ("*/r*", b"/Report", False),
        ("/*/r*", b"/srv/Report", True),
        ("/*/r*", b"/a/srv/Report", False),
        ("/r*", b"/Report", True),
        ("/r*", b"/srv/Report", False),
        ("STRASSE", "/srv/straße".encode(), True),
        ("café", "/srv/CAFE\u0301".encode(), True),
        ("\\xe9", b"/srv/caf\xe9", True),
        ("\\n", b"/srv/a\nb", True),
        ("\n", b"/srv/a\nb", True),
        ("[ab]", b"/srv/a", False),
        ("[ab]", b"/srv/x[ab]x", True),
        ("", b"/srv/a", True),
    ],
)
def test_what_a_text_finds(text: str, path: bytes, expected: bool) -> None:
    assert finds(text, path) is expected


def test_a_matcher_may_be_asked_in_any_order() -> None:
    matcher = Wanted.of("b/*").matcher()
    paths = [(b"/a", False), (b"/b", True), (b"/a", False), (b"/a/b", True), (b"/b", True)]
    assert [matcher.matches(directory, b"x") for directory, _ in paths] == [
        expected for _, expected in paths
    ]


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_are_those_of_the_shell(pattern: str, name: str) -> None:
    assert Glob(pattern).matches(name) is fnmatch.fnmatchcase(name, pattern)


@given(st.binary())
def test_any_name_has_a_folded_form_that_is_printable(name: bytes) -> None:
    text = folded(name)
    assert text == folded(text)
    assert "\x02" not in text
    assert "\x03" not in text
    text.encode()


def test_no_pattern_takes_long() -> None:
    pattern, name = "*a?" * 300 + "b", "a" * 255
    started = time.monotonic()
    assert not Glob(pattern).matches(name)
    assert not Glob("*?a" * 80 + "*b").matches(name)
    assert time.monotonic() - started < 1.0
