"""What the options of a task leave out of its savesets."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from server_agent.adapters.tar.left_out import SIGNATURE
from server_agent.domain.jobs import Level
from server_agent.domain.task_options import ExcludeKind, TaskOptions
from server_agent.ports import EngineError
from tests.agent.tar.site import Site, at, only_mounting, unprivileged
from tests.agent.tar.test_mounted import go_through
from tests.agent.tar.test_sources import listed

REGEX = TaskOptions(exclude_kind=ExcludeKind.REGEX)
CACHES = TaskOptions(skip_cache_directories=True)
NO_DUMP = TaskOptions(skip_nodump=True)


def make(site: Site, *names: str) -> None:
    for name in names:
        path = site.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def make_cache(directory: Path, tag: bytes = SIGNATURE + b"\n# made by a test\n") -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "CACHEDIR.TAG").write_bytes(tag)


def set_no_dump(*paths: Path) -> None:
    made = subprocess.run(["chattr", "+d", *paths], capture_output=True)
    if made.returncode:
        pytest.skip("the file system of the tests has no attributes")


NAMES = ("a.log", "a.log.1", "b.txt", "tmp/x", "deep/tmp/y", "deep/tmpfile", "10/z", "d/q")


@pytest.mark.parametrize(
    ("expressions", "left_out"),
    [
        ((r"\.log$",), {"a.log"}),
        ((r"\.log",), {"a.log", "a.log.1"}),
        (("source/tmp$",), {"tmp/x"}),
        (("/tmp$",), {"tmp/x", "deep/tmp/y"}),
        (("/[0-9]+$", r"b\.(txt|html)"), {"10/z", "b.txt"}),
        (("a{2}|/deep/[^/]+e$",), {"deep/tmpfile"}),
        (("source$",), set()),
        (("(x$)|(q$)", "z$"), {"tmp/x", "d/q", "10/z"}),
    ],
)
def test_expressions(site: Site, expressions: tuple[str, ...], left_out: set[str]) -> None:
    make(site, *NAMES)
    site.options = REGEX
    site.back_up(excludes=expressions)
    assert listed(site) == set(NAMES) - left_out
    assert site.codes() == []


def test_an_expression_that_is_found_above_the_source(site: Site) -> None:
    make(site, "a")
    site.options = REGEX
    done = site.back_up(excludes=(f"{site.root.name}/",))
    assert listed(site) == set()
    assert len(done.warnings) == 1, "never green"


def test_an_expression_from_the_root(site: Site) -> None:
    make(site, "a", "b")
    site.options = REGEX
    site.back_up(excludes=(f"^{site.source}/a$",))
    assert listed(site) == {"b"}


def test_ends_of_lines_in_a_name_are_no_ends_of_a_path(site: Site) -> None:
    names = ("a.log", "a.log\nkept", "x\n.log", "any/a\nb.tmp.c")
    make(site, *names)
    site.options = REGEX
    site.back_up(excludes=(r"\.log$", r"^\.log", r"\.tmp\."))
    assert listed(site) == {"a.log\nkept", "x\n.log"}


def test_a_thousand_expressions(site: Site) -> None:
    make(site, "a999", "a1000")
    site.options = REGEX
    site.back_up(excludes=tuple(f"a{number}$" for number in range(1000)))
    assert listed(site) == {"a1000"}


def test_an_expression_that_find_refuses(site: Site) -> None:
    make(site, "a")
    site.options = REGEX
    with pytest.raises(EngineError, match="Invalid range end") as failure:
        site.back_up(excludes=("[z-a]",))
    assert failure.value.code == "EXCLUDE_UNUSABLE"
    assert site.files() == set()


def test_the_file_of_excludes(site: Site, tmp_path: Path) -> None:
    make(site, "a.tmp", "b", "#c", "d \xe9", "dir/e", "f")
    lines = b"# comment\n\n   \n*.tmp\r\n\\#c\nd \xc3\xa9\n./dir\nf"
    (tmp_path / "excludes").write_bytes(lines)
    site.options = TaskOptions(exclude_file=os.fsencode(tmp_path / "excludes"))
    site.back_up(excludes=("nothing",))
    assert listed(site) == {"b"}


def test_a_file_of_expressions_behind_a_link(site: Site, tmp_path: Path) -> None:
    make(site, "a.tmp", "b")
    (tmp_path / "real").write_text("\\.tmp$\n")
    (tmp_path / "excludes").symlink_to("real")
    site.options = TaskOptions(
        exclude_kind=ExcludeKind.REGEX, exclude_file=os.fsencode(tmp_path / "excludes")
    )
    site.back_up()
    assert listed(site) == {"b"}


def test_an_empty_file_of_excludes(site: Site, tmp_path: Path) -> None:
    make(site, "a")
    (tmp_path / "excludes").touch()
    site.options = TaskOptions(exclude_file=os.fsencode(tmp_path / "excludes"))
    site.back_up()
    assert listed(site) == {"a"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        ("directory", "is no file"),
        ("pipe", "is no file"),
        (b"good\n(\n", 'has "(" in line 2'),
        (b"x" * ((1 << 20) + 1), "more than 1048576 bytes"),
        (b"a\0b", "is no text"),
    ],
)
def test_a_file_of_excludes_that_cannot_be_used(
    site: Site, tmp_path: Path, content: bytes | str | None, said: str
) -> None:
    make(site, "a")
    place = tmp_path / "the excludes"
    if content == "directory":
        place.mkdir()
    elif content == "pipe":
        os.mkfifo(place)
    elif isinstance(content, bytes):
        place.write_bytes(content)
    site.options = TaskOptions(exclude_kind=ExcludeKind.REGEX, exclude_file=os.fsencode(place))
    with pytest.raises(EngineError) as failure:
        site.back_up()
    assert failure.value.code == "EXCLUDE_FILE"
    assert said in failure.value.text
    assert str(place) in failure.value.text
    assert site.files() == set()


def test_a_file_of_excludes_that_may_not_be_read(open_site: Site) -> None:
    site = open_site
    with unprivileged():
        make(site, "a")
        place = site.root / "excludes"
        place.write_text("a")
        place.chmod(0)
        site.options = TaskOptions(exclude_file=os.fsencode(place))
        with pytest.raises(EngineError, match="Permission denied"):
            site.back_up()


def test_what_lies_beside_the_tag_of_a_cache(site: Site, tmp_path: Path) -> None:
    make(site, "a", "cache/x", "cache/deep/y", "cache.d/z", "other/x", "short/x", "late/x")
    make_cache(site.source / "cache")
    make_cache(site.source / "cache/deep/inner")
    make_cache(site.source / "other", b"Signature: 0")
    make_cache(site.source / "short", SIGNATURE[:-1])
    make_cache(site.source / "late", b"\n" + SIGNATURE)
    make(site, "vast/x")
    make_cache(site.source / "vast", SIGNATURE)
    os.truncate(site.source / "vast" / TAG, 1 << 22)  # a shell would not soon end its line
    (site.source / "linked").mkdir()
    (site.source / "linked/CACHEDIR.TAG").symlink_to("../cache/CACHEDIR.TAG")
    kept = {"a", "cache.d/z", "cache/CACHEDIR.TAG", "linked/CACHEDIR.TAG"}
    kept |= {f"{name}/{file}" for name in ("other", "short", "late", "vast") for file in ("x", TAG)}
    site.options = CACHES
    done = site.back_up()
    assert listed(site) == kept
    assert (done.files, done.skipped, done.warnings) == (len(kept), 0, ())
    [message] = site.messages
    assert (message.level, message.code) == (Level.INFO, "CACHE_DIRECTORIES")
    assert message.text.startswith("5 entries beside a CACHEDIR.TAG left out")
    site.restore(tmp_path / "target")
    restored = at(tmp_path / "target", site.source)
    assert sorted(os.listdir(restored / "cache")) == [TAG]


TAG = "CACHEDIR.TAG"


def test_a_source_that_is_a_cache_and_one_within_another(site: Site) -> None:
    make(site, "cache/x", "cache/inside/deep/y", "cache/inside2/z")
    make_cache(site.source / "cache")
    site.options = CACHES
    site.back_up(site.source / "cache", site.source / "cache/inside")
    assert listed_below(site, site.source) == {"cache/CACHEDIR.TAG", "cache/inside/deep/y"}


def listed_below(site: Site, top: Path) -> set[str]:
    site.restore(site.root / "all")
    restored = at(site.root / "all", top)
    return {str(path.relative_to(restored)) for path in restored.rglob("*") if path.is_file()}


def test_a_directory_that_becomes_a_cache_between_two_backups(site: Site) -> None:
    make(site, "a", "cache/x")
    site.options = CACHES
    site.back_up()
    assert listed(site) == {"a", "cache/x"}
    make_cache(site.source / "cache")
    done = site.back_up()
    assert (listed(site), done.files, done.warnings) == ({"a", "cache/CACHEDIR.TAG"}, 1, ())
    (site.source / "cache/CACHEDIR.TAG").unlink()
    assert site.back_up().files == 1
    assert listed(site) == {"a", "cache/x"}


def test_what_cannot_be_read_in_a_cache_is_no_warning(open_site: Site) -> None:
    site = open_site
    with unprivileged():
        make(site, "a", "cache/closed/x", "closed/y")
        make_cache(site.source / "cache")
        for name in ("cache/closed", "closed"):
            (site.source / name).chmod(0)
        site.options = CACHES
        done = site.back_up()
        for name in ("cache/closed", "closed"):
            (site.source / name).chmod(0o700)
    assert [m.path for m in site.messages if m.code == "UNREADABLE"] == [
        os.fsencode(site.source / "closed")
    ]
    assert done.skipped == 1


def test_a_hard_link_into_a_cache(site: Site, tmp_path: Path) -> None:
    make(site, "cache/a")
    os.link(site.source / "cache/a", site.source / "z")
    site.back_up()
    make_cache(site.source / "cache")
    site.options = CACHES
    site.back_up()
    assert listed(site) == {"z", "cache/CACHEDIR.TAG"}
    site.restore(tmp_path / "target")
    assert (at(tmp_path / "target", site.source) / "z").read_text() == "cache/a"


def test_what_must_not_be_dumped(site: Site) -> None:
    make(site, "a", "b", "dir/x", "dir/deep/y", "dir2/z", "with \xe9 blank")
    flagged = [site.source / name for name in ("b", "dir", "with \xe9 blank")]
    set_no_dump(*flagged, site.source)
    site.options = NO_DUMP
    done = site.back_up()
    assert listed(site) == {"a", "dir2/z"}
    assert (done.skipped, done.warnings) == (0, ())
    [message] = site.messages
    assert (message.level, message.code) == (Level.INFO, "NO_DUMP")
    assert message.text.startswith("6 entries with the attribute no dump left out")
    site.options = TaskOptions()
    site.back_up()
    assert len(listed(site)) == 6


def test_no_attributes_where_there_are_none(site: Site) -> None:
    if not os.path.ismount("/dev/shm"):
        pytest.skip("no file system without attributes")
    place = Path(f"/dev/shm/sesam-test-{os.getpid()}")
    place.mkdir()
    try:
        (place / "a").write_text("a")
        site.options = NO_DUMP
        assert site.back_up(place).files == 1
        assert site.codes() == []
    finally:
        (place / "a").unlink()
        place.rmdir()


def test_a_client_that_cannot_tell_attributes(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(site, "a")
    (tmp_path / "bin").mkdir()
    for name in ("find", "tar", "xargs"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    site.options = NO_DUMP
    with pytest.raises(EngineError, match=r"lsattr.*e2fsprogs") as failure:
        site.back_up()
    assert failure.value.code == "CLIENT_UNFIT"
    assert site.files() == set()


@only_mounting
def test_other_file_systems(site: Site) -> None:
    make(site, "a")
    mounted = site.source / "mounted"
    mounted.mkdir()
    inner = f"mkdir {mounted}/inner && mount -t tmpfs tmpfs {mounted}/inner"
    [all_of_it, only_one, again] = go_through(
        site,
        f"mount -t tmpfs tmpfs {mounted} && touch {mounted}/x && {inner} && touch {mounted}/inner/y"
        f" && mkdir {site.source}/kernel && mount -t proc proc {site.source}/kernel",
        [str(site.source)],
        {"stay": str(site.source)},
        {"stay": str(site.source)},
    )
    assert (all_of_it["listed"], all_of_it["warnings"]) == (3, [])
    borders = [["OTHER_FILE_SYSTEM", str(site.source / name)] for name in ("kernel", "mounted")]
    for answer in (only_one, again):
        assert answer == {"listed": 1, "warnings": [], "said": borders}


def test_the_description_has_what_is_not_the_default(site: Site, tmp_path: Path) -> None:
    make(site, "a")
    (tmp_path / "excl\udcff").write_text("x")
    site.options = TaskOptions(
        exclude_kind=ExcludeKind.REGEX,
        exclude_file=os.fsencode(tmp_path / "excl\udcff"),
        accept_size_change=(r"\.log$",),
    )
    site.back_up()
    written = json.loads(site.data().with_suffix(".idx").read_text())
    assert written["options"] == {
        "exclude_kind": "regex",
        "exclude_file": str(tmp_path / "excl\udcff"),
        "accept_size_change": [r"\.log$"],
    }
