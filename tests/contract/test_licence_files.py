"""What every `LicenceFiles` does, and every catalogue with what it knows of the licence."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server_agent.adapters.licence_files import LicenceFilesOf
from server_agent.adapters.licence_keys import OWN, key_line
from server_agent.domain.licence import LicenceFacts, SignatureState
from server_agent.domain.licence_text import LARGEST_FILE, parsed
from server_agent.ports import LICENCE_KEY, Catalogue
from server_agent.ports.licence import LICENCE_FILE, LicenceFiles
from tests.fakes.licence import (
    SIGNER,
    MemoryLicenceFiles,
    Signer,
    altered,
    with_broken_signature,
)
from tests.fakes.records import CLIENT, SAVESET, TASK

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Rig:
    """The files, and how a person sees what lies there."""

    files: LicenceFiles
    read: Callable[[str], bytes]


@pytest.fixture(params=["memory", "files"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    if request.param == "memory":
        memory = MemoryLicenceFiles()
        return Rig(memory, lambda name: memory.copies[name])
    ini = tmp_path / "ini"
    ini.mkdir()
    (ini / OWN).write_text(key_line(SIGNER.public, "the seller"))
    return Rig(LicenceFilesOf(ini, ZoneInfo("UTC")), lambda name: (ini / name).read_bytes())


def test_without_one(rig: Rig) -> None:
    assert rig.files.installed() is None


def test_the_one_before_is_kept_under_a_name_with_the_date(rig: Rig) -> None:
    assert rig.files.install(b"first", NOW) == ""
    assert rig.files.installed() == b"first"
    kept = rig.files.install(b"second", NOW)
    assert kept == f"{LICENCE_FILE}.20260304-120000"
    assert (rig.files.installed(), rig.read(kept)) == (b"second", b"first")


def test_several_in_one_second_are_all_kept(rig: Rig) -> None:
    rig.files.install(b"first", NOW)
    names = [rig.files.install(content, NOW) for content in (b"second", b"third", b"fourth")]
    assert len(set(names)) == 3
    assert [rig.read(name) for name in names] == [b"first", b"second", b"third"]


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (SIGNER.licence(), SignatureState.GOOD),
        (SIGNER.licence().replace(b"\n", b"\r\n"), SignatureState.GOOD),
        (b"\xef\xbb\xbf" + SIGNER.licence().replace(b" = ", b"="), SignatureState.GOOD),
        (altered(SIGNER.licence()), SignatureState.WRONG),
        (with_broken_signature(SIGNER.licence()), SignatureState.WRONG),
        (Signer("a stranger").licence(), SignatureState.UNKNOWN_KEY),
    ],
)
def test_signatures(rig: Rig, content: bytes, state: SignatureState) -> None:
    text = parsed(content)
    assert rig.files.signature(text.key, text.signed, text.signature) is state


def test_the_server_says_who_it_is(rig: Rig) -> None:
    server = rig.files.server()
    assert server.name
    assert server.platform
    assert not any(address.startswith(("127.", "fe80:", "::1")) for address in server.addresses)


def test_what_lies_there_by_mistake_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / LICENCE_FILE).write_bytes(b"x" * (10 * LARGEST_FILE))
    content = LicenceFilesOf(tmp_path, ZoneInfo("UTC")).installed()
    assert content is not None
    assert len(content) == LARGEST_FILE + 1


# --- catalogues -----------------------------------------------------------------------------------


def test_the_facts_are_kept_and_replaced(catalogue: Catalogue) -> None:
    facts = LicenceFacts(NOW, NOW + timedelta(microseconds=1))
    with catalogue.read() as view:
        assert view.licence_facts() is None
    with catalogue.write() as tx:
        tx.put_licence_facts(facts)
    newer = replace(
        facts,
        told_day=date(2026, 3, 5),
        accepted="digest",
        foreign_since=NOW,
        newest_issued=NOW - timedelta(days=1),
    )
    with catalogue.write() as tx:
        assert tx.licence_facts() == facts
        tx.put_licence_facts(newer)
    with catalogue.read() as view:
        assert view.licence_facts() == newer
        assert view.revision() == 0


def test_watchers_learn_that_it_is_another(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        tx.touch_licence()
    with catalogue.read() as view:
        assert view.changes_since(0).keys == (LICENCE_KEY,)


def test_the_front_side_is_what_the_newest_saveset_of_each_task_lists(
    catalogue: Catalogue,
) -> None:
    with catalogue.read() as view:
        assert view.front_side_bytes() == 0
    with catalogue.write() as tx:
        tx.put_client(CLIENT)
        for name in ("home", "mail", "empty"):
            tx.put_task(replace(TASK, name=name))
        # By the number of the job, whatever the name, the time or the order of entering say.
        tx.add_saveset(replace(SAVESET, name="SF3", job_id="10", listed_bytes=700))
        tx.add_saveset(replace(SAVESET, name="SF9", job_id="9", listed_bytes=5000))
        tx.add_saveset(replace(SAVESET, name="SF1", task="mail", job_id="2", listed_bytes=40))
        tx.add_saveset(replace(SAVESET, name="SF2", task="gone", job_id="3", listed_bytes=9000))
    with catalogue.read() as view:
        assert view.front_side_bytes() == 740
