"""The `OtpSecrets` port over files that only the agent's user can read."""

import json
import os
import re
from datetime import datetime
from pathlib import Path

import pyotp
from pyotp.utils import strings_equal

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import private
from server_agent.ports.otp import OtpSecret, OtpSecretError

SECRET_LETTERS = 32  # 160 bits, as RFC 4226 recommends
_ID = re.compile(r"[0-9a-f]{16}")
_CODE = re.compile(r"[0-9]{6}")


class OtpFiles:
    """`CREDENTIAL.json` in the directory, each replaced as a whole."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def make(self, credential_id: str) -> OtpSecret:
        secret = OtpSecret(pyotp.random_base32(SECRET_LETTERS))
        self.put(credential_id, secret)
        return secret

    def get(self, credential_id: str) -> OtpSecret | None:
        file = self._file(credential_id)
        try:
            held = json.loads(file.read_text("ascii"))
            return OtpSecret(held["secret"], held["last_step"], held["last_request"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _unusable(file, error) from error

    def put(self, credential_id: str, secret: OtpSecret) -> None:
        file = self._file(credential_id)
        held = {
            "secret": secret.text,
            "last_step": secret.last_step,
            "last_request": secret.last_request,
        }
        part = file.with_name(file.name + ".new")
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with open(part, "x", encoding="ascii", opener=private.opener) as stream:
            json.dump(held, stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
        sync(self._directory)

    def remove(self, credential_id: str) -> None:
        self._file(credential_id).unlink(missing_ok=True)

    def ids(self) -> frozenset[str]:
        if not self._directory.is_dir():
            return frozenset()
        return frozenset(path.stem for path in self._directory.iterdir() if path.suffix == ".json")

    def step_of(self, secret: OtpSecret, code: str, now: datetime) -> int | None:
        if not _CODE.fullmatch(code):
            return None
        totp = pyotp.TOTP(secret.text)
        present = int(now.timestamp()) // totp.interval
        steps = (present, present - 1, present + 1)
        return next((s for s in steps if strings_equal(code, totp.generate_otp(s))), None)

    def uri(self, secret: OtpSecret, holder: str, location: str) -> str:
        return pyotp.TOTP(secret.text).provisioning_uri(name=holder, issuer_name=location)

    def _file(self, credential_id: str) -> Path:
        if not _ID.fullmatch(credential_id):
            raise ValueError(f"{credential_id!r} is no id of a credential")
        return self._directory / f"{credential_id}.json"


def _unusable(file: Path, error: Exception) -> OtpSecretError:
    return OtpSecretError(f"The secret of one-time codes {file} cannot be used: {error}")
