"""Key files, and keys wrapped with a passphrase."""

import json
from pathlib import Path

import pytest

from server_agent.adapters import escrow
from server_agent.adapters.escrow import EscrowError
from server_agent.adapters.key_files import KeyFiles
from server_agent.adapters.key_id import key_id_of
from server_agent.ports import EngineError
from server_agent.ports.keys import PoolKey

LOCATION_ID = "7f6bb2a5-3a43-4c5e-9d6e-3a0c7f1f6d11"
PASSPHRASE = "correct horse battery staple"
SECRET = bytes(range(32))
KEY = PoolKey(key_id_of(SECRET), "DISK", SECRET)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    return KeyFiles(tmp_path / "secrets/pools", tmp_path / "escrow")


@pytest.fixture(scope="module")
def exported() -> str:
    return escrow.wrap(KEY, LOCATION_ID, PASSPHRASE)


def test_files_are_for_the_agents_user_only(keys: KeyFiles) -> None:
    made = keys.make("DISK")
    keys.put_escrow(made.id, "text")
    for path in (keys.path(made.id), keys.escrow_dir / f"{made.id}.txt"):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_that_is_there_is_not_written_again(keys: KeyFiles) -> None:
    keys.put(KEY)
    before = keys.path(KEY.id).stat()
    keys.put(KEY)
    assert keys.path(KEY.id).stat().st_ino == before.st_ino


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_others_must_not_read_it(keys: KeyFiles, mode: int) -> None:
    keys.put(KEY)
    keys.path(KEY.id).chmod(mode)
    with pytest.raises(EngineError, match="chmod 600") as caught:
        keys.get(KEY.id)
    assert caught.value.code == "KEY_UNUSABLE"
    assert not keys.has(KEY.id)


@pytest.mark.parametrize("spoil", ["empty", "cut", "other secret", "other format", "no text"])
def test_a_damaged_file_is_never_used(keys: KeyFiles, spoil: str) -> None:
    keys.put(KEY)
    content = json.loads(keys.path(KEY.id).read_text())
    bad = {
        "empty": b"",
        "cut": keys.path(KEY.id).read_bytes()[:60],
        "other secret": json.dumps(content | {"secret": "A" * 43 + "="}).encode(),
        "other format": json.dumps(content | {"format": 9}).encode(),
        "no text": b"\xff\xfe",
    }[spoil]
    keys.path(KEY.id).write_bytes(bad)
    with pytest.raises(EngineError, match="damaged, or no key") as caught:
        keys.get(KEY.id)
    assert caught.value.code == "KEY_UNUSABLE"


def test_a_key_in_the_place_of_another_is_refused(keys: KeyFiles) -> None:
    made = keys.make("DISK")
    keys.put(KEY)
    keys.path(made.id).replace(keys.path(KEY.id))
    with pytest.raises(EngineError, match=f"holds the key {made.id}, not {KEY.id}"):
        keys.get(KEY.id)


@pytest.mark.parametrize("key_id", ["", "../../etc/passwd", "0123", "0123456789ABCDEF"])
def test_what_no_id_can_be(keys: KeyFiles, key_id: str) -> None:
    with pytest.raises(EngineError, match="is the id of no key"):
        keys.get(key_id)


def test_what_is_wrapped_comes_back(exported: str) -> None:
    assert SECRET.hex() not in exported
    report = f"A report about keys.\n\n{exported}\nand more text\n{exported}"
    first, second = escrow.wrapped_in(report)
    assert first == second
    assert escrow.unwrap(first, PASSPHRASE) == KEY
    assert escrow.as_text(first) == exported


def test_a_wrong_passphrase_says_so(exported: str) -> None:
    [content] = escrow.wrapped_in(exported)
    with pytest.raises(EscrowError, match="passphrase does not open"):
        escrow.unwrap(content, PASSPHRASE + "!")


@pytest.mark.parametrize("field", ["key", "pool", "location_id"])
def test_what_stands_in_clear_is_bound(exported: str, field: str) -> None:
    [content] = escrow.wrapped_in(exported)
    with pytest.raises(EscrowError):
        escrow.unwrap(content | {field: "0123456789abcdef"}, PASSPHRASE)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(EscrowError, match="at least 12"):
        escrow.wrap(KEY, LOCATION_ID, "elevenchars")


def test_absurd_numbers_are_refused(exported: str) -> None:
    [content] = escrow.wrapped_in(exported)
    content["scrypt"]["n"] = 1 << 30
    with pytest.raises(EscrowError, match="absurd"):
        escrow.unwrap(content, PASSPHRASE)


def test_a_damaged_text_says_so() -> None:
    with pytest.raises(EscrowError, match="damaged"):
        list(escrow.wrapped_in(f"{escrow.BEGIN}\n{{\n{escrow.END}"))


def test_a_text_without_any() -> None:
    assert list(escrow.wrapped_in("nothing")) == []
