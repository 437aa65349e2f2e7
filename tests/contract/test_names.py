"""What all indexes of names do. The one in memory looks through everything, and the real one is
compared with it."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from server_agent.adapters.names.index import NameIndex
from server_agent.domain.errors import PageTokenInvalid
from server_agent.domain.finding import Wanted
from server_agent.ports import EntryKind
from server_agent.ports.listings import Listed
from server_agent.ports.names import FoundFile, NameQuery, Names, NamesLost, Version
from tests.contract.names_history import DAY, History, enter, row, saveset
from tests.fakes.names import MemoryNames

F1 = saveset(1)
I2 = saveset(2, base=F1)
F3 = saveset(3)


@pytest.fixture(params=["memory", "sqlite"])
def names(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Names]:
    made: Names = MemoryNames() if request.param == "memory" else NameIndex(tmp_path / "names.db")
    yield made
    made.close()


def query(text: str = "*", **conditions: object) -> NameQuery:
    return NameQuery(Wanted.of(text), **conditions)  # type: ignore[arg-type]


def found(
    names: Names, text: str = "*", limit: int = 1000, **conditions: object
) -> list[FoundFile]:
    """All pages."""
    files: list[FoundFile] = []
    position = None
    while True:
        page = names.find(query(text, **conditions), position, limit)
        assert len(page.files) <= limit
        files += page.files
        position = page.next_position
        if position is None:
            return files


def paths(names: Names, text: str = "*", **conditions: object) -> list[bytes]:
    return [file.path for file in found(names, text, **conditions)]


def versions(names: Names, path: bytes, limit: int = 1000, holders: int = 1000) -> list[Version]:
    made: list[Version] = []
    position = None
    while True:
        page = names.versions("fs-01", path, position, limit, holders)
        made += page.versions
        position = page.next_position
        if position is None:
            return made


def test_nothing_is_in_a_new_one(names: Names) -> None:
    assert names.whole() == frozenset()
    assert names.begun() == {}
    assert paths(names) == []
    assert versions(names, b"/srv") == []
    assert not names.tidy()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("report", [b"/srv/Report-2025.pdf", b"/srv/old/report"]),
        ("REPORT-2", [b"/srv/Report-2025.pdf"]),
        ("*.pdf", [b"/srv/Report-2025.pdf", b"/srv/a.PDF"]),
        ("?.pdf", [b"/srv/a.PDF"]),
        ("*20??*", [b"/srv/Report-2025.pdf"]),
        ("a*", [b"/srv/a.PDF"]),
        ("*.c", [b"/srv/x.c"]),
        ("x.", [b"/srv/x.c"]),
        ("old/report", [b"/srv/old/report"]),
        ("ld/rep", [b"/srv/old/report"]),
        ("old/port", []),
        ("old/*", [b"/srv/old/report"]),
        ("/srv/*.c", [b"/srv/x.c"]),
        ("/old/*", []),
        ("srv/*/re*", [b"/srv/old/report"]),
        ("\\xff", [b"/srv/caf\xff\nnew"]),
        ("f\\xff\\n", [b"/srv/caf\xff\nnew"]),
        ("ÄPFEL", ["/srv/a\u0308pfel".encode()]),
        ("äpf*", ["/srv/a\u0308pfel".encode()]),
        ('"quoted" AND', [b'/srv/"quoted" AND name']),
        ("nowhere", []),
        ("report*x", []),
        ("OR", [b"/srv/Report-2025.pdf", b"/srv/old/report"]),
        ("[x]", []),
    ],
)
def test_what_a_text_finds(names: Names, text: str, expected: list[bytes]) -> None:
    files = (
        b"/srv/Report-2025.pdf",
        b"/srv/a.PDF",
        b"/srv/x.c",
        b"/srv/old/report",
        b"/srv/caf\xff\nnew",
        "/srv/a\u0308pfel".encode(),
        b'/srv/"quoted" AND name',
    )
    enter(names, F1, [row(b"/srv", F1.name, "d"), *(row(path, F1.name) for path in files)])
    assert paths(names, text) == sorted(expected, key=lambda path: (path.count(b"/"), path))


def test_a_file_is_found_with_its_newest_version(names: Names) -> None:
    enter(names, F1, [row(b"/srv/a", F1.name, size=10, time=5), row(b"/srv/b", F1.name)])
    enter(names, I2, [row(b"/srv/a", I2.name, "l", size=3, time=6), row(b"/srv/b", F1.name)])
    a, b = found(names)
    assert a == FoundFile("fs-01", b"/srv/a", EntryKind.SYMLINK, 3, 6, 2, I2)
    assert b == FoundFile("fs-01", b"/srv/b", EntryKind.FILE, 1, 1, 1, I2)


def test_what_was_removed_is_found_in_the_last_saveset_that_has_it(names: Names) -> None:
    enter(names, F1, [row(b"/srv/a", F1.name), row(b"/srv/b", F1.name)])
    enter(names, I2, [row(b"/srv/b", F1.name)])
    enter(names, F3, [row(b"/srv/b", F3.name)])
    a, b = found(names)
    assert (a.path, a.saveset) == (b"/srv/a", F1)
    assert (b.path, b.saveset, b.versions) == (b"/srv/b", F3, 1)


def test_versions_say_who_holds_them_and_where_the_data_are(names: Names) -> None:
    path = b"/srv/a"
    i4, i5 = saveset(4, base=F3), saveset(5, base=saveset(4, base=F3))
    for made, time, home in ((F1, 1, F1), (I2, 1, F1), (F3, 1, F3), (i4, 2, i4), (i5, 2, i4)):
        enter(names, made, [row(path, home.name, time=time)])
    new, old = versions(names, path)
    assert [(one.saveset, one.home) for one in new.holders] == [(i5, i4.name), (i4, i4.name)]
    assert [(one.saveset, one.home) for one in old.holders] == [
        (F3, F3.name),
        (I2, F1.name),
        (F1, F1.name),
    ]
    assert (new.savesets, old.savesets) == (2, 3)
    assert (new.oldest.saveset, old.oldest.saveset) == (i4, F1)
    assert (new.kind, new.size, new.modify_time_ns) == (EntryKind.FILE, 1, 2)


def test_what_was_not_saved_has_no_home(names: Names) -> None:
    enter(names, F1, [row(b"/srv/a", None)])
    enter(names, I2, [row(b"/srv/a", I2.name)])
    enter(names, F3, [row(b"/srv/a", None)])
    [version] = versions(names, b"/srv/a")
    assert [one.home for one in version.holders] == [None, I2.name, None]


def test_only_so_many_holders_are_named(names: Names) -> None:
    for made in (F1, F3, saveset(4)):
        enter(names, made, [row(b"/srv/a", made.name)])
    [version] = versions(names, b"/srv/a", holders=2)
    assert [one.saveset for one in version.holders] == [saveset(4), F3]
    assert (version.savesets, version.oldest.saveset) == (3, F1)


def test_a_directory_may_become_a_file_and_back(names: Names) -> None:
    inside = [row(b"/srv/x", F1.name, "d"), row(b"/srv/x/in", F1.name)]
    enter(names, F1, inside)
    enter(names, I2, [row(b"/srv/x", I2.name)])
    enter(names, F3, inside)
    assert [one.kind for one in versions(names, b"/srv/x")] == [
        EntryKind.DIRECTORY,
        EntryKind.FILE,
    ]
    [version] = versions(names, b"/srv/x/in")
    assert [one.saveset for one in version.holders] == [F3, F1]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_what_vanished_is_noticed_where_directories_end_and_files_begin(
    names: Names, at_once: int
) -> None:
    def listed(home: str, *files: bytes) -> list[Listed]:
        return [row(b"/srv/a", home, "d"), *(row(b"/srv/" + name, home) for name in files)]

    gone = [row(b"/srv/" + name, F1.name, "d") for name in (b"m", b"z")]
    enter(names, F1, [*listed(F1.name, b"b", b"c", b"x"), *gone])
    enter(names, F3, listed(F3.name, b"b", b"c", b"d", b"e"), at_once)
    held = {file.path: file.saveset for file in found(names)}
    assert [path for path, last in held.items() if last == F1] == [b"/srv/m", b"/srv/z", b"/srv/x"]


def test_the_newest_is_the_one_that_was_made_last_not_entered_last(names: Names) -> None:
    enter(names, F3, [row(b"/srv/a", F3.name), row(b"/srv/b", F3.name, size=3)])
    enter(names, F1, [row(b"/srv/a", F1.name), row(b"/srv/b", F1.name, size=1)])
    a, b = found(names)
    assert (a.saveset, b.saveset, b.size) == (F3, F3, 3)
    [version] = versions(names, b"/srv/a")
    assert [one.saveset for one in version.holders] == [F3, F1]


def test_the_root_itself_is_a_path(names: Names) -> None:
    enter(names, F1, [(b"", b"", "d", 4096, 7, F1.name), row(b"/a", F1.name)])
    [version] = versions(names, b"/")
    assert version.modify_time_ns == 7


def test_conditions_leave_other_savesets_out(names: Names) -> None:
    other = saveset(4, client="fs-02", task="mail")
    enter(names, F1, [row(b"/srv/a", F1.name), row(b"/srv/b", F1.name)])
    enter(names, I2, [row(b"/srv/a", I2.name, size=2)])
    enter(names, other, [row(b"/srv/a", other.name, size=3)])
    assert [(file.client, file.size) for file in found(names, "a")] == [("fs-01", 2), ("fs-02", 3)]
    assert [file.client for file in found(names, "a", client="fs-02")] == ["fs-02"]
    assert [file.client for file in found(names, "a", task="mail")] == ["fs-02"]
    assert found(names, "a", client="fs-01", task="mail") == []
    first = DAY + timedelta(days=1)
    [old] = found(names, "a", last_sesam_day=first)
    assert (old.size, old.versions, old.saveset) == (1, 1, F1)
    assert [file.path for file in found(names, client="fs-01", first_sesam_day=I2.sesam_day)] == [
        b"/srv/a"
    ]
    assert found(names, first_sesam_day=DAY + timedelta(days=9)) == []


def test_two_tasks_of_a_client_have_the_same_path_once(names: Names) -> None:
    other = saveset(2, task="all")
    enter(names, F1, [row(b"/srv/a", F1.name)])
    enter(names, other, [row(b"/srv/a", other.name)])
    [file] = found(names)
    assert (file.versions, file.saveset) == (1, other)
    [version] = versions(names, b"/srv/a")
    assert [one.home for one in version.holders] == [other.name, F1.name]


def test_what_is_entered_in_part_is_not_found(names: Names) -> None:
    names.enter(F1, None, [row(b"/srv/a", F1.name)], "one")
    assert names.whole() == frozenset()
    assert names.begun() == {F1.name: "one"}
    assert paths(names) == []
    names.enter(F1, "one", [row(b"/srv/b", F1.name)], None)
    assert (names.whole(), names.begun()) == ({F1.name}, {})
    assert paths(names) == [b"/srv/a", b"/srv/b"]


def test_a_part_that_does_not_follow_is_refused(names: Names) -> None:
    with pytest.raises(NamesLost):
        names.enter(F1, "one", [row(b"/srv/b", F1.name)], None)
    names.enter(F1, None, [row(b"/srv/a", F1.name)], "one")
    with pytest.raises(NamesLost):
        names.enter(F1, "two", [row(b"/srv/b", F1.name)], None)
    assert names.whole() == frozenset()
    enter(names, F1, [row(b"/srv/c", F1.name)])  # from the beginning
    assert paths(names) == [b"/srv/c"]


def test_what_is_whole_stays_as_it_is(names: Names) -> None:
    enter(names, F1, [row(b"/srv/a", F1.name)])
    enter(names, F1, [row(b"/srv/b", F1.name)])
    assert paths(names) == [b"/srv/a"]


def test_an_empty_listing_is_whole_and_ends_what_was_there(names: Names) -> None:
    enter(names, F1, [row(b"/srv/a", F1.name)])
    enter(names, F3, [])
    assert names.whole() == {F1.name, F3.name}
    [file] = found(names)
    assert file.saveset == F1


def test_what_is_forgotten_is_not_found(names: Names) -> None:
    enter(names, F1, [row(b"/srv/a", F1.name), row(b"/srv/b", F1.name)])
    enter(names, I2, [row(b"/srv/a", I2.name, size=9), row(b"/srv/b", F1.name)])
    names.forget([I2.name, "unknown"])
    for _ in range(2):
        assert names.whole() == {F1.name}
        a, b = found(names)
        assert (a.size, a.versions, a.saveset) == (1, 1, F1)
        assert b.saveset == F1
        while names.tidy():
            pass
    names.forget([F1.name])
    for _ in range(2):
        assert paths(names) == []
        assert versions(names, b"/srv/a") == []
        while names.tidy():
            pass
    enter(names, F1, [row(b"/srv/c", F1.name)])
    assert paths(names) == [b"/srv/c"]


def test_a_forgotten_base_still_says_where_data_are(names: Names) -> None:
    i3 = saveset(3, base=I2)
    for made in (F1, I2, i3):
        enter(names, made, [row(b"/srv/a", F1.name)])
    names.forget([I2.name])
    while names.tidy():
        pass
    [version] = versions(names, b"/srv/a")
    assert [(one.saveset, one.home) for one in version.holders] == [(i3, F1.name), (F1, F1.name)]


def test_a_saveset_whose_base_is_not_entered(names: Names) -> None:
    enter(names, F1, [row(b"/srv/a", F1.name)])
    i3 = saveset(3, base=I2)
    enter(names, i3, [row(b"/srv/a", I2.name)])
    [version] = versions(names, b"/srv/a")
    assert [(one.saveset, one.home) for one in version.holders] == [(i3, I2.name), (F1, F1.name)]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_follow_each_other(names: Names, limit: int) -> None:
    listed = [row(b"/srv/%d" % number, F1.name) for number in range(5)]
    enter(names, F1, listed)
    assert [file.path for file in found(names, limit=limit)] == [b"/srv/%d" % n for n in range(5)]
    for number in range(2, 5):
        enter(names, saveset(number), [row(b"/srv/0", saveset(number).name, size=number)])
    sizes = [one.size for one in versions(names, b"/srv/0", limit=limit)]
    assert sizes == [4, 3, 2, 1]


def test_a_list_goes_on_as_it_was_while_others_are_entered(names: Names) -> None:
    enter(names, F1, [row(b"/srv/%d" % number, F1.name) for number in range(4)])
    page = names.find(query(), None, 2)
    enter(names, F3, [row(b"/srv/%02d" % number, F3.name) for number in range(4)])
    rest = names.find(query(), page.next_position, 100)
    both = [file.path for file in (*page.files, *rest.files)]
    assert both[:4] == [b"/srv/0", b"/srv/1", b"/srv/2", b"/srv/3"]
    assert len(set(both)) == len(both) == 8


@pytest.mark.parametrize("position", ["x", "-1", "1.5", "9" * 19, "9" * 30, "٣"])
def test_a_position_that_was_not_given(names: Names, position: str) -> None:
    enter(names, F1, [row(b"/srv/a", F1.name)])
    with pytest.raises(PageTokenInvalid):
        names.find(query(), position, 1)
    with pytest.raises(PageTokenInvalid):
        names.versions("fs-01", b"/srv/a", position, 1, 1)


@pytest.mark.parametrize("seed", range(12))
def test_any_history_is_found_as_if_all_of_it_were_looked_through(
    seed: int, tmp_path: Path
) -> None:
    pick = random.Random(seed)
    history = History(seed)
    real, memory = NameIndex(tmp_path / "names.db"), MemoryNames()
    for number in range(1, 30):
        history.change()
        listing = history.save(number, pick.choice(("docs", "docs", "all")))
        for index in (real, memory):
            enter(index, listing.saveset, listing.rows, pick.choice((1, 3, 1000)))
        if pick.random() < 0.2:
            gone = pick.choice(sorted(real.whole()))
            # What others build on is deleted last.
            if all(one.saveset.base != gone for one in history.listings):
                for index in (real, memory):
                    index.forget([gone])
                if pick.random() < 0.5:
                    while real.tidy():
                        pass
        compare(real, memory, history, pick)
    real.close()


def compare(real: Names, memory: Names, history: History, pick: random.Random) -> None:
    for path in {one[0] + b"/" + one[1] for each in history.listings for one in each.rows}:
        assert versions(real, path) == versions(memory, path), path
    narrowed: list[dict[str, object]] = [
        {},
        {"task": "all"},
        {"last_sesam_day": DAY + timedelta(days=9)},
    ]
    for conditions in narrowed:
        for text in ("*", "b", "b\\xff", "/a/", "*x", "ÄX"):
            one, other = (
                sorted(found(index, text, pick.choice((2, 1000)), **conditions), key=repr)
                for index in (real, memory)
            )
            assert one == other
