"""What every `Keys` does."""

import re
from pathlib import Path

import pytest

from server_agent.adapters.key_files import KeyFiles
from server_agent.ports import EngineError
from server_agent.ports.keys import KEY_BYTES, Keys
from tests.fakes.keys import MemoryKeys


@pytest.fixture(params=["memory", "files"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Keys:
    if request.param == "memory":
        return MemoryKeys()
    return KeyFiles(tmp_path / "secrets/pools", tmp_path / "escrow")


def test_a_new_key_is_kept(keys: Keys) -> None:
    made = keys.make("DISK")
    assert re.fullmatch("[0-9a-f]{16}", made.id)
    assert (made.pool, len(made.secret)) == ("DISK", KEY_BYTES)
    assert keys.has(made.id)
    assert keys.get(made.id) == made
    assert keys.escrow(made.id) == ""


def test_each_is_another(keys: Keys) -> None:
    one, other = keys.make("DISK"), keys.make("DISK")
    assert one.id != other.id
    assert one.secret != other.secret
    assert keys.ids() == sorted([one.id, other.id])


def test_without_any(keys: Keys) -> None:
    assert list(keys.ids()) == []
    assert not keys.has("0123456789abcdef")
    with pytest.raises(EngineError, match="0123456789abcdef") as caught:
        keys.get("0123456789abcdef")
    assert caught.value.code == "KEY_MISSING"


def test_no_text_says_the_secret(keys: Keys) -> None:
    made = keys.make("DISK")
    assert made.secret.hex() not in repr(made)
    assert repr(made.secret) not in repr(made)
