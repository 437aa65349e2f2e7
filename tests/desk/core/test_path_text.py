"""A path and its text are the same, whatever bytes it has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesam_master.core.path_text import path_bytes, path_text


@given(st.binary(min_size=1, max_size=60))
def test_every_path_comes_back_from_one_line_that_can_be_seen(path: bytes) -> None:
    text = path_text(path)

    assert path_bytes(text) == path
    assert path_bytes(f"  {text}\t") == path
    assert text.isprintable()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"/home", "/home"),
        ("/srv/Übung 日".encode(), "/srv/Übung 日"),
        (b"/srv/\xe4\n", r"/srv/\xe4\x0a"),
        (b"/a\\b", r"/a\\b"),
        (b"/a ", r"/a\x20"),
        ("/a\u00a0\u2028b".encode(), r"/a\xc2\xa0\xe2\x80\xa8b"),
        (b" ", r"\x20"),
    ],
)
def test_what_is_no_text_is_written_as_bytes(path: bytes, text: str) -> None:
    assert path_text(path) == text


@pytest.mark.parametrize("text", ["/a\\b", "\\", "/a\\x4", "/a\\xzz", "/a\\\\\\"])
def test_a_backslash_that_begins_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="begins with a backslash"):
        path_bytes(text)
