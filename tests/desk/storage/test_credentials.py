"""Where the credentials are kept, and what is refused."""

import json
import stat
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from sesam_master.core.registry import KeepingError
from sesam_master.storage.credentials import (
    SERVICE,
    EncryptedFile,
    KeyringCredentials,
    PassphraseNeeded,
    WrongPassphrase,
    open_credentials,
    safe_keyring,
)


class MemoryKeyring(KeyringBackend):
    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class PlaintextKeyring(MemoryKeyring):
    """Comes from where secrets are kept in the clear."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


class WeakKeyring(MemoryKeyring):
    priority = 0.5  # type: ignore[assignment]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "credentials.json"


def test_the_keyring_is_used(path: Path) -> None:
    backend = MemoryKeyring()
    store = open_credentials(path, None, backend)
    store.put("id-a", "sesam_1")
    assert backend.kept == {(SERVICE, "id-a"): "sesam_1"}
    assert store.get("id-a") == "sesam_1"
    store.delete("id-a")
    store.delete("id-a")
    assert store.get("id-a") is None
    assert not path.exists()


def test_a_locked_keyring_says_what_to_do() -> None:
    backend = MemoryKeyring()
    backend.is_locked = True
    with pytest.raises(KeepingError, match="Unlock"):
        KeyringCredentials(backend).get("id-a")


def test_whatever_a_keyring_fails_with_is_told() -> None:
    class Broken(MemoryKeyring):
        def set_password(self, service: str, username: str, password: str) -> None:
            raise ConnectionResetError  # of the library below it, and without words

    with pytest.raises(KeepingError, match="cannot be written: ConnectionResetError"):
        KeyringCredentials(Broken()).put("id-a", "sesam_1")


@pytest.mark.parametrize(
    ("backend", "is_safe"),
    [(MemoryKeyring, True), (PlaintextKeyring, False), (WeakKeyring, False)],
)
def test_which_keyring_is_safe(
    backend: type[MemoryKeyring], is_safe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", backend)
    assert (safe_keyring() is not None) is is_safe


def test_without_a_keyring_a_passphrase_is_needed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", PlaintextKeyring)
    with pytest.raises(PassphraseNeeded, match="--passphrase-file"):
        open_credentials(path, None)
    assert isinstance(open_credentials(path, "correct horse"), EncryptedFile)


def test_the_file_keeps_them_sealed(path: Path) -> None:
    store = EncryptedFile(path, "correct horse")
    store.put("id-a", "sesam_secret")
    store.put("id-b", "sesam_other")
    store.delete("id-a")
    store.delete("id-a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    assert b"sesam_" not in content
    assert b"id-b" not in content
    again = EncryptedFile(path, "correct horse")
    assert (again.get("id-a"), again.get("id-b")) == (None, "sesam_other")


def test_a_wrong_passphrase_is_told_and_changes_nothing(path: Path) -> None:
    EncryptedFile(path, "correct horse").put("id-a", "sesam_secret")
    before = path.read_bytes()
    with pytest.raises(WrongPassphrase, match="does not open"):
        EncryptedFile(path, "wrong")
    assert path.read_bytes() == before


def test_a_changed_file_is_not_believed(path: Path) -> None:
    EncryptedFile(path, "x").put("id-a", "sesam_secret")
    document = json.loads(path.read_bytes())
    document["nonce"] = "AAAAAAAAAAAAAAAA"
    path.write_text(json.dumps(document))
    with pytest.raises(KeepingError):
        EncryptedFile(path, "x")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1, "salt": 3}', '{"format": 9}'])
def test_an_unusable_file_is_named(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(KeepingError, match=r"credentials\.json"):
        EncryptedFile(path, "x")
