"""Files that cannot be saved as they were: a warning each, never silence, never a failure."""

import os
import re
from pathlib import Path

import pytest

from server_agent.adapters.tar.client import LocalClient
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.scan import Scan
from server_agent.domain.jobs import Level
from server_agent.ports import EngineError, Message
from tests.agent.tar.site import Probe, Site, at, open_offset, unprivileged
from tests.agent.tar.test_fidelity import make_socket
from tests.fakes.engine import FakeControl

BIG_BYTES = 24 << 20  # more than tar can be ahead of its reader


def test_what_a_user_may_not_read(open_site: Site) -> None:
    site = open_site
    with unprivileged():
        (site.source / "readable").write_text("x")
        (site.source / "secret: \n\xff").write_text("y")
        (site.source / "secret: \n\xff").chmod(0)
        (site.source / "closed").mkdir()
        (site.source / "closed/inside").write_text("z")
        (site.source / "closed").chmod(0)
        done = site.back_up()
        secret = os.fsencode(site.source / "secret: \n\xff")
        closed = os.fsencode(site.source / "closed")
        assert {message.path for message in site.messages} == {secret, closed}
        assert {(message.level, message.code) for message in site.messages} == {
            (Level.WARNING, "UNREADABLE")
        }
        assert done.skipped == 2
        assert all("Permission denied" in message.text for message in site.messages)
        assert any(r'secret: \nÿ" cannot be read' in message.text for message in site.messages)
        (site.source / "closed").chmod(0o700)

        restored = site.restore(site.root / "target")
        assert (restored.files, restored.skipped) == (1, 2)
        assert {message.path for message in site.messages} == {secret, closed}
        assert set(site.codes()) == {"NOT_SAVED"}

        # Readable again: saved by the next one, although nothing else about them changed.
        (site.source / "secret: \n\xff").chmod(0o600)
        again = site.back_up()
        assert (again.files, again.skipped) == (2, 0)
        site.restore(site.root / "all")
        assert (at(site.root / "all", site.source) / "closed/inside").read_text() == "z"


def test_a_file_that_vanishes_before_it_is_read(site: Site, tmp_path: Path) -> None:
    make_socket(site.source)  # its message comes between the scan and the reading
    (site.source / "stays").write_text("x")
    (site.source / "goes \n: Cannot stat").write_text("y")
    gone = site.source / "goes \n: Cannot stat"

    def vanish(event: object) -> None:
        if isinstance(event, Message) and event.code == "SOCKET":
            gone.unlink()

    done = site.back_up(on_event=vanish)
    assert done.skipped == 1
    warnings = [message for message in site.messages if message.level is Level.WARNING]
    assert [(message.code, message.path) for message in warnings] == [
        ("VANISHED", os.fsencode(gone))
    ]
    assert site.restore(tmp_path / "target").skipped == 1
    assert os.listdir(at(tmp_path / "target", site.source)) == ["stays"]


def test_a_file_that_becomes_a_directory_before_it_is_read(site: Site) -> None:
    make_socket(site.source)
    changing = site.source / "changing"
    changing.write_text("x")

    def change(event: object) -> None:
        if isinstance(event, Message) and event.code == "SOCKET":
            changing.unlink()
            changing.mkdir()

    done = site.back_up(on_event=change)
    assert done.skipped == 1
    assert [message.path for message in site.messages if message.code == "NOT_SAVED"] == [
        os.fsencode(changing)
    ]


def test_a_file_that_shrinks_while_it_is_read(site: Site) -> None:
    big = site.source / "big"
    big.write_bytes(os.urandom(BIG_BYTES))

    def cut() -> None:
        if open_offset(big) and big.stat().st_size == BIG_BYTES:
            os.truncate(big, BIG_BYTES // 2)

    done = site.back_up(control=Probe(cut))
    assert big.stat().st_size == BIG_BYTES // 2
    assert done.skipped == 1
    cut_message = next(message for message in site.messages if message.code == "CUT_WHILE_READ")
    assert cut_message.path == os.fsencode(big)
    assert re.search(rf'"{re.escape(str(big))}" lost \d+ bytes', cut_message.text)


def scan_of(site: Site, listing: ListingWriter) -> Scan:
    client, source = LocalClient(), os.fsencode(site.source)
    survey = client.survey([source], FakeControl())
    return Scan(source, (), (), listing, client, survey, FakeControl())


def test_a_flawed_file_is_saved_again_although_nothing_changes(site: Site, tmp_path: Path) -> None:
    """A read error leaves zeros in the saveset and no trace on the file."""
    (site.source / "file").write_text("as it is")
    site.back_up()
    with ListingWriter(tmp_path / "db", "S", (), FakeControl()) as listing:
        listing.build_on(site.listing())
        path = os.fsencode(site.source / "file")
        list(scan_of(site, listing).run())
        assert listing.end_scan().files == 0
        assert listing.note_flaw(path, "UNREADABLE")
        assert not listing.note_flaw(path, "UNREADABLE")
        assert listing.flawed() == 1
        listing.finish()
    with ListingWriter(tmp_path / "next", "T", (), FakeControl()) as listing:
        listing.build_on(tmp_path / "db")
        list(scan_of(site, listing).run())
        assert listing.end_scan().files == 1
        assert list(listing.paths_to_save()) == [path]


def test_a_file_that_grows_while_it_is_read(site: Site) -> None:
    big = site.source / "big"
    big.write_bytes(os.urandom(BIG_BYTES))

    def grow() -> None:
        if open_offset(big) and big.stat().st_size == BIG_BYTES:
            with big.open("ab") as file:
                file.write(b"more")

    done = site.back_up(control=Probe(grow))
    assert (done.files, done.skipped, done.partial) == (1, 1, 1), "it is in the saveset"
    assert [(message.code, message.path) for message in site.messages] == [
        ("CHANGED_WHILE_READ", os.fsencode(big))
    ]
    assert site.back_up().files == 1, "the next one saves it again"


def test_the_source_itself_vanishes(site: Site, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()

    def vanish(event: object) -> None:
        if other.exists():
            other.rmdir()

    with pytest.raises(EngineError, match=str(other)) as failure:
        site.back_up(site.source, other, on_event=vanish)
    assert failure.value.code == "SOURCE_MISSING"
    assert site.files() == set()
