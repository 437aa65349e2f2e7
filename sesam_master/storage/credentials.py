"""Keeps the credentials: in the system's keyring, or in a file under a passphrase."""

import base64
import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from keyring.backend import KeyringBackend

from sesam_master.core.registry import CredentialStore, KeepingError
from sesam_master.storage import atomic, file_lock

SERVICE = "sesam-master"
_REFUSED_MODULES = ("keyrings.alt", "keyring.backends.null", "keyring.backends.fail")
_LOWEST_PRIORITY = 1

_FORMAT = 1
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**16, 8, 1  # 64 MiB and about 0.2 s for each guess
_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32
_BINDING = b"sesam-master credentials 1"


def open_credentials(
    path: Path, passphrase: str | None, backend: KeyringBackend | None = None
) -> CredentialStore:
    """The keyring if there is a safe one, else the file.

    Args:
        path: of the file.
        passphrase: None if nobody was asked for one yet.
        backend: a keyring instead of the system's own choice.

    Raises:
        PassphraseNeeded: there is no keyring, and no passphrase was given.
        KeepingError: the file cannot be used, or the passphrase is wrong.
    """
    chosen = backend or safe_keyring()
    if chosen is not None:
        return KeyringCredentials(chosen)
    if not passphrase:
        raise PassphraseNeeded(
            f"This system has no safe keyring. The credentials are kept in {path}, encrypted under "
            "a passphrase. Give it with --passphrase-file FILE."
        )
    return EncryptedFile(path, passphrase)


class PassphraseNeeded(KeepingError):
    """A person has to be asked for the passphrase of the file."""


def safe_keyring() -> KeyringBackend | None:
    """The system's keyring; None if it has none, or one that keeps secrets in the clear."""
    found = keyring.get_keyring()
    module = type(found).__module__
    if module.startswith(_REFUSED_MODULES) or found.priority < _LOWEST_PRIORITY:
        return None
    return found


class KeyringCredentials:
    """Implements core.registry.CredentialStore. May wait for a person to unlock the keyring."""

    def __init__(self, backend: KeyringBackend) -> None:
        self._backend = backend

    def get(self, location_id: str) -> str | None:
        with _told("read"):
            return self._backend.get_password(SERVICE, location_id)

    def put(self, location_id: str, credential: str) -> None:
        with _told("written"):
            self._backend.set_password(SERVICE, location_id, credential)

    def delete(self, location_id: str) -> None:
        with _told("changed"):
            if self._backend.get_password(SERVICE, location_id) is not None:
                self._backend.delete_password(SERVICE, location_id)


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Backends raise errors of their own and of the libraries below them (D-Bus, ...)."""
    try:
        yield
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise KeepingError(
            f"The system's keyring cannot be {what}: {reason}. Unlock it, and do it again."
        ) from error


class EncryptedFile:
    """Implements core.registry.CredentialStore: scrypt (RFC 7914) makes the key out of the
    passphrase, ChaCha20-Poly1305 (RFC 8439) seals all credentials together."""

    def __init__(self, path: Path, passphrase: str) -> None:
        """Reads the file if there is one. Raises KeepingError."""
        self._path = path
        self._passphrase = passphrase  # another desk may make the file, with a salt of its own
        self._salt = os.urandom(_SALT_BYTES)
        self._cipher: ChaCha20Poly1305 | None = None  # of that salt; made when it is needed
        self._secrets: dict[str, str] = {}
        self._stamp: tuple[int, ...] = ()
        self._read()

    def get(self, location_id: str) -> str | None:
        if self._found() != self._stamp:
            self._read()
        return self._secrets.get(location_id)

    def put(self, location_id: str, credential: str) -> None:
        self._change(lambda secrets: secrets.update({location_id: credential}))

    def delete(self, location_id: str) -> None:
        if self.get(location_id) is not None:
            self._change(lambda secrets: secrets.pop(location_id, None))

    def _change(self, act: Callable[[dict[str, str]], object]) -> None:
        try:
            with file_lock.locked(self._path):
                self._read()
                secrets = dict(self._secrets)
                act(secrets)
                atomic.replace(self._path, self._sealed(secrets))
        except OSError as error:
            raise KeepingError(
                f"The credentials {self._path} cannot be written ({error.strerror}). Nothing was "
                "changed; check rights and free space."
            ) from error

    def _found(self) -> tuple[int, ...]:
        """The stamp of the file. Raises KeepingError."""
        try:
            return file_lock.stamp(self._path)
        except OSError as error:
            raise self._closed(error) from error

    def _read(self) -> None:
        """Takes over what is in the file now. Raises KeepingError."""
        stamp = self._found()
        content = self._content()
        if content is None:
            self._secrets = {}
        else:
            salt, nonce, sealed = content
            if salt != self._salt:
                self._salt, self._cipher = salt, None
            self._secrets = self._opened(nonce, sealed)
        self._stamp = stamp  # of before the reading: what came between is read the next time

    def _keyed(self) -> ChaCha20Poly1305:
        if self._cipher is None:
            self._cipher = ChaCha20Poly1305(_key(self._passphrase, self._salt))
        return self._cipher

    def _sealed(self, secrets: dict[str, str]) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keyed().encrypt(nonce, json.dumps(secrets).encode(), _BINDING)
        document = {
            "format": _FORMAT,
            "salt": _coded(self._salt),
            "nonce": _coded(nonce),
            "sealed": _coded(sealed),
        }
        return json.dumps(document).encode("ascii")

    def _content(self) -> tuple[bytes, bytes, bytes] | None:
        """Salt, nonce, and what is sealed; None if there is no file."""
        try:
            document = json.loads(self._path.read_bytes())
            if document["format"] != _FORMAT:
                raise KeepingError(
                    f"The credentials {self._path} have format {document['format']}; this desk "
                    f"reads format {_FORMAT}. Use the desk that wrote them."
                )
            return tuple(  # type: ignore[return-value]
                base64.b64decode(document[key], validate=True)
                for key in ("salt", "nonce", "sealed")
            )
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._closed(error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged() from error

    def _opened(self, nonce: bytes, sealed: bytes) -> dict[str, str]:
        try:
            secrets: dict[str, Any] = json.loads(self._keyed().decrypt(nonce, sealed, _BINDING))
        except InvalidTag as error:
            raise WrongPassphrase(
                f"The passphrase does not open the credentials {self._path}. Give the right one; "
                "if it is lost, move the file away and enrol the locations again."
            ) from error
        except ValueError as error:
            raise self._damaged() from error
        return secrets

    def _closed(self, error: OSError) -> KeepingError:
        return KeepingError(
            f"The credentials {self._path} cannot be read ({error.strerror}). Check the rights of "
            "the file."
        )

    def _damaged(self) -> KeepingError:
        return KeepingError(
            f"The credentials {self._path} are damaged. Put a good copy of the file in its place, "
            "or move it away and enrol the locations again."
        )


class WrongPassphrase(KeepingError):
    """Or the file was changed by somebody: the two cannot be told apart."""


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt, _KEY_BYTES, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P).derive(passphrase.encode())


def _coded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
