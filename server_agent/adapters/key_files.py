"""The `Keys` port over files that only the agent's user can read.

`KEY.json` in one directory holds a key, `KEY.txt` in another the same key as it was last exported,
wrapped with a passphrase. Neither is ever changed in place.
"""

import base64
import json
import os
import re
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.adapters.key_id import key_id_of
from server_agent.adapters.tar import private
from server_agent.domain.quoting import printable
from server_agent.ports import EngineError
from server_agent.ports.keys import KEY_BYTES, PoolKey

FORMAT = 1
_DAMAGED = "it is damaged, or no key. Put it back from a copy"
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Attributes:
    directory: of the keys.
    escrow_dir: of what was exported.
    """

    directory: Path
    escrow_dir: Path

    def make(self, pool: str) -> PoolKey:
        secret = secrets.token_bytes(KEY_BYTES)
        key = PoolKey(key_id_of(secret), pool, secret)
        self.put(key)
        return key

    def put(self, key: PoolKey) -> None:
        """Keeps a key; nothing if it is there. Raises EngineError (KEY_UNUSABLE)."""
        if self.has(key.id):
            return
        content = {
            "format": FORMAT,
            "key": key.id,
            "pool": key.pool,
            "secret": base64.b64encode(key.secret).decode("ascii"),
        }
        try:
            _write(self.path(key.id), json.dumps(content, indent=1) + "\n")
        except OSError as error:
            raise _unusable(self.path(key.id), f"{error.strerror or error}") from error

    def has(self, key_id: str) -> bool:
        try:
            self.get(key_id)
        except EngineError:
            return False
        return True

    def get(self, key_id: str) -> PoolKey:
        path = self.path(key_id)
        try:
            key = read_key(path)
        except FileNotFoundError:
            raise EngineError(
                "KEY_MISSING",
                f"The key {key_id} is not there. Put back {path}, or take it from where it was"
                " exported to: sesam-agent key import FILE",
            ) from None
        if key.id != key_id:
            raise _unusable(path, f"it holds the key {key.id}, not {key_id}")
        return key

    def escrow(self, key_id: str) -> str:
        try:
            return self._escrow(key_id).read_text("ascii")
        except (OSError, UnicodeDecodeError):
            return ""

    def put_escrow(self, key_id: str, text: str) -> None:
        """Keeps what a key was exported as, instead of what it was before. Raises OSError."""
        _write(self._escrow(key_id), text)

    def ids(self) -> Sequence[str]:
        if not self.directory.is_dir():
            return []
        found = [path.stem for path in self.directory.iterdir() if path.suffix == ".json"]
        return sorted(key_id for key_id in found if _ID.fullmatch(key_id))

    def path(self, key_id: str) -> Path:
        """Where a key belongs."""
        return self.directory / f"{_checked(key_id)}.json"

    def _escrow(self, key_id: str) -> Path:
        return self.escrow_dir / f"{_checked(key_id)}.txt"


def read_key(path: Path) -> PoolKey:
    """The key in a file.

    Raises:
        FileNotFoundError: there is none.
        EngineError: KEY_UNUSABLE.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise _unusable(path, "others may read or change it: chmod 600")
            content = json.load(file)
        secret = base64.b64decode(content["secret"], validate=True)
        key = PoolKey(str(content["key"]), str(content["pool"]), secret)
        is_whole = content["format"] == FORMAT and len(secret) == KEY_BYTES
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unusable(path, f"{error.strerror or error}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise _unusable(path, _DAMAGED) from error
    if not is_whole or key_id_of(secret) != key.id:
        raise _unusable(path, _DAMAGED)
    return key


def _checked(key_id: str) -> str:
    if not _ID.fullmatch(key_id):
        raise EngineError("KEY_MISSING", f"{printable(key_id.encode()[:80])} is the id of no key")
    return key_id


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(file.name + ".new")
    part.unlink(missing_ok=True)
    with open(part, "x", encoding="ascii", opener=private.opener) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
    sync(file.parent)
    sync(file.parent.parent)


def _unusable(path: Path, detail: str) -> EngineError:
    return EngineError("KEY_UNUSABLE", f"The key file {path} cannot be used: {detail}")
