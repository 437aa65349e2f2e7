"""A client that cannot be used is refused before anything is written, with what to do."""

import os
import shutil
import socket
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.ssh import host_key, login
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.reach import HostKey, Ssh, check_ssh, pinned_key
from server_agent.ports import Cancelled, EngineError
from tests.agent.ssh.client_site import ClientSite
from tests.agent.ssh.server import SshServer, make_key, public_line
from tests.fakes.engine import FakeControl

BUSYBOX = shutil.which("busybox") or "/bin/busybox"
CANCEL_SECONDS = 10.0  # less than ssh itself waits for an answer
APPLETS = "cat dd env find grep head id mv readlink sh tar xargs"


def refusal(site: ClientSite, client: Ssh) -> EngineError:
    (site.source / "file").write_text("x")
    site.client = client
    with pytest.raises(EngineError) as failure:
        site.back_up()
    assert site.files() == set()
    return failure.value


def test_nobody_answers(site: ClientSite, client: Ssh) -> None:
    error = refusal(site, replace(client, port=1))
    assert error.code == "CLIENT_UNREACHABLE"
    assert "@127.0.0.1:1 cannot be reached" in error.text
    assert "Connection refused" in error.text


def test_a_name_that_is_none(site: ClientSite, client: Ssh) -> None:
    error = refusal(site, replace(client, host="no-such-host.invalid"))
    assert error.code == "CLIENT_UNREACHABLE"
    assert "no-such-host.invalid" in error.text


