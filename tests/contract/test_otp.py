"""What every `OtpSecrets` does; and that the real one makes the codes of RFC 6238."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from server_agent.adapters.otp_files import OtpFiles
from server_agent.ports.otp import OtpSecret, OtpSecretError, OtpSecrets
from tests.fakes.otp import MemoryOtp

ID, OTHER = "00112233445566aa", "00112233445566bb"
NOW = datetime(2026, 3, 4, 12, 0, 10, tzinfo=UTC)


@pytest.fixture(params=["memory", "files"])
def secrets(request: pytest.FixtureRequest, tmp_path: Path) -> OtpSecrets:
    return MemoryOtp() if request.param == "memory" else OtpFiles(tmp_path / "pools/otp")


def code(secrets: OtpSecrets, secret: OtpSecret, moment: datetime) -> str:
    if isinstance(secrets, MemoryOtp):
        return secrets.code_at(secret, moment)
    return str(pyotp.TOTP(secret.text).at(moment))


def test_a_secret_from_its_first_to_its_last_day(secrets: OtpSecrets) -> None:
    assert (secrets.get(ID), secrets.ids()) == (None, frozenset())
    made = secrets.make(ID)
    assert secrets.get(ID) == made
    assert made.text not in repr(made)
    assert secrets.make(OTHER).text != made.text
    used = OtpSecret(made.text, 7, "r1")
    secrets.put(ID, used)
    assert secrets.get(ID) == used
    assert secrets.ids() == {ID, OTHER}
    assert secrets.make(ID).text != made.text
    secrets.remove(ID)
    secrets.remove(ID)
    assert secrets.ids() == {OTHER}


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_code_of_a_step_beside_is_known(secrets: OtpSecrets, seconds: int) -> None:
    secret, moment = secrets.make(ID), NOW + timedelta(seconds=seconds)
    step = secrets.step_of(secret, code(secrets, secret, moment), NOW)
    assert step == int(moment.timestamp()) // 30


@pytest.mark.parametrize("seconds", [-60, 60, 3600])
def test_a_code_of_another_time_is_not(secrets: OtpSecrets, seconds: int) -> None:
    secret, moment = secrets.make(ID), NOW + timedelta(seconds=seconds)
    assert secrets.step_of(secret, code(secrets, secret, moment), NOW) is None


@pytest.mark.parametrize("wrong", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "ü"])
def test_what_is_no_code_is_none(secrets: OtpSecrets, wrong: str) -> None:
    assert secrets.step_of(secrets.make(ID), wrong, NOW) is None


def test_what_programs_take_names_both(secrets: OtpSecrets) -> None:
    secret = secrets.make(ID)
    uri = secrets.uri(secret, "desk", "Alpha")
    assert uri.startswith("otpauth://totp/Alpha:desk?secret=" + secret.text)


@pytest.mark.parametrize(
    ("seconds", "eight"),
    [(59, "94287082"), (1111111109, "07081804"), (2000000000, "69279037")],
)
def test_codes_are_those_of_rfc_6238(tmp_path: Path, seconds: int, eight: str) -> None:
    secret = OtpSecret(base64.b32encode(b"12345678901234567890").decode())
    moment = datetime.fromtimestamp(seconds, UTC)
    assert OtpFiles(tmp_path).step_of(secret, eight[2:], moment) == seconds // 30


def test_files_are_for_the_agents_user_only(tmp_path: Path) -> None:
    directory = tmp_path / "pools/otp"
    OtpFiles(directory).make(ID)
    assert (directory / f"{ID}.json").stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_damaged_file_is_named_and_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.json").write_text("{")
    with pytest.raises(OtpSecretError, match=ID):
        OtpFiles(tmp_path).get(ID)
    with pytest.raises(ValueError, match="no id"):
        OtpFiles(tmp_path).get("../x")
