"""The verbs of `sesam-agent` while no agent runs, and what it says when something is wrong."""

import errno
import json
import os
import re
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.clock import SystemClock
from server_agent.adapters.identity import load_secret
from server_agent.app import serve
from server_agent.commands.sesam_agent import main
from server_agent.ini_files import InstallationError
from server_agent.installation import Installation, find_installation
from server_agent.service.access import LOCAL_CALLER, Access
from server_agent.service.changes import Changes
from server_agent.service.requests import Request

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def root(tmp_path: Path, capsys: Captured) -> Path:
    root = tmp_path / "root"
    assert main(["--root", str(root), "init", "--name", "Alpha", "--host", "127.0.0.1"]) == 0
    capsys.readouterr()
    return root


def installation_of(root: Path) -> Installation:
    return find_installation(root, {})


def enrol(root: Path, token: str, holder: str) -> str:
    """The id of the credential that the token was exchanged for."""
    installation = installation_of(root)
    clock = SystemClock()
    with closing(SqlCatalogue(installation.catalogue_url)) as catalogue:
        access = Access(Changes(catalogue, clock), clock, load_secret(installation.ini))
        ask = Request(str(uuid.uuid4()), "AccessService/Enrol", LOCAL_CALLER)
        return access.enrol(ask, token, holder).credential.id


def refused(capsys: Captured, *arguments: str) -> str:
    """The one line that is said when the command is refused."""
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"sesam-agent: [^\n]+\n", said.err)
    return said.err


def misused(capsys: Captured, *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_init_says_id_and_fingerprint(tmp_path: Path, capsys: Captured) -> None:
    root = tmp_path / "new"
    assert main(["--root", str(root), "init", "--name", "Berlin 1", "--port", "12345"]) == 0
    made = installation_of(root)
    said = capsys.readouterr().out
    assert f"Location id: {made.location_id}\n" in said
    assert re.search(r"^Fingerprint: [0-9A-F]{64}$", said, re.MULTILINE)
    assert (made.name, made.host, made.port) == ("Berlin 1", "0.0.0.0", 12345)
    main(["--root", str(root), "fingerprint"])
    assert capsys.readouterr().out.strip() in said


def test_init_makes_nothing_out_of_what_it_cannot_use(root: Path, capsys: Captured) -> None:
    again = refused(capsys, "--root", str(root), "init", "--name", "Alpha")
    assert f"{root} is an agent's directory already" in again
    full = root.parent / "full"
    full.mkdir()
    (full / "file").touch()
    assert "is not empty" in refused(capsys, "--root", str(full), "init", "--name", "A")
    new = root.parent / "new"
    assert '"-"' in refused(capsys, "--root", str(new), "init", "--name", "-")
    assert "init --name NAME" in refused(capsys, "init", "--name", "A")
    assert not new.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "VERB"),
        (["explode"], "'explode'"),
        (["init"], "--name"),
        (["init", "--name", "A", "--port", "65536"], '"65536" is no port'),
        (["init", "--name", "A", "--port", "-1"], '"-1" is no port'),
        (["token"], "--role"),
        (["token", "--role", "king"], "'king'"),
        (["token", "--role", "admin", "--ttl", "1"], '"1" is no time to live'),
        (["token", "--role", "admin", "--ttl", "59s"], "from 1m to 7d"),
        (["token", "--role", "admin", "--ttl", "8d"], "such as 90s, 30m, 1h or 7d"),
        (["revoke"], "ID"),
        (["revoke", "\udcff"], 'argument ID: "\\udcff" is no text in UTF-8'),
        (["--root", "", "serve"], "argument --root: it is empty"),
    ],
)
def test_wrong_usage_is_named(capsys: Captured, arguments: list[str], said: str) -> None:
    assert said in misused(capsys, *arguments)


