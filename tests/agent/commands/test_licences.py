"""The programs about licences: what is signed, what is trusted, and the report."""

import getpass
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server_agent.adapters.licence_files import LicenceFilesOf
from server_agent.adapters.licence_keys import OWN, SHIPPED, KeyFileError, keys_in
from server_agent.adapters.server_facts import ipv4_in, ipv6_in
from server_agent.commands import sm_licence, sm_licence_sign
from server_agent.commands.licence_words import report
from server_agent.domain.licence import SignatureState
from server_agent.domain.licence_text import parsed
from sesam_api.licence_records import Licence, LicenceFault, LicenceTerms
from tests.agent.installations import make

START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
TRIAL = Licence(
    state="trial",
    is_trial=True,
    may_back_up=True,
    end_time=datetime(2026, 4, 3, 9, 30, tzinfo=UTC),
    days_left=30,
    faults=(),
    terms=None,
    server_name="fs-01",
    addresses=("192.0.2.10",),
    platform="Linux x86_64",
    used_clients=3,
    used_volume_size=1_234_000_000_000,
    install_time=START,
    grace_end_time=None,
    is_clock_set_back=False,
)
TERMS = LicenceTerms(
    number="2026-0007",
    customer="Hafen Logistik",
    customer_number="4711",
    edition="Ultimate Volume",
    modality="Maintenance",
    modules=(),
    issue_time=START,
    valid_from="",
    valid_until="",
    maintenance_until="2027-02-28",
    server_name="fs-01",
    addresses=(),
    clients=25,
    volume_size=10 * 10**12,
)


def signed(tmp_path: Path, capfd: pytest.CaptureFixture[str], *options: str) -> str:
    """A licence that a new key has signed."""
    keys = tmp_path / "keys"
    assert sm_licence_sign.main(["keys", str(keys), "--name", "Hafen  IT", *options]) == 0
    capfd.readouterr()
    assert sm_licence_sign.main(["form"]) == 0
    order = tmp_path / "order.ini"
    order.write_text(capfd.readouterr().out)
    key = str(keys / sm_licence_sign.PRIVATE)
    assert sm_licence_sign.main(["sign", "--key", key, str(order)]) == 0
    return capfd.readouterr().out


def test_what_is_signed_is_trusted_where_its_key_is(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = parsed(signed(tmp_path, capfd).encode())
    ini = tmp_path / "ini"
    ini.mkdir()
    files = LicenceFilesOf(ini, UTC)
    assert files.signature(text.key, text.signed, text.signature) is SignatureState.UNKNOWN_KEY
    public = (tmp_path / "keys" / sm_licence_sign.PUBLIC).read_text()
    assert public.endswith(" Hafen IT\n")
    (ini / OWN).write_text(f"# mine\n\n{public}")
    assert files.signature(text.key, text.signed, text.signature) is SignatureState.GOOD
    other = text.signed + b" "
    assert files.signature(text.key, other, text.signature) is SignatureState.WRONG
    assert text.licence().clients == 25


def test_the_key_that_signs_is_private_and_never_overwritten(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    signed(tmp_path, capfd)
    private = tmp_path / "keys" / sm_licence_sign.PRIVATE
    assert private.stat().st_mode & 0o777 == 0o600
    before = private.read_bytes()
    assert sm_licence_sign.main(["keys", str(tmp_path / "keys")]) == 1
    assert "is there already" in capfd.readouterr().out
    assert private.read_bytes() == before


def test_a_passphrase_is_asked_for(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: "correct horse battery")
    signed(tmp_path, capfd, "--passphrase")
    key, order = tmp_path / "keys" / sm_licence_sign.PRIVATE, tmp_path / "order.ini"
    assert b"ENCRYPTED" in key.read_bytes()
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: "another one")
    assert sm_licence_sign.main(["sign", "--key", str(key), str(order)]) == 1
    assert "passphrase is another one" in capfd.readouterr().out
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: "short")
    assert sm_licence_sign.main(["keys", str(tmp_path / "more"), "--passphrase"]) == 1
    assert "at least 12 characters" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ("[LICENCE]\nnumber = 1\n", "customer is missing"),
        ("number = 1\n", "no ini file"),
        ("[OTHER]\n", "no section [LICENCE]"),
    ],
)
def test_what_is_no_order_is_not_signed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], order: str, named: str
) -> None:
    signed(tmp_path, capfd)
    key, file = tmp_path / "keys" / sm_licence_sign.PRIVATE, tmp_path / "order.ini"
    file.write_text(order)
    assert sm_licence_sign.main(["sign", "--key", str(key), str(file)]) == 1
    assert named in capfd.readouterr().out


