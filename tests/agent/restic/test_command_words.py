"""The words of a task's commands may be passwords: no command line of restic has them, which every
user of the machine can read, and a rebuild brings them back."""

import base64
import binascii
import json
import os
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.restic import description, shelf
from server_agent.adapters.restic.contents import ResticContents
from server_agent.adapters.restic.stores import Secrets
from server_agent.ports import CommandSource, Message, SavesetRef, Verified, VerifyRequest
from server_agent.ports.rebuilding import FoundSaveset, LeftFile
from tests.contract.engine_rig import FULL, LABEL, back_up, full, ref
from tests.contract.restic_rig import ResticRig
from tests.contract.test_engine_copies import OTHER, copied, elsewhere, with_second_repository
from tests.fakes.engine import FakeControl

PASSWORD = b"correct-horse-battery"
COMMANDS = (
    CommandSource("dump", (b"printf", b"%s", b"--password=" + PASSWORD)),
    CommandSource("bytes", (b"echo", b"\xff ", b"")),
)


@pytest.fixture
def rig(tmp_path: Path) -> ResticRig:
    return with_second_repository(tmp_path)


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the arguments of each restic that is started from now on."""
    said, place = tmp_path / "arguments", tmp_path / "programs"
    place.mkdir()
    script = f"#!/bin/sh\nprintf '%s\\0' \"$@\" >>'{said}'\nexec {shutil.which('restic')} \"$@\"\n"
    (place / "restic").write_text(script)
    (place / "restic").chmod(0o755)
    monkeypatch.setitem(os.environ, "PATH", f"{place}:/usr/bin:/bin")
    return said


def readings(argument: bytes) -> Iterator[bytes]:
    """An argument as it is, and what is encoded in it."""
    yield argument
    for part in (argument, *(argument[at + 1 :] for at, c in enumerate(argument) if c == ord("="))):
        try:
            decoded = base64.b64decode(part, validate=True)
        except binascii.Error:
            continue
        yield decoded
        try:
            yield zlib.decompress(decoded)
        except zlib.error:
            continue


def read_in(started: Path) -> list[bytes]:
    arguments = started.read_bytes().split(b"\0")
    started.unlink()
    return [reading for each in arguments for reading in readings(each)]


def check(said: list[bytes]) -> None:
    """What was saved has been said, in a way that is seen through, and nothing of how."""
    assert any(b'["dump", "bytes"]' in each and b'"written_ns"' in each for each in said)
    assert has_no_words(said)


def has_no_words(said: list[bytes]) -> bool:
    return not any(word in each for each in said for word in (PASSWORD, b"printf", b"udcff"))


def restic(rig: ResticRig, *words: str, fed: bytes = b"") -> bytes:
    environment = {
        "RESTIC_REPOSITORY": str(rig.root / "store" / LABEL),
        "RESTIC_PASSWORD_FILE": str(rig.root / "secrets/restic.key"),
        "RESTIC_CACHE_DIR": str(rig.root / "tmp/restic"),
        "PATH": "/usr/bin:/bin",
    }
    words = ("restic", *words)
    return subprocess.run(words, env=environment, input=fed, capture_output=True, check=True).stdout


def forget_listing(rig: ResticRig) -> list[str]:
    """Its snapshot goes; returns its tags."""
    snapshots = json.loads(restic(rig, "snapshots", "--json"))
    [found] = (each for each in snapshots if "listing" in each["tags"])
    restic(rig, "forget", found["id"])
    return list(found["tags"])


def put_by_hand(rig: ResticRig, tags: list[str], content: bytes) -> None:
    words = ["backup", "--stdin", "--stdin-filename=listing"]
    restic(rig, *words, *(f"--tag={each}" for each in tags), fed=content)


def listing(rig: ResticRig) -> Path:
    [path] = (rig.root / "lis").rglob("*.db")
    return path


def brought(rig: ResticRig, store: str = "restic:{}/store") -> tuple[FoundSaveset | LeftFile, str]:
    """What a rebuild finds without any file of the agent, and why its listing cannot be brought."""
    contents = ResticContents(new_lis(rig), Secrets(rig.root / "secrets"), rig.root / "look")
    [medium] = contents.media([os.fsencode(store.format(rig.root))])
    [one] = contents.contents(medium)
    return one, contents.bring_listing(one, medium) if isinstance(one, FoundSaveset) else ""


def new_lis(rig: ResticRig) -> Path:
    return rig.root / "nowhere"


def commands_in(rig: ResticRig, store: str = "restic:{}/store") -> tuple[CommandSource, ...]:
    """Those that a rebuild finds; it brings the listing as it was."""
    one, why = brought(rig, store)
    assert isinstance(one, FoundSaveset), one.why
    assert why == ""
    [new] = new_lis(rig).rglob("*.db")
    assert new.read_bytes() == listing(rig).read_bytes()
    return one.commands


def is_whole(rig: ResticRig, saveset: SavesetRef) -> bool:
    """It and the listing on its medium, of which a verify would warn."""
    events = list(rig.engine.verify(VerifyRequest((saveset,), False), FakeControl()))
    faults = [each.fault for each in events if isinstance(each, Verified)]
    return faults == [""] and not any(isinstance(each, Message) for each in events)


def test_no_command_line_has_them_and_they_come_back(rig: ResticRig, started: Path) -> None:
    back_up(rig, replace(full(rig), commands=COMMANDS))
    check(read_in(started))
    copied(rig, ref(FULL))
    check(read_in(started))
    forget_listing(rig)
    assert rig.engine.shelve([ref(FULL)], FakeControl()) == 1
    check(read_in(started))
    assert is_whole(rig, ref(FULL))
    assert is_whole(rig, elsewhere(ref(FULL)))
    for store, label in (("restic:{}/store", LABEL), ("restic+other:{}/second", OTHER)):
        assert commands_in(rig, store) == COMMANDS
        [new] = new_lis(rig).rglob("*.restic")
        [before] = (rig.root / "lis").rglob(f"{FULL}.{label}.restic")
        assert description.read_content(new) == description.read_content(before)
        shutil.rmtree(new_lis(rig))
    assert has_no_words(read_in(started))


def test_what_was_shelved_without_a_head_is_read(rig: ResticRig) -> None:
    back_up(rig, replace(full(rig), commands=COMMANDS))
    tags = forget_listing(rig)
    said = description.content_in(tags)
    said["programs"] = [list(map(os.fsdecode, each.argv)) for each in COMMANDS]
    packed = base64.b64encode(zlib.compress(json.dumps(said).encode())).decode()
    kept = [each for each in tags if not each.startswith("description")]
    put_by_hand(rig, [*kept, f"description0={packed}"], listing(rig).read_bytes())
    assert commands_in(rig) == COMMANDS


def test_a_head_that_is_not_there_leaves_the_names(rig: ResticRig) -> None:
    back_up(rig, replace(full(rig), commands=COMMANDS))
    tags = forget_listing(rig)
    put_by_hand(rig, tags, listing(rig).read_bytes())
    assert commands_in(rig) == tuple(replace(each, argv=()) for each in COMMANDS)


@pytest.mark.parametrize(
    ("begin", "why"),
    [
        (b"SESAM LISTING 2 0000000002\n{}", "of format 2"),
        (b"SESAM LISTING 1 9999999999\n{}", "it is cut"),
    ],
)
def test_a_listing_behind_another_head_is_said(rig: ResticRig, begin: bytes, why: str) -> None:
    back_up(rig, replace(full(rig), commands=COMMANDS))
    tags = forget_listing(rig)
    put_by_hand(rig, tags, begin + listing(rig).read_bytes())
    one, said = brought(rig)
    assert isinstance(one, FoundSaveset)
    assert [each.argv for each in one.commands] == [(), ()]
    assert why in said


@pytest.mark.parametrize("content", [b"SESAM", b"SQLite format 3\0 and more than a line"])
def test_what_has_no_head_is_all_listing(rig: ResticRig, content: bytes) -> None:
    put_by_hand(rig, ["listing"], content)
    repository = rig.engine._places.repository(LABEL)
    [snapshot] = repository.ids()
    assert shelf.head_of(repository, snapshot, FakeControl()) == b""
    assert b"".join(shelf.pieces(repository, snapshot, FakeControl())) == content


@pytest.mark.parametrize("lost", ["saveset", "sesam_day", "result", "format", "label"])
def test_a_foreign_description_is_named(rig: ResticRig, lost: str) -> None:
    back_up(rig, full(rig))
    tags = forget_listing(rig)
    said = description.content_in(tags)
    del said[lost]
    kept = [each for each in tags if not each.startswith("description")]
    put_by_hand(rig, [*kept, *description.tags(said)], listing(rig).read_bytes())
    left, _ = brought(rig)
    assert isinstance(left, LeftFile)
    assert left.path.endswith(FULL.encode())
    assert "its description cannot be" in left.why