def test_a_key_that_is_not_authorized(site: ClientSite, client: Ssh, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    error = refusal(site, replace(client, key_file=str(tmp_path / "other")))
    assert error.code == "CLIENT_KEY_REFUSED"
    assert public_line(tmp_path / "other") in error.text
    assert "authorized_keys" in error.text


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda key: key.unlink(), "No such file"),
        (lambda key: key.write_text("no key"), "without a passphrase"),
        (lambda key: key.chmod(0o644), "chmod 600"),
    ],
)
def test_a_key_that_cannot_be_used(
    site: ClientSite, client: Ssh, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    key = tmp_path / "my key %h $HOME"
    make_key(key)
    spoil(key)
    error = refusal(site, replace(client, key_file=str(key)))
    assert error.code == "CLIENT_KEY_UNUSABLE"
    assert str(key) in error.text
    assert said in error.text


def test_a_key_of_which_nothing_comes(
    site: ClientSite, client: Ssh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that nobody writes, or a file of a server that has gone."""
    monkeypatch.setattr(login, "_KEY_SECONDS", 1.0)
    os.mkfifo(tmp_path / "pipe", 0o600)
    error = refusal(site, replace(client, key_file=str(tmp_path / "pipe")))
    assert error.code == "CLIENT_KEY_UNUSABLE"
    assert "nothing could be read from it for 1 seconds" in error.text


def test_a_key_with_a_passphrase(site: ClientSite, client: Ssh, tmp_path: Path) -> None:
    make_key(tmp_path / "locked", "secret words")
    error = refusal(site, replace(client, key_file=str(tmp_path / "locked")))
    assert error.code == "CLIENT_KEY_UNUSABLE"
    assert "without a passphrase" in error.text


def test_another_host_key(site: ClientSite, client: Ssh, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    error = refusal(site, replace(client, host_key=public_line(tmp_path / "other")))
    assert error.code == "CLIENT_HOST_KEY_CHANGED"
    shown = pinned_key(client.host_key)
    assert isinstance(shown, HostKey)
    assert shown.fingerprint in error.text


def test_a_host_key_is_pinned_by_its_fingerprint_too(
    site: ClientSite, client: Ssh, tmp_path: Path
) -> None:
    [key] = host_key.presented(replace(client, host_key=""), FakeControl())
    assert key.line == client.host_key
    make_key(tmp_path / "other")
    other = pinned_key(public_line(tmp_path / "other"))
    assert isinstance(other, HostKey)
    error = refusal(site, replace(client, host_key=other.fingerprint))
    assert error.code == "CLIENT_HOST_KEY_CHANGED"
    assert key.fingerprint in error.text
    site.client = replace(client, host_key=key.fingerprint)
    assert site.back_up().files == 1


def test_no_host_key_at_a_port_where_nobody_is(client: Ssh) -> None:
    with pytest.raises(EngineError) as failure:
        host_key.presented(replace(client, port=1), FakeControl())
    assert failure.value.code == "CLIENT_UNREACHABLE"


def test_a_client_of_busybox(
    site: ClientSite, start_server: Callable[..., SshServer], tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in APPLETS.split():
        (programs / name).symlink_to(BUSYBOX)
    server = start_server(environment=f"PATH={programs}")
    error = refusal(site, server.client)
    assert error.code == "CLIENT_UNFIT"
    assert "its find is not GNU find" in error.text
    assert "findutils tar coreutils" in error.text
    (programs / "find").unlink()
    assert "it has no find" in refusal(site, server.client).text
    (programs / "find").symlink_to(shutil.which("find") or "")
    assert "its tar is not GNU tar" in refusal(site, server.client).text


def test_a_tar_that_cannot_save_everything_is_said(
    site: ClientSite, start_server: Callable[..., SshServer], tmp_path: Path
) -> None:
    tar = tmp_path / "programs/tar"
    tar.parent.mkdir()
    tar.write_text(
        "#!/bin/sh\necho 'tar: no ACLs here' >&2\nexec /usr/bin/tar \"$@\" 2>/dev/null\n"
    )
    tar.chmod(0o755)
    site.client = start_server(environment=f"PATH={tar.parent}:/usr/bin:/bin").client
    said = site.engine.check_client(site.client, FakeControl())
    assert said[0] == 'not everything can be saved: the client\'s tar says "tar: no ACLs here"'
    assert said[1].startswith("not everything can be restored")


def test_a_cancel_while_nobody_answers(site: ClientSite, client: Ssh) -> None:
    """Somebody who takes the connection and says nothing."""
    control = FakeControl()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site.client = replace(client, port=silent.getsockname()[1])
        timer = threading.Timer(0.2, control.cancel)
        timer.start()
        started = time.monotonic()
        with pytest.raises(Cancelled):
            site.back_up(control=control)
        timer.join()
    assert time.monotonic() - started < CANCEL_SECONDS
    assert site.files() == set()


def test_an_account_without_a_shell(
    site: ClientSite, start_server: Callable[..., SshServer]
) -> None:
    server = start_server(lines="ForceCommand echo This account is not available")
    error = refusal(site, server.client)
    assert error.code == "CLIENT_UNFIT"
    assert '"This account is not available"' in error.text


def test_a_login_that_talks_is_no_obstacle(
    site: ClientSite, start_server: Callable[..., SshServer], tmp_path: Path
) -> None:
    (tmp_path / "banner").write_text("Welcome!\nblock 7: not a member\n")
    server = start_server(lines=f"Banner {tmp_path / 'banner'}")
    noise = "echo good morning; echo 'find: all is lost' >&2\n"
    for name in (".bashrc", ".profile", ".zshenv"):
        (server.root / "home" / name).write_text(noise)
    site.client = server.client
    (site.source / "file").write_text("x")
    assert (site.back_up().skipped, site.messages) == (0, [])


def test_nothing_of_the_users_own_configuration_counts(
    site: ClientSite, client: Ssh, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text("Host *\n ProxyCommand false\n User nobody\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    (site.source / "file").write_text("x")
    assert site.back_up().files == 1


def test_the_key_is_kept_from_others(site: ClientSite, client: Ssh) -> None:
    """What is made for a call is for the agent's user only, and gone after it."""
    seen: list[tuple[str, int]] = []

    def look(event: object) -> None:
        for path in (site.root / "tmp").glob("ssh-*"):
            seen.append(("directory", stat.S_IMODE(path.stat().st_mode)))
            seen.extend(
                (each.name, stat.S_IMODE(each.lstat().st_mode))
                for each in path.iterdir()
                if not each.is_symlink()
            )

    (site.source / "file").write_text("x")
    site.back_up(on_event=look)
    assert ("directory", 0o700) in seen
    assert ("known_hosts", 0o600) in seen
    assert not [each for each in os.listdir(site.root / "tmp") if each.startswith("ssh-")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", "-oProxyCommand=touch /tmp/x"),
        ("host", "user@host"),
        ("host", "two words"),
        ("host", ""),
        ("user", "-l"),
        ("user", ""),
        ("port", 0),
        ("port", 65536),
        ("key_file", "relative"),
        ("host_key", ""),
        ("host_key", "ssh-ed25519 AAAA"),
        ("host_key", "SHA256:short"),
        ("alive_seconds", -1),
    ],
)
def test_what_no_client_can_be(client: Ssh, field: str, value: object) -> None:
    check_ssh(client)
    with pytest.raises(InvalidArgument) as failure:
        check_ssh(replace(client, **{field: value}))
    assert failure.value.metadata["field"] == field


def test_a_line_of_known_hosts_is_a_host_key(client: Ssh) -> None:
    for line in (client.host_key, f"name,10.0.0.1 {client.host_key} a comment"):
        key = pinned_key(line)
        assert isinstance(key, HostKey)
        assert key.line == client.host_key
    assert pinned_key(f"@revoked * {client.host_key}") is None
