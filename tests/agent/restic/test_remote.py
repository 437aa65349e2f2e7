"""Media on another machine: over SFTP with a real sshd, and S3 where moto is installed."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.restic import repository
from server_agent.adapters.restic.contents import ResticContents
from server_agent.adapters.restic.engine import ResticEngine
from server_agent.adapters.restic.stores import Secrets
from server_agent.domain.reach import Ssh
from server_agent.ports import CopyDone, CopyRequest, EngineError, Interrupted, SavesetRef
from server_agent.ports.rebuilding import FoundSaveset
from tests.agent.restic.site import STORE_NAME, ResticSite
from tests.agent.restic.test_faults import restics, verified
from tests.agent.ssh.server import SshServer
from tests.agent.tar.site import DAY, LABEL, LOCATION_ID, at
from tests.agent.tar.test_faults import wait_for
from tests.contract.restic_rig import template
from tests.fakes.engine import FakeControl

OTHER = "NEAR00001"
SILENT_SECONDS = 20.0  # in which a server that stands still is given up here, on a busy machine


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    made = SshServer(tmp_path / "sshd", lines="Subsystem sftp internal-sftp\n")
    yield made
    made.stop()


@pytest.fixture
def far(server: SshServer, site: ResticSite) -> ResticSite:
    """A site whose store is on the server."""
    root, client = site.root, server.client
    secrets = root / "secrets, %h"
    (root / "secrets").rename(secrets)
    for source, name in ((client.key_file, "far.ssh"), (server.root / "known", "far.known_hosts")):
        if name == "far.known_hosts":
            Path(source).write_text(f"[{client.host}]:{client.port} {client.host_key}\n")
        shutil.copy(source, secrets / name)
        (secrets / name).chmod(0o600)
    shutil.copytree(template(LABEL, LOCATION_ID) / "store", root / "far")
    shutil.copy(secrets / "restic.key", secrets / "far.key")
    store = store_of(client, root / "far")
    site.engine = ResticEngine(
        [store], root / "lis", root / "tmp", root / "tmp/restic", secrets, LOCATION_ID
    )
    site.engine.make_store(store, STORE_NAME)
    site.engine.make_medium(store, STORE_NAME, LABEL)
    site.engine.use_stores([store], {LABEL: store})
    return site


def store_of(client: Ssh, directory: Path) -> bytes:
    return f"restic+far:sftp://{client.user}@{client.host}:{client.port}{directory}".encode()


def test_a_medium_over_sftp_is_like_any_other(far: ResticSite, tmp_path: Path) -> None:
    (far.source / "a").write_text("content")
    far.back_up()
    (far.source / "b").write_text("more")
    assert far.back_up().files == 1
    assert (far.root / "far" / LABEL / "config").is_file()
    assert far.engine.present(far.chain) == {saveset.name for saveset in far.chain}
    assert verified(far)[1] == ""
    assert far.restore(tmp_path / "target", age=1).files == 1
    assert (at(tmp_path / "target", far.source) / "a").read_text() == "content"
    old = far.chain[1]
    assert far.engine.remove([old]) == [old.name]
    assert far.engine.present(far.chain) == {far.chain[0].name}
    lost = SavesetRef(f"SF{9:017d}@abcdefghijk", LABEL, DAY, None)
    kept = frozenset({far.chain[0].name})
    assert far.engine.recover([lost], kept) == [Interrupted(lost.name, None)]


def test_a_copy_comes_from_a_server_and_its_listings_too(
    far: ResticSite, server: SshServer, tmp_path: Path
) -> None:
    """The other repository is on this machine; restic takes one login for both."""
    (far.source / "a").write_text("content")
    far.back_up()
    secrets, there = far.root / "secrets, %h", store_of(server.client, far.root / "far")
    here = b"restic:" + os.fsencode(far.root / "near")
    shutil.copytree(template(OTHER, LOCATION_ID) / "store", far.root / "near")
    shutil.copy(template(OTHER, LOCATION_ID) / "secrets/restic.key", secrets / "restic.key")
    far.engine.use_stores([there, here], {LABEL: there, OTHER: here})
    *_, done = far.engine.copy(CopyRequest(far.chain[0], OTHER), FakeControl())
    assert isinstance(done, CopyDone)
    copy = replace(far.chain[0], label=OTHER)
    contents = ResticContents(far.root / "new", Secrets(secrets), far.root / "look")
    [medium] = contents.media([there + b"/" + LABEL.encode()])
    assert (medium.location_id, medium.store_path) == (LOCATION_ID, there)
    [found] = contents.contents(medium)
    assert isinstance(found, FoundSaveset)
    assert contents.bring_listing(found, medium) == ""
    with pytest.raises(EngineError, match="name each of them"):
        contents.media([there])
    server.stop()
    assert far.engine.present([copy]) == {copy.name}
    far.chain = [copy]
    assert far.restore(tmp_path / "target").files == 1


def test_servers_with_different_logins_are_refused(far: ResticSite, server: SshServer) -> None:
    secrets, there = far.root / "secrets, %h", store_of(server.client, far.root / "far")
    for path in secrets.glob("far.*"):
        shutil.copy(path, secrets / path.name.replace("far.", "else."))
    other = there.replace(b"restic+far", b"restic+else").replace(b"/far", b"/other")
    far.engine.use_stores([there, other], {LABEL: there, OTHER: other})
    saveset = SavesetRef(f"SF{9:017d}@abcdefghijk", LABEL, DAY, None)
    with pytest.raises(EngineError) as failure:
        far.engine.copy(CopyRequest(saveset, OTHER), FakeControl())
    assert failure.value.code == "COPY_IMPOSSIBLE"
    assert "on this machine first" in failure.value.text


def test_many_savesets_are_looked_at_by_one_login(far: ResticSite, server: SshServer) -> None:
    """A location asks for some at once, page by page, and for each that is not there."""
    (far.source / "a").write_text("x")
    far.back_up()
    names = {far.chain[0].name}
    before = server.logins()
    for _ in range(5):
        far.engine.check_store(LABEL)
        assert far.engine.present(far.chain) == names
    assert server.logins() - before <= 2
    far.back_up()
    assert far.engine.present(far.chain) == {saveset.name for saveset in far.chain}
    assert far.engine.remove([far.chain[1]]) == [far.chain[1].name]
    assert far.engine.present(far.chain) == {far.chain[0].name}
    server.stop()
    assert far.engine.present(far.chain) == {far.chain[0].name}, "as it was just now"
    presence_forgets(far)
    for _ in range(3):
        assert far.engine.present(far.chain) == set()
        with pytest.raises(EngineError):
            far.engine.check_store(LABEL)


def presence_forgets(far: ResticSite) -> None:
    """Half a minute later."""
    far.engine._seen.forget()


def test_a_server_that_is_away(far: ResticSite, server: SshServer) -> None:
    (far.source / "a").write_text("x")
    far.back_up()
    server.stop()
    for call in (lambda: far.engine.check_store(LABEL), lambda: far.back_up()):
        with pytest.raises(EngineError, match=r"refused|reached") as failure:
            call()
        assert failure.value.code == "STORE_MISSING"
    assert far.engine.present(far.chain) == set()
    assert far.engine.recover(far.chain, frozenset()) == []


def test_how_full_a_server_is_nobody_tells(far: ResticSite, server: SshServer) -> None:
    with pytest.raises(EngineError) as failure:
        far.engine.space(store_of(server.client, far.root / "far"), STORE_NAME, LABEL)
    assert failure.value.code == "SPACE_UNKNOWN"


def test_another_host_key_is_refused(far: ResticSite) -> None:
    known = far.root / "secrets, %h/far.known_hosts"
    known.write_text(re.sub(r"AAAA\S{10}", "AAAAC3NzaC1lZDI", known.read_text()))
    with pytest.raises(EngineError) as failure:
        far.engine.check_store(LABEL)
    assert failure.value.code == "STORE_MISSING"
    assert os.fspath(far.root / "far") in failure.value.text


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty bucket of a server of moto's, which is a stand-in for a store."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        (tmp_path / "moto.log").open("wb") as log,
        subprocess.Popen(words, stdout=log, stderr=log) as process,
    ):
        url = f"http://127.0.0.1:{port}/savesets"
        request = urllib.request.Request(url, method="PUT")
        wait_for(lambda: _is_answered(request), "the server")
        yield url
        process.kill()


def _is_answered(request: urllib.request.Request) -> bool:
    try:
        with urllib.request.urlopen(request):
            return True
    except OSError:
        return False


def test_a_medium_in_a_bucket_is_like_any_other(
    bucket: str, site: ResticSite, tmp_path: Path
) -> None:
    root, store = site.root, f"restic+s3:s3:{bucket}".encode()
    variables = root / "secrets/s3.env"
    variables.write_text("AWS_ACCESS_KEY_ID=name\nAWS_SECRET_ACCESS_KEY=word\n")
    variables.chmod(0o600)
    site.engine = ResticEngine(
        [store], root / "lis", root / "tmp", root / "tmp/restic", root / "secrets", LOCATION_ID
    )
    site.engine.make_store(store, STORE_NAME)
    site.engine.make_medium(store, STORE_NAME, LABEL)
    site.engine.use_stores([store], {LABEL: store})
    (site.source / "a").write_text("content")
    site.back_up()
    (site.source / "b").write_text("more")
    assert site.back_up().files == 1
    assert verified(site)[1] == ""
    assert site.restore(tmp_path / "target", age=1).files == 1
    old = site.chain[1]
    assert site.engine.remove([old]) == [old.name]
    assert site.engine.present(site.chain) == {site.chain[0].name}


def test_a_server_that_never_answers(site: ResticSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its system takes connections, and its program stands still."""
    monkeypatch.setattr(repository, "_LOOK_SECONDS", 1.0)
    monkeypatch.setattr(repository, "_LIST_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = f"restic:rest:http://127.0.0.1:{silent.getsockname()[1]}/".encode()
        site.engine.use_stores([store], {LABEL: store})
        lost = SavesetRef(f"SF{9:017d}@abcdefghijk", LABEL, DAY, None)
        with pytest.raises(EngineError, match="cannot be reached") as failure:
            site.engine.check_store(LABEL)
        assert failure.value.code == "STORE_MISSING"
        site.engine._seen.forget()
        begin = time.monotonic()
        assert site.engine.present([lost]) == set()
        assert time.monotonic() - begin < SILENT_SECONDS
        assert site.engine.recover([lost], frozenset()) == []
    assert restics(site.root) == []
