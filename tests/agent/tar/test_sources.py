"""What is found below the sources, and what is left out."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.tar.scan import kernel_mounts, whole_records
from server_agent.domain.errors import PathNotFound
from server_agent.domain.jobs import Level
from server_agent.domain.savesets import BackupType
from server_agent.ports import EngineError, Entry, EntryKind, Interrupted, SavesetRef
from tests.agent.tar.site import Site, at, unprivileged
from tests.agent.tar.trees import differences, picture

NAMES = [
    "a/b/deep.tmp",
    "a/b/kept",
    "a/top.tmp",
    "a+b",
    "cache/data",
    "sub/cache",
    "sub/cache2/data",
    "new\nline/x.tmp",
    "new\nline/kept",
    "we[ird]",
    "z1",
    "z2",
    "z-",
    ".hidden",
    "\udcff.bin",
]

# Excludes, and which of the names they leave out.
CASES: list[tuple[tuple[str, ...], set[str]]] = [
    ((), set()),
    (("*.tmp",), {"a/b/deep.tmp", "a/top.tmp", "new\nline/x.tmp"}),
    (("./a/*.tmp",), {"a/top.tmp"}),
    (("./a",), {"a/b/deep.tmp", "a/b/kept", "a/top.tmp"}),
    (("a/b",), {"a/b/deep.tmp", "a/b/kept"}),
    (("b/*.tmp",), {"a/b/deep.tmp"}),
    (("cache",), {"cache/data", "sub/cache"}),
    (("cache/",), {"cache/data"}),
    (("./cache",), {"cache/data"}),
    (("cache*",), {"cache/data", "sub/cache", "sub/cache2/data"}),
    (("a+b",), {"a+b"}),
    (("a?b",), {"a+b"}),
    (("z[12]",), {"z1", "z2"}),
    (("z[!1]",), {"z2", "z-"}),
    (("z[^]1-]",), {"z2"}),
    (("z[0-1]",), {"z1"}),
    (("a[!x]b",), {"a+b"}),
    (("a*kept",), set()),
    (("we[[]ird]",), {"we[ird]"}),
    ((r"we\[ird\]",), {"we[ird]"}),
    (("we[ird]",), set()),
    ((".*",), {".hidden"}),
    (("\udcff*",), {"\udcff.bin"}),
    (("*line",), {"new\nline/x.tmp", "new\nline/kept"}),
    (("new\nline/k*",), {"new\nline/kept"}),
    (("(", ")", "|", "$", "^", "z1|z2", "-o", "!"), set()),
    (("z1", "z2", "./sub"), {"z1", "z2", "sub/cache", "sub/cache2/data"}),
    (("*",), set(NAMES)),
    (("source", "./", "/"), set()),
]


def listed(site: Site) -> set[str]:
    """Names of the files of the newest listing, below the source."""
    found: set[str] = set()
    pending = [os.fsencode(site.source)]
    while pending:
        for entry in everything_in(site, site.chain[0], pending.pop()):
            if entry.kind is EntryKind.DIRECTORY:
                pending.append(entry.path)
            else:
                found.add(os.fsdecode(os.path.relpath(entry.path, os.fsencode(site.source))))
    return found


def everything_in(site: Site, saveset: SavesetRef, directory: bytes) -> tuple[Entry, ...]:
    return site.engine.entries(saveset, directory, None, 10_000).entries


@pytest.mark.parametrize(("excludes", "left_out"), CASES, ids=[repr(case[0]) for case in CASES])
def test_excludes(site: Site, excludes: tuple[str, ...], left_out: set[str]) -> None:
    for name in NAMES:
        path = site.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    site.back_up(excludes=excludes)
    assert listed(site) == set(NAMES) - left_out
    assert site.codes() == ([] if listed(site) else ["NOTHING_FOUND"])


def test_an_exclude_from_the_root(site: Site, tmp_path: Path) -> None:
    for name in ("in/x", "out/x"):
        (site.source / name).parent.mkdir()
        (site.source / name).touch()
    site.back_up(excludes=(f"{site.source}/out", f"{tmp_path}/out"))
    assert listed(site) == {"in/x"}


def test_special_signs_in_the_sources_own_path(site: Site, tmp_path: Path) -> None:
    strange = tmp_path / "a*b [c] (d) $e^ \\f \udcff\n+"
    (strange / "deep").mkdir(parents=True)
    for name in ("x.tmp", "deep/x.tmp", "deep/y"):
        (strange / name).touch()
    site.back_up(strange, excludes=("./x.tmp", "deep/y"))
    assert [
        entry.path for entry in everything_in(site, site.chain[0], os.fsencode(strange / "deep"))
    ] == [os.fsencode(strange / "deep/x.tmp")]
    assert len(everything_in(site, site.chain[0], os.fsencode(strange))) == 1


def test_several_sources_one_of_them_a_file(site: Site, tmp_path: Path) -> None:
    other, alone, apart = tmp_path / "other", tmp_path / "file", tmp_path / "source-2"
    other.mkdir()
    apart.mkdir()
    for path in (site.source / "x", other / "x", alone, apart / "x"):
        path.write_text(str(path))
    done = site.back_up(site.source, other, alone, apart)
    assert done.files == 4
    top = site.engine.entries(site.chain[0], b"", None, 10)
    assert [entry.path for entry in top.entries] == [
        os.fsencode(path) for path in (other, site.source, apart, alone)
    ]
    with pytest.raises(PathNotFound):
        site.engine.entries(site.chain[0], os.fsencode(tmp_path), None, 10)
    site.restore(tmp_path / "target")
    for path in (site.source, other, alone, apart):
        assert differences(picture(path), picture(at(tmp_path / "target", path))) == []


def test_a_source_that_is_a_link_is_only_the_link(site: Site, tmp_path: Path) -> None:
    (site.source / "file").touch()
    link = tmp_path / "link"
    link.symlink_to(site.source)
    done = site.back_up(link)
    assert (done.files, done.skipped) == (1, 0)
    (message,) = site.messages
    assert (message.level, message.code) == (Level.WARNING, "SOURCE_IS_LINK")
    assert str(link) in message.text
    assert f'name "{site.source}" in the task' in message.text
    assert done.warnings == (message.text,)
    made = site.chain[0]
    assert site.engine.recover([made], frozenset()) == [
        Interrupted(made.name, done, site.request().facts)
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/tmp/" + "n" * 256, "a name in it has 256 bytes, and no file's name has more than 255"),
        ("/tmp" + "/deep" * 820, "it has 4104 bytes, and no path has more than 4095"),
    ],
)
def test_a_source_that_is_too_long(site: Site, source: str, said: str) -> None:
    with pytest.raises(EngineError, match=said) as failure:
        site.back_up(Path(source))
    assert failure.value.code == "SOURCE_MISSING"
    assert len(failure.value.text) < 300
    assert site.files() == set()


def test_a_source_of_which_nothing_can_be_read(open_site: Site) -> None:
    """Alone it is an error, beside others a warning; bare directories are nothing."""
    site = open_site
    closed, secrets = site.root / "closed", site.root / "secrets"
    with unprivileged():
        (site.source / "file").write_text("x")
        (closed / "inside").mkdir(parents=True)
        closed.chmod(0)
        (secrets / "deep").mkdir(parents=True)
        (secrets / "deep/file").write_text("y")
        (secrets / "deep/file").chmod(0)
        for sources in ((closed,), (secrets,), (secrets / "deep/file",), (closed, secrets)):
            with pytest.raises(EngineError, match=str(sources[-1])) as failure:
                site.back_up(*sources)
            assert failure.value.code == "SOURCE_UNREADABLE"
            assert site.files() == set()
        done = site.back_up(site.source, closed, secrets)
        assert (done.files, done.skipped, len(done.warnings)) == (1, 2, 2)
        assert str(closed) in done.warnings[0]
        assert str(secrets) in done.warnings[1]
        (secrets / "deep/file").chmod(0o600)
        done = site.back_up(site.source, closed, secrets)
        assert (done.files, done.skipped, len(done.warnings)) == (1, 1, 1)
        closed.chmod(0o700)


def test_an_empty_source_is_no_error_but_said(site: Site) -> None:
    done = site.back_up()
    assert (done.listed_files, done.skipped) == (0, 0)
    assert done.warnings == (f'"{site.source}" is empty: is it mounted?',)
    (site.source / "file").touch()
    [warning] = site.back_up(excludes=("*",)).warnings
    assert warning.endswith("nothing is in it that the excludes leave")
    (site.source / "directory").mkdir()
    assert site.back_up(excludes=("file",)).warnings == ()


def test_an_empty_source_beside_others_is_said_every_time(site: Site, tmp_path: Path) -> None:
    (site.source / "file").touch()
    empty = tmp_path / "empty"
    empty.mkdir()
    for _ in range(3):
        done = site.back_up(site.source, empty)
        assert done.warnings == (f'"{empty}" is empty: is it mounted?',)
        assert [(each.code, each.path) for each in site.messages] == [
            ("NOTHING_FOUND", os.fsencode(empty))
        ]
    full = replace(
        site.request(site.source, empty),
        saveset=f"SF{9:017d}@abcdefghijk",
        type=BackupType.FULL,
        base=(),
        compare_with=site.chain[0],
    )
    assert site.run(full).warnings == (f'"{empty}" is empty: is it mounted?',)
    (empty / "file").touch()
    assert site.back_up(site.source, empty).warnings == ()
    (empty / "file").unlink()
    [first] = site.back_up(site.source, empty).warnings
    [second] = site.back_up(site.source, empty).warnings
    assert (first.count("the last backup had 1 file"), second.count("is empty: is it")) == (1, 1)


@pytest.mark.skipif(not os.path.ismount("/proc"), reason="nothing is made up here")
def test_a_source_within_what_the_kernel_makes_up(site: Site) -> None:
    for source in ("/proc", "/proc/sys/kernel", "/proc/version"):
        with pytest.raises(EngineError, match=f'source "{source}".*"/proc".*makes up') as failure:
            site.back_up(Path(source))
        assert failure.value.code == "SOURCE_MADE_UP"
    (site.source / "link").symlink_to("/proc/version")
    assert site.back_up(site.source / "link").files == 1, "only the link, which is real"


def test_an_exclude_of_any_bytes(site: Site) -> None:
    """A pattern is text in which U+DC80 to U+DCFF stand for bytes that are no UTF-8."""
    for name in (b"keep\xff", b"drop\xfe", b"\xe4\xf6"):
        Path(os.fsdecode(os.fsencode(site.source) + b"/" + name)).touch()
    site.back_up(excludes=("drop\udcfe", "[\udce4]?"))
    page = site.engine.entries(site.chain[0], os.fsencode(site.source), None, 10)
    assert [entry.path.rpartition(b"/")[2] for entry in page.entries] == [b"keep\xff"]


def test_brackets_that_are_no_class(site: Site) -> None:
    """They stand for themselves, as for a shell."""
    for name in ("[]", "[", "a[", "a"):
        (site.source / name).touch()
    site.back_up(excludes=("[]", "a["))
    page = site.engine.entries(site.chain[0], os.fsencode(site.source), None, 10)
    assert [entry.path.rpartition(b"/")[2] for entry in page.entries] == [b"[", b"a"]


def test_the_root_as_a_source(site: Site, tmp_path: Path) -> None:
    """All but the way to one file is excluded; what the kernel makes up stays empty by itself."""
    (site.source / "file").write_text("from the root")
    made_up = [path for path in ("/proc", "/sys") if os.path.ismount(path)]
    excludes = [f"{site.root}/{name}" for name in os.listdir(site.root) if name != "source"]
    for directory in site.root.parents:
        way = next(iter(site.source.relative_to(directory).parts))
        others = [name for name in os.listdir(directory) if name != way]
        excludes += [
            str(directory / name) for name in others if str(directory / name) not in made_up
        ]
    site.back_up(Path("/"), excludes=tuple(pattern.replace("[", "[[]") for pattern in excludes))
    assert {message.path for message in site.messages if message.code == "KERNEL_FILE_SYSTEM"} >= {
        os.fsencode(path) for path in made_up
    }
    (root,) = site.engine.entries(site.chain[0], b"", None, 10).entries
    assert (root.path, root.kind) == (b"/", EntryKind.DIRECTORY)
    names = {entry.path: entry.children for entry in everything_in(site, site.chain[0], b"/")}
    assert root.children == len(names)
    assert [names[os.fsencode(path)] for path in made_up] == [0] * len(made_up)
    assert site.engine.missing_paths(site.chain[0], [b"/", os.fsencode(site.source / "file")]) == []
    site.restore(tmp_path / "target", site.source)
    assert (at(tmp_path / "target", site.source) / "file").read_text() == "from the root"
    assert site.back_up(Path("/"), excludes=tuple(excludes)).listed_files >= 1


def test_the_data_store_is_never_saved(site: Site) -> None:
    """A source that holds the agent's own directories."""
    (site.source / "file").touch()
    for _ in range(2):
        done = site.back_up(site.root)
        assert done.skipped == 0
        assert set(site.codes()) == {"OWN_FILES"}
    names = {entry.path for entry in everything_in(site, site.chain[0], os.fsencode(site.root))}
    assert names == {os.fsencode(site.root / name) for name in ("lis", "source", "store")}
    assert everything_in(site, site.chain[0], os.fsencode(site.root / "store")) == ()


