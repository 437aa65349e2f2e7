"""Quick verifications and restore proofs of repositories."""

import os
from pathlib import Path

import pytest

from server_agent.adapters.tar.aside import Aside
from server_agent.ports import (
    EngineError,
    Message,
    ProofRequest,
    Proved,
    Verified,
    VerifyRequest,
)
from tests.agent.restic.site import ResticSite
from tests.fakes.engine import FakeControl


def prove(site: ResticSite, files: int = 100) -> Proved:
    site.messages = []
    request = ProofRequest(tuple(site.chain[:1]), files, 1 << 30, "7")
    for event in site.engine.prove(request, FakeControl()):
        if isinstance(event, Message):
            site.messages.append(event)
    assert isinstance(event, Proved)
    return event


def quick(site: ResticSite) -> Verified:
    request = VerifyRequest(tuple(site.chain[:1]), quick=True)
    events = site.engine.verify(request, FakeControl())
    [verified] = [event for event in events if isinstance(event, Verified)]
    return verified


def left(site: ResticSite) -> list[str]:
    return [path.name for path in (site.root / "tmp").glob("*") if path.name != "restic"]


@pytest.fixture
def saved(site: ResticSite) -> ResticSite:
    for number in range(5):
        (site.source / f"d{number}").mkdir()
        (site.source / f"d{number}/f").write_bytes(os.urandom(1000 * number))
    (site.source / os.fsdecode(b"no \xff [text]")).write_bytes(b"odd name")
    os.link(site.source / "d2/f", site.source / "linked")
    site.back_up()
    return site


def test_samples_are_restored_and_what_the_repository_has(saved: ResticSite) -> None:
    proved = prove(saved)
    assert (proved.files, proved.of_files, proved.faults) == (7, 7, ())
    assert saved.codes()[-1] == "PROVED"
    assert prove(saved, 2).files == 2
    assert left(saved) == []


def test_a_restore_that_brings_something_else_is_found(
    saved: ResticSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = Aside.settle

    def wrongly(self: Aside):  # type: ignore[no-untyped-def]
        yield from settle(self)
        [place] = (saved.root / "tmp").glob("proof-*.tmp/**/d3/f")
        before = place.stat()
        place.write_bytes(bytes(before.st_size))
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))

    monkeypatch.setattr(Aside, "settle", wrongly)
    [fault] = prove(saved).faults
    assert fault.path.endswith(b"d3/f")
    assert fault.text == "was restored with another content"
    assert left(saved) == []


def test_damage_fails_a_proof_and_a_quick_verify_says_that_it_did_not_look(
    saved: ResticSite,
) -> None:
    verified = quick(saved)
    assert (verified.fault, verified.bytes_read) == ("", 0)
    assert "neither looked for nor compared" in verified.compared
    for pack in _packs(saved.medium):
        content = bytearray(pack.read_bytes())
        for at in range(0, len(content), 50):
            content[at] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(content)
    with pytest.raises(EngineError) as error:
        prove(saved)
    assert (error.value.code, error.value.saveset) == ("SAVESET_DAMAGED", saved.chain[0].name)
    assert "not what was written" in quick(saved).fault
    assert left(saved) == []


def test_a_quick_verify_finds_a_lost_snapshot(saved: ResticSite) -> None:
    for snapshot in (saved.medium / "snapshots").iterdir():
        snapshot.unlink()
    assert quick(saved).fault


def _packs(medium: Path) -> list[Path]:
    return [path for path in (medium / "data").rglob("*") if path.is_file()]
