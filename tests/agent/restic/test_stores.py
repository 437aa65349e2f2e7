"""How a data store of restic is written, and the files that open it."""

import csv
import errno
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from server_agent.adapters.restic import stores
from server_agent.adapters.restic.stores import Secrets
from server_agent.ports import EngineError
from tests.agent.restic.site import STORE_NAME, ResticSite
from tests.agent.tar.site import LABEL


@pytest.mark.parametrize(
    "url",
    [
        "sftp://u@h:abc/x",
        "sftp://u@h:99999/x",
        "sftp://u@h:0/x",
        "sftp://u@-oProxyCommand=id/x",
        "sftp://-oX@h/x",
        "sftp://u@a b/x",
        "sftp://u@h/x?y",
        "sftp://u@h/x#y",
        "sftp://u:word@h/x",
        "rest:https://h\n/x",
        "rest:https://h/x?y",
        "s3:https://h/b#x",
        "relative",
    ],
)
def test_what_is_no_store(url: str) -> None:
    with pytest.raises(EngineError) as failure:
        stores.parsed(f"restic:{url}".encode())
    assert failure.value.code == "STORE_UNUSABLE"
    assert "word" not in failure.value.text.partition("is no data store")[0]


def words_of_ssh(secrets: Secrets, url: str) -> list[str]:
    secrets.make_key("restic")
    access = secrets.access(stores.parsed(f"restic:{url}".encode()), LABEL)
    assert access.options[0] == "-o"
    [[option]] = csv.reader([access.options[1]])
    return shlex.split(option.removeprefix("sftp.command="))


def test_each_medium_has_a_repository_of_its_own(tmp_path: Path) -> None:
    store = stores.parsed(b"restic:sftp://u@H.example:2222/srv/a%20b")
    secrets = Secrets(tmp_path)
    secrets.make_key("restic")
    for label in ("POOL00001", "POOL00002"):
        environment = secrets.access(store, label).environment
        assert environment["RESTIC_REPOSITORY"] == f"sftp:u@H.example:/srv/a%20b/{label}"


def test_what_ssh_is_told(tmp_path: Path) -> None:
    """As ssh itself understands it, in a directory with signs that it takes for its own."""
    secrets = Secrets(tmp_path / "of %h and blank")
    secrets.make_key("restic")
    for name in ("restic.ssh", "restic.known_hosts"):
        (secrets.directory / name).touch(0o600)
    *words, host, subsystem = words_of_ssh(secrets, "sftp://u@[::1]:2222/x")
    assert (host, subsystem, words[-1]) == ("::1", "sftp", "--")
    asked = [words[0], "-G", *words[1:], host, subsystem]
    out = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    told = [line.partition(" ")[::2] for line in out.splitlines()]
    assert ("port", "2222") in told
    assert ("user", "u") in told
    assert ("globalknownhostsfile", "/dev/null") in told, "no other key is accepted"
    assert ("stricthostkeychecking", "true") in told
    for option, name in (("identityfile", "ssh"), ("userknownhostsfile", "known_hosts")):
        expected = str(secrets.directory / f"restic.{name}")
        assert [value.replace("%%", "%") for key, value in told if key == option] == [expected]


def test_a_key_that_could_not_be_written_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = Secrets(tmp_path / "secrets")

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        secrets.make_key("restic")
    assert not (secrets.directory / "restic.key").exists()
    monkeypatch.undo()
    secrets.make_key("restic")
    key = (secrets.directory / "restic.key").read_text()
    assert len(key) > 40
    secrets.make_key("restic")
    assert (secrets.directory / "restic.key").read_text() == key
    assert os.listdir(secrets.directory) == ["restic.key"]


@pytest.mark.parametrize("line", ["AWS_SECRET_ACCESS_KEY: seCret", "seCret", "seCret="])
def test_no_error_tells_a_secret(tmp_path: Path, line: str) -> None:
    secrets = Secrets(tmp_path)
    secrets.make_key("restic")
    variables = tmp_path / "restic.env"
    variables.write_text(f"# for the bucket\nAWS_ACCESS_KEY_ID=name\n{line}\n")
    variables.chmod(0o600)
    with pytest.raises(EngineError, match="line 3") as failure:
        secrets.access(stores.parsed(b"restic:s3:https://h/b"), LABEL)
    assert "seCret" not in failure.value.text
    assert "AWS_SECRET_ACCESS_KEY" in failure.value.text


def test_variables_that_are_no_text(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.make_key("restic")
    variables = tmp_path / "restic.env"
    variables.write_bytes(b"AWS_ACCESS_KEY_ID=\xff\n")
    variables.chmod(0o600)
    with pytest.raises(EngineError, match=r"restic\.env") as failure:
        secrets.access(stores.parsed(b"restic:s3:https://h/b"), LABEL)
    assert failure.value.code == "SECRET_UNUSABLE"


def test_a_repository_that_was_cut_off_while_it_was_made(site: ResticSite) -> None:
    """Its key is written before its config, and another key would not open that."""
    home = b"restic:" + os.fsencode(site.root / "store")
    (old,) = (site.medium / "keys").iterdir()
    (site.medium / "config").unlink()
    site.engine.make_medium(home, STORE_NAME, LABEL)
    (new,) = (site.medium / "keys").iterdir()  # of several, restic tries any first
    assert new.name != old.name
    site.engine._places.repository(LABEL).check()
    (site.source / "a").write_text("x")
    site.back_up()
    assert site.restore(site.root / "target").files == 1


def test_a_repository_without_its_config_is_never_made_anew(site: ResticSite) -> None:
    (site.source / "a").write_text("x")
    site.back_up()
    config = site.medium / "config"
    content = config.read_bytes()
    config.unlink()
    home = b"restic:" + os.fsencode(site.root / "store")
    with pytest.raises(EngineError, match="config") as failure:
        site.engine.make_medium(home, STORE_NAME, LABEL)
    assert failure.value.code == "STORE_UNUSABLE"
    config.write_bytes(content)
    assert site.restore(site.root / "target").files == 1
