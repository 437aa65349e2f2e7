"""Saved views on disk: kept for every desk of the profile, nothing unknown is lost."""

import json
import threading
from pathlib import Path

import pytest

from sesam_master.core.registry import KeepingError
from sesam_master.core.saved_views import MemoryViews, SavedView, ViewStore
from sesam_master.storage.views_file import FORMAT, ViewsFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "views.json"


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, path: Path) -> ViewStore:
    return ViewsFile(path) if request.param == "file" else MemoryViews()


def names(store: ViewStore) -> list[str]:
    return [view.name for view in store.load().views]


def test_views_are_kept_renamed_in_place_and_removed(store: ViewStore) -> None:
    assert store.load().views == ()
    store.put(SavedView("Night", {"text": "sql"}))
    store.put(SavedView("Trouble", {"states": ["error"]}))
    store.set_default("Night")
    store.put(SavedView("Last night", {"text": "sql"}), replaces="Night")
    assert names(store) == ["Last night", "Trouble"]
    assert store.load().default == "Last night"
    assert store.load().views[0].content == {"text": "sql"}
    store.remove("Last night")
    store.remove("Last night")
    assert names(store) == ["Trouble"]
    assert store.load().default == ""


def test_a_name_is_taken_once_whatever_its_letter_case(store: ViewStore) -> None:
    store.put(SavedView("Night", {"text": "a"}))
    store.put(SavedView("Other", {}))
    store.put(SavedView("NIGHT", {"text": "b"}))
    assert names(store) == ["NIGHT", "Other"]
    store.put(SavedView("night", {"text": "c"}), replaces="Other")
    assert names(store) == ["night"]
    assert store.load().views[0].content == {"text": "c"}


def test_what_a_newer_desk_wrote_beside_stays(path: Path) -> None:
    path.parent.mkdir()
    later = {"name": "Night", "text": "a", "colour": "red"}
    path.write_text(json.dumps({"format": FORMAT, "views": [later], "shelf": [1]}))
    store = ViewsFile(path)
    store.put(SavedView("Night", {"text": "b"}))
    store.put(SavedView("Late", {"text": "b"}), replaces="Night")
    kept = json.loads(path.read_text())
    assert kept["shelf"] == [1]
    assert kept["views"] == [{"name": "Late", "text": "b", "colour": "red"}]


def test_two_desks_lose_nothing_of_each_other(path: Path) -> None:
    def keep(desk: int) -> None:
        store = ViewsFile(path)
        for number in range(10):
            store.put(SavedView(f"view {desk} {number}", {}))

    threads = [threading.Thread(target=keep, args=(desk,)) for desk in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(ViewsFile(path).load().views) == 30


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"views": []}', "damaged"),
        ('{"format": 1, "views": [{"text": "a"}]}', "a view has no name"),
        ('{"format": 1, "views": 3}', "no list"),
        ('{"format": 2, "views": []}', "newer desk"),
    ],
)
def test_what_cannot_be_read_is_named_and_never_written_over(
    path: Path, text: str, words: str
) -> None:
    path.parent.mkdir()
    path.write_text(text)
    store = ViewsFile(path)
    with pytest.raises(KeepingError, match=words):
        store.load()
    with pytest.raises(KeepingError, match=words):
        store.put(SavedView("Night", {}))
    assert path.read_text() == text


def test_nobody_else_may_read_them(path: Path) -> None:
    ViewsFile(path).put(SavedView("Night", {}))
    assert path.stat().st_mode & 0o777 == 0o600