def test_a_key_is_trusted_once_and_what_is_none_never(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    signed(tmp_path, capfd)
    installation = make(tmp_path / "root")
    public = tmp_path / "keys" / sm_licence_sign.PUBLIC
    root = ["--root", str(tmp_path / "root")]
    for _ in range(2):
        assert sm_licence.main([*root, "trust", str(public)]) == 0
    assert (installation.ini / OWN).read_text() == public.read_text()
    capfd.readouterr()
    (tmp_path / "bad").write_text("ssh-ed25519 AAAA me\n")
    assert sm_licence.main([*root, "trust", str(tmp_path / "bad")]) == 1
    assert "line 1 is no key" in capfd.readouterr().out
    assert sm_licence.main([*root, "trust", str(tmp_path / "missing")]) == 1
    assert "cannot be read" in capfd.readouterr().out
    (tmp_path / "empty").write_text("# nothing\n")
    assert sm_licence.main([*root, "trust", str(tmp_path / "empty")]) == 1
    assert "holds no key" in capfd.readouterr().out


def test_the_program_itself_trusts_nobody() -> None:
    assert keys_in(SHIPPED.read_text(), str(SHIPPED)) == {}


@pytest.mark.parametrize("line", ["ed25519", "ed25519 %%%", "ed25519 AAAA", "rsa AAAA"])
def test_a_line_that_is_no_key_is_named(line: str) -> None:
    with pytest.raises(KeyFileError, match="here, line 2 is no key"):
        keys_in(f"# one\n{line}\n", "here")


# --- the report -----------------------------------------------------------------------------------


def test_the_report_of_a_licence_has_the_lines_of_the_original() -> None:
    lines = report(replace(TRIAL, state="valid", is_trial=False, end_time=None, terms=TERMS), UTC)
    assert lines[0] == "License           : ok"
    for line in (
        "Edition           : Ultimate Volume",
        "Customer          : Hafen Logistik",
        "Customer No.      : 4711",
        "Issued            : 2026-03-04 09:30:00",
        "Service Modality  : Maintenance",
        "Time              : Date of Installation 202603040930 lasting unlimited days",
        "                  : Maintenance expiration date 2027-02-28",
    ):
        assert line in lines
    assert lines[-4:] == [
        "Client Based License:",
        "  3 of 25 Clients",
        "Volume Based License:",
        "  1.234 TB of 10 TB FrontSide",
    ]


def test_the_report_says_what_is_wrong() -> None:
    faults = (LicenceFault("server_name", "fs-02", "fs-01"), LicenceFault("moon", "full", "new"))
    wrong = replace(TRIAL, state="invalid", faults=faults, may_back_up=False)
    wrong = replace(wrong, is_clock_set_back=True, grace_end_time=START)
    lines = report(wrong, UTC)
    assert lines[:3] == [
        "License           : not valid",
        "Fault             : for the server fs-02, this one is fs-01",
        "Fault             : moon: full, new",
    ]
    assert "Backup            : off" in lines
    assert "Restore           : on" in lines
    assert "                  : Backups go on until 2026-03-04 09:30:00" in lines
    assert any("clock was set back" in line for line in lines)
    assert lines[-1] == "  1.234 TB of unlimited TB FrontSide"


# --- the server -----------------------------------------------------------------------------------


def test_addresses_as_the_kernel_tells_them() -> None:
    routes = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 192.0.2.0
        /24 link UNICAST
     |-- 192.0.2.10
        /32 link UNICAST
        /32 host LOCAL
     |-- 169.254.3.4
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
"""
    assert [str(each) for each in ipv4_in(routes)] == ["192.0.2.10"]
    interfaces = """00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000010 02 40 00 80     eth0
fe800000000000000000000000000001 02 40 20 80     eth0
"""
    assert [str(each) for each in ipv6_in(interfaces)] == ["2001:db8::10"]
    assert ipv4_in("") == ipv6_in("") == set()