def test_output_of_find_may_be_cut_anywhere() -> None:
    records = [b"/dir\0name\0f\0001\0002\0001\0005\0001.5\0002.5\000644\0000\0000\0\0"] * 3
    output = b"".join(records)
    for cut in range(len(output) + 1):
        first, rest = whole_records(output[:cut])
        second, nothing = whole_records(rest + output[cut:])
        assert first + second == output.split(b"\0")[:-1]
        assert nothing == b""


def test_made_up_file_systems_below_a_source() -> None:
    mounts = (
        b"22 1 0:21 / /proc rw,nosuid shared:5 - proc proc rw\n"
        b"23 1 0:22 / /sys rw - sysfs sysfs rw\n"
        b"24 23 0:7 / /sys/kernel/debug rw - debugfs debugfs rw\n"
        b"25 1 8:1 / / rw master:1 - ext4 /dev/sda1 rw\n"
        b"26 25 0:30 / /srv/a\\040b\\134c/proc rw - proc proc rw\n"
        b"27 25 0:31 / /srv/tmp rw - tmpfs tmpfs rw\n"
    )
    assert kernel_mounts(mounts, b"/") == [b"/proc", b"/srv/a b\\c/proc", b"/sys"]
    assert kernel_mounts(mounts, b"/srv") == [b"/srv/a b\\c/proc"]
    assert kernel_mounts(mounts, b"/proc") == []
    assert kernel_mounts(mounts, b"/sr") == []
