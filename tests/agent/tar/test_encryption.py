"""Savesets that are encrypted: what lies on the medium, what opens it, and what does not."""

import json
import os
import subprocess
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from server_agent.adapters.key_files import KeyFiles
from server_agent.adapters.tar import by_hand, description, sealed_head
from server_agent.adapters.tar.by_hand import CannotRead
from server_agent.adapters.tar.engine import TarEngine
from server_agent.adapters.tar.sealing import CannotOpen, Sealing
from server_agent.adapters.tar.store import write_label
from server_agent.adapters.tar.stream import FRAME_BYTES
from server_agent.domain.jobs import Level
from server_agent.ports import (
    BackupRequest,
    CommandSource,
    CopyRequest,
    EngineError,
    Interrupted,
    Message,
    SavesetRef,
    VerifyRequest,
)
from server_agent.ports.keys import PoolKey
from tests.agent.tar.site import LABEL, LOCATION_ID, Site, at
from tests.agent.tar.test_fidelity import make_special_tree
from tests.agent.tar.trees import differences, picture
from tests.fakes.engine import FakeControl

SECRET_NAME = "merger with Initech"
SECRET_TEXT = b"nobody may know of this sentence " * 100


class SealedSite(Site):
    """A site whose backups are encrypted with a key of its own."""

    def __init__(self, root: Path) -> None:
        self.keys = KeyFiles(root / "secrets", root / "escrow")
        self.key = self.keys.make("POOL")
        made = Site.below(root)
        super().__init__(root, made.engine)
        self.engine = TarEngine(
            *(root / "store", root / "lis", root / "tmp", LOCATION_ID),
            threads=2,
            keys=self.keys,
        )

    def request(self, *sources: Path, excludes: tuple[str, ...] = ()) -> BackupRequest:
        return replace(super().request(*sources, excludes=excludes), key_id=self.key.id)

    def description(self, age: int = 0) -> Path:
        data = self.data(age)
        return data.with_name(data.name + ".idx")

    def lose_key(self) -> None:
        self.keys.path(self.key.id).unlink()

    def said_by_verify(self) -> list[Message]:
        events = self.engine.verify(VerifyRequest(tuple(self.chain[:1])), FakeControl())
        return [event for event in events if isinstance(event, Message)]


@pytest.fixture
def sealed(tmp_path: Path) -> SealedSite:
    return SealedSite(tmp_path)


@pytest.fixture
def four_frames(sealed: SealedSite) -> SealedSite:
    (sealed.source / "noise").write_bytes(os.urandom(3 * FRAME_BYTES + 1000))
    sealed.back_up()
    return sealed


def test_the_fidelity_tree_through_a_chain(sealed: SealedSite, tmp_path: Path) -> None:
    make_special_tree(sealed.source)
    sealed.back_up()
    (sealed.source / "later").write_text("of the INC")
    sealed.back_up()
    target = tmp_path / "restored"
    done = sealed.restore(target)
    assert (done.skipped, done.warnings) == (0, ())
    assert differences(picture(sealed.source), picture(at(target, sealed.source))) == []
    assert sealed.fault() == ""
    assert sealed.said_by_verify() == []


def test_nothing_on_the_medium_names_or_holds_a_file(sealed: SealedSite) -> None:
    (sealed.source / SECRET_NAME).write_bytes(SECRET_TEXT)
    secret = sealed.source / SECRET_NAME / "nothing"
    request = replace(
        sealed.request(sealed.source, excludes=(f"{SECRET_NAME}.old",)),
        commands=(CommandSource(SECRET_NAME, (b"cat", os.fsencode(secret.parent))),),
    )
    sealed.run(request)
    for file in (sealed.root / "store").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert SECRET_NAME.encode() not in content, file
            assert b"nobody may know" not in content, file
            assert os.fsencode(sealed.source) not in content, file
    # What is there is no file of zstd, which could be taken for an empty one.
    data = sealed.root / "store" / LABEL / request.saveset
    assert subprocess.run(["zstd", "-dc", data], capture_output=True, check=False).returncode != 0