def test_a_person_at_a_terminal_gets_the_address_with_the_token(
    root: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["--root", str(root), "token", "--role", "backup"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith(f"127.0.0.1:11401 {said.out.strip()}\nFingerprint: ")


def test_a_token_is_made_without_a_running_agent(root: Path, capsys: Captured) -> None:
    assert main(["--root", str(root), "token", "--role", "backup", "--ttl", "90s"]) == 0
    said = capsys.readouterr()
    token = said.out.strip()
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", token)
    assert re.fullmatch(r"Fingerprint: [0-9A-F]{64}\n", said.err)
    credential_id = enrol(root, token, "desk")
    assert main(["--root", str(root), "credentials"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert re.split(r"  +", head) == [
        *("ID", "ROLE", "GIVEN", "UNTIL", "LAST USED", "FROM", "REVOKED", "LIMITS", "HOLDER")
    ]
    assert row.startswith(f"{credential_id}  backup  ")
    assert re.split(r"  +", row)[3:] == ["-", "-", "-", "-", "-", "desk"]
    assert main(["--root", str(root), "revoke", credential_id]) == 0
    assert capsys.readouterr().out == f"Revoked {credential_id} (desk)\n"
    assert main(["--root", str(root), "credentials", "--json"]) == 0
    [listed] = json.loads(capsys.readouterr().out)
    assert (listed["id"], listed["role"], listed["holder"]) == (credential_id, "backup", "desk")
    assert listed["revoke_time"] is not None
    unknown = refused(capsys, "--root", str(root), "revoke", "nobody")
    assert "nobody" in unknown


def test_a_token_has_limits_and_can_be_revoked(root: Path, capsys: Captured) -> None:
    where = ("--root", str(root))
    limits = ("--client", "web*", "--client", "db1", "--pool", "DISK")
    kind = ("--role", "restore", "--uses", "3", "--credential-life", "8h", "--comment", "nights")
    assert main([*where, "token", *kind, *limits]) == 0
    token = capsys.readouterr().out.strip()
    credential_id = enrol(root, token, "desk")
    assert main([*where, "tokens"]) == 0
    head, row = (re.split(r"  +", line) for line in capsys.readouterr().out.splitlines())
    listed = dict(zip(head, row, strict=True))
    assert (listed["ROLE"], listed["USED"], listed["REVOKED"]) == ("restore", "1/3", "-")
    assert listed["LIMITS"] == "client=web*,db1 pool=DISK"
    assert (listed["MADE BY"], listed["COMMENT"]) == ("local", "nights")
    assert main([*where, "revoke-token", listed["ID"]]) == 0
    assert listed["ID"] in capsys.readouterr().out
    assert main([*where, "tokens", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["id"], told["credential_life"]) == (listed["ID"], 8 * 3600)
    assert told["revoke_time"] is not None
    assert token not in json.dumps(told)
    assert main([*where, "credentials", "--json"]) == 0
    [given] = json.loads(capsys.readouterr().out)
    assert (given["id"], given["scope"]["clients"]) == (credential_id, ["web*", "db1"])
    assert given["expire_time"] is not None
    assert "nobody" in refused(capsys, *where, "revoke-token", "nobody")


@pytest.mark.parametrize(
    "wrong", [("--uses", "0"), ("--uses", "x"), ("--credential-life", "59s"), ("--ttl", "8d")]
)
def test_a_token_that_cannot_be_is_refused_by_name(
    root: Path, capsys: Captured, wrong: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--root", str(root), "token", "--role", "admin", *wrong])
    assert ended.value.code == 2
    assert f'"{wrong[1]}"' in capsys.readouterr().err


def test_a_free_port_is_not_known_before_it_runs(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    root = str(tmp_path / "new")
    main(["--root", root, "init", "--name", "A", "--port", "0"])
    capsys.readouterr()
    main(["--root", root, "token", "--role", "admin"])
    assert ":(the port that it will have when it runs) " in capsys.readouterr().err


def test_the_agent_is_found_by_the_environment(
    root: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SESAM2000_INI", str(root / "sesam2000.ini"))
    assert main(["fingerprint"]) == 0
    assert re.fullmatch(r"[0-9A-F]{64}\n", capsys.readouterr().out)
    nothing = refused(capsys, "--root", str(root.parent), "serve")
    assert f"No agent at {root.parent}" in nothing
    monkeypatch.setenv("SESAM2000_INI", "/nothing/sesam2000.ini")
    assert "SESAM2000_INI" in refused(capsys, "fingerprint")


def test_what_is_missing_or_open_to_others_is_named(root: Path, capsys: Captured) -> None:
    key = root / "var/ini/agent.key"
    key.chmod(0o644)
    assert f"chmod 600 {key}" in refused(capsys, "--root", str(root), "serve")
    key.unlink()
    assert f"{key} is missing" in refused(capsys, "--root", str(root), "fingerprint")
    (root / "var/ini/agent.secret").unlink()
    missing = refused(capsys, "--root", str(root), "token", "--role", "admin")
    assert "is missing" in missing


def test_a_full_disk_is_named(
    root: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    said = ": No space left on device. Make room on this disk, and try again\n"
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        lock = root / "var/work/agent/agent.lock"
        for verb in (("serve",), ("token", "--role", "admin"), ("certificate", "--renew")):
            assert refused(capsys, "--root", str(root), *verb) == f"sesam-agent: {lock}{said}"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        renewed = refused(capsys, "--root", str(root), "certificate", "--renew")
        assert renewed == f"sesam-agent: {root}{said}"
        new = refused(capsys, "--root", str(root / "new"), "init", "--name", "A")
        assert new.startswith(f"sesam-agent: The installation in {root}/new could not be made: No")
    assert main(["--root", str(root), "fingerprint"]) == 0


def test_the_certificate_is_shown_and_renewed(root: Path, capsys: Captured) -> None:
    assert main(["--root", str(root), "certificate"]) == 0
    shown = capsys.readouterr().out
    form = r"Fingerprint: [0-9A-F]{64}\nValid from: [-\d]{10} [:\d]{5}\nValid until: without end\n"
    assert re.fullmatch(form, shown)
    (root / "var/ini/agent.key").unlink()
    missing = refused(capsys, "--root", str(root), "certificate")
    assert "certificate --renew" in missing
    assert main(["--root", str(root), "certificate", "--renew"]) == 0
    said = capsys.readouterr()
    assert re.fullmatch(form, said.out)
    assert said.out != shown
    assert "Their credentials stay good" in said.err


def test_a_store_is_named_like_its_label(root: Path) -> None:
    sm_ini = root / "var/ini/sm.ini"
    sm_ini.write_text(sm_ini.read_text().replace("label = DISK00001", "label = TAPE00001"))
    with pytest.raises(InstallationError, match='"DISK00001", but label is "TAPE00001"'):
        serve(installation_of(root), print)


def test_an_installation_where_the_system_keeps_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SESAM2000_INI", str(tmp_path / "etc/sesam2000.ini"))
    trees = ("--bin", str(tmp_path / "opt"), "--var", str(tmp_path / "var"))
    assert "init --system --name NAME" in refused(capsys, "init", "--name", "A", *trees)
    assert not list(tmp_path.iterdir())
    assert main(["init", "--system", "--name", "A", "--port", "0", *trees]) == 0
    assert f"Anchor: {tmp_path}/etc/sesam2000.ini" in capsys.readouterr().out
    made = find_installation(None, {"SESAM2000_INI": str(tmp_path / "etc/sesam2000.ini")})
    assert (made.gv_ro, made.gv_rw) == (tmp_path / "opt", tmp_path / "var")
    assert main(["fingerprint"]) == 0
