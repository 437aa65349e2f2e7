"""What a start after a crash removes is proved to be nothing; all else stays and is named."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from server_agent.adapters.tar.child import PIPE_BYTES
from server_agent.ports import Interrupted
from tests.agent.tar.site import Site, at, unprivileged


def files_of(site: Site) -> dict[str, Path]:
    data = site.data()
    return {
        "data": data,
        "description": data.with_name(data.name + ".idx"),
        "listing": site.listing(),
    }


@pytest.mark.logs_warnings
@pytest.mark.parametrize("part", ["data", "description", "listing"])
def test_what_cannot_be_read_just_now_stays(
    open_site: Site, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    site = open_site
    with unprivileged():
        (site.source / "file").write_text("x")
        done = site.back_up()
        before = site.files()
        files_of(site)[part].chmod(0)
        assert site.engine.recover(site.chain, frozenset()) == []
        assert site.files() == before
        assert site.chain[0].name in caplog.text
        assert "Permission denied" in caplog.text
        files_of(site)[part].chmod(0o600)
        assert site.engine.recover(site.chain, frozenset()) == [
            Interrupted(site.chain[0].name, done, site.request().facts)
        ]


@pytest.mark.logs_warnings
def test_a_description_that_says_nothing_proves_nothing(site: Site) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    before = site.files()
    description = files_of(site)["description"]
    text = description.read_text()
    for other in (text.replace('"format": 1', '"format": 2'), text[:-20]):
        description.write_text(other)
        assert site.engine.recover(site.chain, frozenset()) == []
        assert site.files() == before


@pytest.mark.logs_warnings
def test_listings_that_are_elsewhere_prove_nothing(site: Site) -> None:
    """Their directory was made before the data were."""
    (site.source / "file").write_text("x")
    site.back_up()
    listings = site.root / "lis"
    listings.rename(site.root / "away")
    listings.mkdir()
    assert site.engine.recover(site.chain, frozenset()) == []
    listings.rmdir()
    (site.root / "away").rename(listings)
    [found] = site.engine.recover(site.chain, frozenset())
    assert found.result is not None


@pytest.mark.parametrize("part", ["data", "listing"])
def test_what_does_not_match_its_digest_is_removed(site: Site, part: str) -> None:
    (site.source / "file").write_text("x" * 1000)
    site.back_up()
    file = files_of(site)[part]
    content = bytearray(file.read_bytes())
    content[20] ^= 1
    file.write_bytes(content)
    assert site.engine.recover(site.chain, frozenset()) == [Interrupted(site.chain[0].name, None)]
    assert site.files() == set()


@pytest.mark.logs_warnings
def test_a_leftover_that_cannot_be_removed_does_not_keep_the_agent_from_starting(
    open_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that the system has made read-only after an error."""
    site = open_site
    with unprivileged():
        (site.source / "file").write_text("x")
        site.back_up()
        data = site.data()
        half = data.with_name(data.name + ".part")
        half.write_text("x")
        data.parent.chmod(0o500)
        assert site.engine.recover([], frozenset({data.name})) == []
        assert site.engine.recover(site.chain, frozenset()) == []
        assert half.exists()
        assert caplog.text.count(half.name) >= 2
        data.parent.chmod(0o700)
        site.engine.recover(site.chain, frozenset())
        assert not half.exists()


@contextmanager
def no_room_for_wide_pipes() -> Iterator[None]:
    """As for a user whose pipes hold all that pipe-user-pages-soft allows, see pipe(7)."""
    with ExitStack() as undo:
        for _ in range(4096):
            ends = os.pipe()
            for end in ends:
                undo.callback(os.close, end)
            try:
                fcntl.fcntl(ends[0], fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            except PermissionError:
                yield
                return
        pytest.skip("this user may have as many pipes as he likes")


def test_a_user_who_gets_no_wide_pipes(open_site: Site) -> None:
    site = open_site
    with unprivileged(), no_room_for_wide_pipes():
        (site.source / "file").write_bytes(os.urandom(3_000_000))
        assert site.back_up().files == 1
        assert site.restore(site.root / "target").files == 1
        restored = at(site.root / "target", site.source) / "file"
        assert restored.read_bytes() == (site.source / "file").read_bytes()