def test_the_spool_of_a_command_is_sealed(sealed: SealedSite, tmp_path: Path) -> None:
    """It lies on the medium while the command runs, and may be found there after a crash."""
    spool = sealed.root / "store" / LABEL / "*.spool.tmp"
    script = f"yes nobody may know | head -c 30000000; cp {spool} {tmp_path}/kept"
    command = CommandSource("dump", (b"sh", b"-c", script.encode()))
    sealed.run(replace(sealed.request(), commands=(command,)))
    kept = (tmp_path / "kept").read_bytes()
    assert kept
    assert b"nobody may know" not in kept
    assert subprocess.run(["zstd", "-dc"], input=kept, capture_output=True, check=False).stdout == (
        b""
    )


def test_no_two_savesets_share_a_key_stream(sealed: SealedSite) -> None:
    """The same data under the same name, twice: a backup that is made again after a crash."""
    (sealed.source / "file").write_bytes(SECRET_TEXT)
    contents = []
    for _ in range(2):
        request = sealed.request()
        sealed.run(request)
        data = sealed.root / "store" / LABEL / request.saveset
        contents.append(data.read_bytes())
        for path in data.parent.glob(data.name + "*"):
            path.unlink()
        (sealed.root / "lis" / "20261025" / (data.name + ".db")).unlink()
    assert contents[0][:64] != contents[1][:64]


def test_without_the_key_nothing_is_saved(sealed: SealedSite) -> None:
    sealed.lose_key()
    with pytest.raises(EngineError) as caught:
        sealed.back_up()
    assert caught.value.code == "KEY_MISSING"
    assert sealed.key.id in caught.value.text
    assert str(sealed.keys.path(sealed.key.id)) in caught.value.text
    assert sealed.files() == set()


def test_without_the_key_a_restore_says_which(four_frames: SealedSite, tmp_path: Path) -> None:
    four_frames.lose_key()
    with pytest.raises(EngineError) as caught:
        four_frames.restore(tmp_path / "restored")
    assert caught.value.code == "KEY_MISSING"
    assert caught.value.saveset == ""
    assert four_frames.key.id in caught.value.text
    assert not (tmp_path / "restored").exists()


def test_a_verify_needs_no_key_but_says_that_it_is_gone(four_frames: SealedSite) -> None:
    four_frames.lose_key()
    assert four_frames.fault() == ""
    [message] = four_frames.said_by_verify()
    assert (message.level, message.code) == (Level.WARNING, "KEY_MISSING")
    assert four_frames.key.id in message.text


def test_a_key_file_that_others_can_read_is_refused(sealed: SealedSite) -> None:
    sealed.keys.path(sealed.key.id).chmod(0o640)
    with pytest.raises(EngineError, match="chmod 600") as caught:
        sealed.back_up()
    assert caught.value.code == "KEY_UNUSABLE"


def test_a_damaged_frame_is_found_without_the_key(four_frames: SealedSite) -> None:
    four_frames.lose_key()
    with four_frames.data().open("r+b") as file:
        file.seek(FRAME_BYTES + 5000)
        file.write(b"\xff\x00\xff")
    assert "frame 1" in four_frames.fault()


def test_frames_that_change_places_are_refused(four_frames: SealedSite, tmp_path: Path) -> None:
    """Whoever can write to the disk can also write a description that agrees with it."""
    known = description.read(four_frames.description())
    frames, data = known.frames, four_frames.data()
    content = data.read_bytes()
    one, two, end = frames.offsets[1], frames.offsets[2], frames.offsets[3]
    assert frames.stored_size(1) == frames.stored_size(2)
    data.write_bytes(content[:one] + content[two:end] + content[one:two] + content[end:])
    lines = four_frames.description().read_bytes().splitlines(keepends=True)
    begin = next(number for number, line in enumerate(lines) if b'"frames": [' in line) + 2
    lines[begin], lines[begin + 1] = lines[begin + 1], lines[begin]
    four_frames.description().write_bytes(b"".join(lines))
    with pytest.raises(EngineError, match="not those that were sealed") as caught:
        four_frames.restore(tmp_path / "restored")
    assert caught.value.code == "SAVESET_DAMAGED"
    assert "not those that were sealed" in four_frames.fault()


