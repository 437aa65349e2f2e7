"""What is not as it was, and what nobody understands, makes a job a warning: never plain OK."""

import os
import shutil
from pathlib import Path

import pytest

from server_agent.domain.jobs import Level
from server_agent.ports import EngineError
from tests.agent.tar.site import IS_ROOT, NOBODY, Site, unprivileged


def says(
    path: Path, monkeypatch: pytest.MonkeyPatch, line: str, status: int, program: str = "tar"
) -> None:
    """The programs that are found from now on: one says one line more and ends as it is told."""
    path.mkdir(exist_ok=True)
    real = shutil.which(program, path="/usr/bin:/bin")
    script = path / program
    script.write_text(f"#!/bin/sh\n{real} \"$@\" || exit\necho '{line}' >&2\nexit {status}\n")
    script.chmod(0o755)
    monkeypatch.setitem(os.environ, "PATH", f"{path}:/usr/bin:/bin")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    return tmp_path / "programs"


@pytest.mark.parametrize("status", [0, 1, 2])
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Warning: Cannot flistxattr: Input/output error", "ATTRIBUTES_UNREADABLE"),
        ("Warning: Cannot fgetxattr: Input/output error", "ATTRIBUTES_UNREADABLE"),
        ("Cannot frobnicate: Input/output error", "TAR"),
    ],
)
def test_what_tar_says_of_a_file_it_saves(
    site: Site, programs: Path, monkeypatch: pytest.MonkeyPatch, status: int, said: str, code: str
) -> None:
    for name in ("a: b", "c"):
        (site.source / name).write_text("x")
    path = os.fsencode(site.source / "a: b")
    says(programs, monkeypatch, f"tar: {os.fsdecode(path[1:])}: {said}", status)
    done = site.back_up()
    assert (done.files, done.skipped) == (2, 1)
    assert [(each.level, each.code, each.path) for each in site.messages] == [
        (Level.WARNING, code, path)
    ]
    assert done.warnings == (() if code != "TAR" else (site.messages[0].text,))
    assert site.back_up().files == 1, "the next one saves it again"


def test_what_tar_says_of_nothing_in_particular(
    site: Site, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.source / "a").write_text("x")
    says(programs, monkeypatch, "tar: the moon is full", 1)
    done = site.back_up()
    assert done.warnings == ("tar says: tar: the moon is full",)
    assert site.codes() == ["TAR"]
    says(programs, monkeypatch, "tar: the moon is full", 2)
    with pytest.raises(EngineError, match="could not save the sources: tar: the moon"):
        site.back_up()
    says(programs, monkeypatch, "", 2)
    (site.source / "a").write_text("y")
    done = site.back_up()
    assert done.warnings == ("tar ended with status 2 and did not say why",)
    restored = site.restore(site.root / "target")
    assert restored.warnings == done.warnings


@pytest.mark.parametrize(
    ("said", "code", "skipped", "warned"),
    [
        ("Warning: Cannot acl_from_text: Invalid argument", "METADATA_NOT_RESTORED", 0, "1 of 4"),
        ("time stamp 2040-01-01 00:00:00 is 9.5 s in the future", "TIME_STAMP", 0, ""),
        ("implausibly old time stamp 1600-01-01 00:00:00", "TIME_STAMP", 0, ""),
        ("Is a directory", "NOT_RESTORED", 1, ""),
        ("Cannot open: Is a directory", "NOT_RESTORED", 1, ""),
        ("shines", "TAR", 1, 'a": tar says: shines'),
    ],
)
def test_what_tar_says_of_a_file_it_restores(
    site: Site,
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    code: str,
    skipped: int,
    warned: str,
) -> None:
    for name in ("a", "b", "c"):
        (site.source / name).write_text("x")
    site.back_up()
    line = f"tar: {str(site.source / 'a')[1:]}: {said}"
    says(programs, monkeypatch, line, 0 if code == "TIME_STAMP" else 2)
    done = site.restore(site.root / "target")
    assert site.codes() == [code]
    assert done.skipped == skipped
    assert len(done.warnings) == bool(warned)
    assert warned in "".join(done.warnings)
    is_harmless = code == "TIME_STAMP"
    assert site.messages[0].level is (Level.INFO if is_harmless else Level.WARNING)


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")
def test_owners_that_a_user_cannot_restore(open_site: Site) -> None:
    site = open_site
    for number, name in enumerate(("a", "b", "c")):
        (site.source / name).write_text("x")
        os.chown(site.source / name, NOBODY if number == 2 else 12345, NOBODY)
    with unprivileged():
        site.back_up()
        done = site.restore(site.root / "target")
    assert done.skipped == 0
    assert [text[:9] for text in done.warnings] == ["2 entries"]
    assert [message.text for message in site.messages] == list(done.warnings)


def test_what_find_says_that_nobody_understands(
    site: Site, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.source / "a").write_text("x")
    line = 'find: WARNING: Hard link count is wrong for "/a": this may be a bug'
    for status in (0, 1):
        says(programs, monkeypatch, line, status, "find")
        done = site.back_up()
        assert done.warnings == (f"find says: {line}",)
        assert [(each.level, each.code) for each in site.messages] == [(Level.WARNING, "FIND")]
    script = programs / "find"
    script.write_text("#!/bin/sh\necho 'find: no such luck' >&2\nexit 1\n")
    with pytest.raises(EngineError, match="no such luck") as failure:
        site.back_up()
    assert failure.value.code == "FIND_FAILED"