def change_head(idx: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """As somebody does who can write to the disk, digest and all."""
    text = idx.read_bytes()
    head, begin, frames = text.partition(b',\n "frames": [')
    content = json.loads(head + b"}")
    del content["blake3"]
    change(content)
    new = json.dumps(content, indent=1)[: -len("\n}")].encode()
    digest = b',\n "blake3": "' + blake3(new).hexdigest().encode() + b'"'
    idx.write_bytes(new + digest + begin + frames)


def test_an_older_saveset_in_the_place_of_another(sealed: SealedSite, tmp_path: Path) -> None:
    """Whoever has the disk could bring back what was, such as an old list of who may log in."""
    file = sealed.source / "users"
    for text in ("mallory", "nobody1"):
        file.write_text(text)
        os.utime(file, (1, 1))
        sealed.chain.clear()
        request = replace(sealed.request(), saveset=f"SF{text:0<17}@abcdefghijk".replace("y", "z"))
        sealed.run(request)
        sealed.chain.append(SavesetRef(request.saveset, LABEL, request.sesam_day, None))
        if text == "mallory":
            old = sealed.data()
    new = sealed.data()
    new.write_bytes(old.read_bytes())
    idx = sealed.description()
    idx.write_bytes(old.with_name(old.name + ".idx").read_bytes())
    change_head(idx, lambda head: head.update(saveset=new.name))
    listing_digest = description.digest_of(sealed.listing()).hex()
    change_head(idx, lambda head: head["listing"].update(blake3=listing_digest))
    with pytest.raises(EngineError, match=old.name) as caught:
        sealed.restore(tmp_path / "restored")
    assert caught.value.code == "SAVESET_DAMAGED"
    assert old.name in sealed.fault()
    (sealed.root / "store/POOL00002").mkdir()
    write_label(sealed.root / "store/POOL00002", "POOL00002", LOCATION_ID)
    with pytest.raises(EngineError, match=old.name) as caught:
        list(sealed.engine.copy(CopyRequest(sealed.chain[0], "POOL00002"), FakeControl()))
    assert caught.value.code == "SAVESET_DAMAGED"


def test_a_plain_saveset_in_the_place_of_an_encrypted_one(
    sealed: SealedSite, tmp_path: Path
) -> None:
    """Nobody needs a key to write one."""
    (sealed.source / "file").write_text("what was saved")
    sealed.back_up()
    data, idx = sealed.data(), sealed.description()
    data.unlink()
    idx.unlink()
    forger = Site.below(tmp_path / "forger")
    (sealed.source / "file").write_text("what is forged")
    forger.run(replace(forger.request(sealed.source), saveset=data.name))
    forged = forger.root / "store" / LABEL / data.name
    data.write_bytes(forged.read_bytes())
    idx.write_bytes(forged.with_name(forged.name + ".idx").read_bytes())
    listing_digest = description.digest_of(sealed.listing()).hex()
    change_head(idx, lambda head: head["listing"].update(blake3=listing_digest))
    sealed.chain[0] = replace(sealed.chain[0], key_id=sealed.key.id)
    with pytest.raises(EngineError, match="is not encrypted") as caught:
        sealed.restore(tmp_path / "restored")
    assert caught.value.code == "SAVESET_DAMAGED"
    assert "is not encrypted" in sealed.fault()


@pytest.mark.parametrize("field", ["base", "facts", "type", "sesam_day", "result"])
def test_what_stands_in_clear_cannot_be_changed(four_frames: SealedSite, field: str) -> None:
    """A catalogue is put back from it: the pool that it names is encrypted or not."""

    def change(head: dict[str, Any]) -> None:
        if field == "facts":
            head["facts"]["pool"] = "{}"
        elif field == "result":
            head["result"]["files"] = 0
        else:
            head[field] = "C" if field == "type" else "20261026"

    change_head(four_frames.description(), change)
    assert "what it says of itself" in four_frames.fault()


def test_a_frame_opens_at_its_own_place_only(four_frames: SealedSite) -> None:
    known = description.read(four_frames.description())
    assert known.encryption is not None
    sealing = Sealing(four_frames.key, four_frames.chain[0].name, known.encryption.salt)
    content = four_frames.data().read_bytes()
    stored = content[known.frames.offsets[1] : known.frames.offsets[2]]
    assert sealing.frames().open(1, stored)
    with pytest.raises(CannotOpen):
        sealing.frames().open(0, stored)
    with pytest.raises(CannotOpen):
        replace(sealing, saveset="S" + "F" * 30).frames().open(1, stored)
    with pytest.raises(CannotOpen):
        sealing.anew().frames().open(1, stored)


def test_a_saveset_under_the_key_of_another_is_no_damage_but_says_so(
    four_frames: SealedSite,
) -> None:
    other = PoolKey(four_frames.key.id, "POOL", bytes(32))
    known = description.read(four_frames.description())
    assert known.encryption is not None
    sealing = Sealing(other, four_frames.chain[0].name, known.encryption.salt)
    with pytest.raises(CannotOpen):
        sealed_head.private_part(sealing, known.encryption, known.frames)


def test_by_hand_with_zstd_and_tar(sealed: SealedSite, tmp_path: Path) -> None:
    make_special_tree(sealed.source)
    sealed.back_up()
    assert by_hand.key_needed(sealed.data()) == sealed.key.id
    target = tmp_path / "by hand"
    target.mkdir()
    stream = b"".join(by_hand.frames_of(sealed.data(), sealed.key))
    raw = subprocess.run(["zstd", "-dc"], input=stream, capture_output=True, check=True).stdout
    command = ["tar", "-x", "--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "-p"]
    command += ["--delay-directory-restore", "-C", str(target)]
    subprocess.run(command, input=raw, capture_output=True, check=True)
    assert differences(picture(sealed.source), picture(at(target, sealed.source))) == []
    with pytest.raises(CannotRead):
        list(by_hand.frames_of(sealed.data(), PoolKey(sealed.key.id, "", bytes(32))))


def test_a_plain_saveset_by_hand(site: Site) -> None:
    (site.source / "file").write_bytes(SECRET_TEXT)
    site.back_up()
    assert by_hand.key_needed(site.data()) == ""
    stream = b"".join(by_hand.frames_of(site.data(), None))
    raw = subprocess.run(["zstd", "-dc"], input=stream, capture_output=True, check=True).stdout
    assert SECRET_TEXT in raw


def test_the_start_enters_an_encrypted_saveset_without_its_key(sealed: SealedSite) -> None:
    """The key may be put back later; the warnings are counted, not told."""
    (sealed.source / SECRET_NAME).mkdir()
    (sealed.source / SECRET_NAME).chmod(0o755)
    done = sealed.back_up(sealed.source / SECRET_NAME)
    assert done.warnings
    assert SECRET_NAME in done.warnings[0]
    sealed.lose_key()
    [found] = sealed.engine.recover(sealed.chain, frozenset())
    assert isinstance(found, Interrupted)
    assert found.result is not None
    assert found.key_id == sealed.key.id
    assert found.result.warnings == ("1 warning: the protocol says what it is about",)
    assert replace(found.result, warnings=()) == replace(done, warnings=())


def test_the_keys_themselves_are_never_saved(sealed: SealedSite, tmp_path: Path) -> None:
    plain = replace(Site.request(sealed, sealed.root), key_id="")
    sealed.run(plain)
    listed = {
        entry.path
        for entry in sealed.engine.entries(
            SavesetRef(plain.saveset, LABEL, plain.sesam_day, None),
            os.fsencode(sealed.root),
            None,
            100,
        ).entries
    }
    assert os.fsencode(sealed.root / "source") in listed
    assert os.fsencode(sealed.keys.directory) not in listed
    content = subprocess.run(
        ["zstd", "-dc", sealed.root / "store" / LABEL / plain.saveset],
        capture_output=True,
        check=True,
    ).stdout
    secret = json.loads(sealed.keys.path(sealed.key.id).read_text())["secret"]
    assert secret.encode() not in content
    assert b64decode(secret) not in content


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_stream_comes_back(sealed: SealedSite, size: int) -> None:
    sealing = Sealing(sealed.key, "S")
    content = os.urandom(size)
    stored = b"".join(sealing.seal("listing", [content[:100], content[100:]]))
    assert b"".join(sealing.open("listing", [stored[:7], stored[7:]])) == content
    assert b"".join(sealing.seal("listing", [content])) != stored


@pytest.mark.parametrize("spoil", ["cut piece", "cut byte", "changed", "other", "empty", "doubled"])
def test_a_stream_that_was_changed_does_not(sealed: SealedSite, spoil: str) -> None:
    sealing = Sealing(sealed.key, "S")
    stored = b"".join(sealing.seal("listing", [bytes(2 << 20)]))
    purpose = "other" if spoil == "other" else "listing"
    piece = (1 << 20) + 16
    bad = {
        "cut piece": stored[: 24 + piece],
        "cut byte": stored[:-1],
        "changed": stored[:100] + bytes([stored[100] ^ 1]) + stored[101:],
        "other": stored,
        "empty": b"",
        "doubled": stored[: 24 + piece] + stored[24:],
    }[spoil]
    with pytest.raises(CannotOpen):
        list(sealing.open(purpose, [bad]))
