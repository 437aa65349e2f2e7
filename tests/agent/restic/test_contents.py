"""Listings in repositories, and what of savesets is known from repositories alone."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.restic.contents import ResticContents
from server_agent.adapters.restic.stores import Secrets
from server_agent.ports import (
    EngineError,
    Message,
    SavesetRef,
    Verified,
    VerifyRequest,
)
from server_agent.ports.rebuilding import FoundMedium, FoundSaveset, LeftFile
from tests.agent.restic.site import PER_SAVESET, ResticSite
from tests.agent.tar.site import LABEL, LOCATION_ID, at
from tests.fakes.engine import FakeControl


@pytest.fixture
def site(site: ResticSite) -> ResticSite:
    (site.source / "a").write_text("content")
    site.back_up()
    return site


def reading(site: ResticSite, lis: str = "lis") -> ResticContents:
    return ResticContents(site.root / lis, Secrets(site.root / "secrets"), site.root / "look")


def medium_of(site: ResticSite, contents: ResticContents) -> FoundMedium:
    [medium] = contents.media([b"restic:" + os.fsencode(site.root / "store/")])
    assert medium.path == b"restic:" + os.fsencode(site.root / "store" / LABEL)
    assert (medium.label, medium.location_id) == (LABEL, LOCATION_ID)
    return medium


def the_found(site: ResticSite, lis: str = "lis") -> FoundSaveset | LeftFile:
    contents = reading(site, lis)
    [found] = contents.contents(medium_of(site, contents))
    return found


def lost(site: ResticSite) -> None:
    """The agent's own files."""
    shutil.rmtree(site.root / "lis")


def restic(site: ResticSite, *words: str) -> bytes:
    environment = {
        "RESTIC_REPOSITORY": str(site.medium),
        "RESTIC_PASSWORD_FILE": str(site.root / "secrets/restic.key"),
        "RESTIC_CACHE_DIR": str(site.root / "tmp/restic"),
        "PATH": os.environ["PATH"],
    }
    words = ("restic", *words)
    return subprocess.run(words, env=environment, capture_output=True, check=True).stdout


def forget_listing(site: ResticSite) -> None:
    """As of a saveset that was made before there were any."""
    for each in json.loads(restic(site, "snapshots", "--json")):
        if "listing" in each["tags"]:
            restic(site, "forget", each["id"])


def messages(site: ResticSite, *, quick: bool = False) -> list[str]:
    """What a verify says besides; the saveset itself is whole."""
    events = list(site.engine.verify(VerifyRequest((site.chain[0],), quick), FakeControl()))
    assert [event.fault for event in events if isinstance(event, Verified)] == [""]
    return [event.text for event in events if isinstance(event, Message)]


def test_a_saveset_is_put_back_from_its_repository(site: ResticSite, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in site.medium.rglob("*") if path.is_file()}
    known = the_found(site)
    assert isinstance(known, FoundSaveset)
    assert known.has_listing
    lost(site)
    contents = reading(site)
    medium = medium_of(site, contents)
    [found] = contents.contents(medium)
    assert found == replace(known, has_listing=False)
    assert (found.sources, found.is_encrypted) == ((os.fsencode(site.source),), True)
    assert contents.bring_listing(found, medium) == ""
    after = {path.name: path.read_bytes() for path in site.medium.rglob("*") if path.is_file()}
    assert after == before
    assert messages(site) == []
    assert site.restore(tmp_path / "target").files == 1
    assert (at(tmp_path / "target", site.source) / "a").read_text() == "content"
    (site.source / "b").write_text("more")
    assert site.back_up().files == 1
    assert the_found_again(site) == {saveset.name for saveset in site.chain}


def the_found_again(site: ResticSite) -> set[str]:
    contents = reading(site)
    found = list(contents.contents(medium_of(site, contents)))
    return {each.name for each in found if isinstance(each, FoundSaveset) and each.has_listing}


def test_one_without_a_listing_gets_one_and_till_then_is_named(site: ResticSite) -> None:
    forget_listing(site)
    assert isinstance(the_found(site), FoundSaveset), "the agent's own files are there"
    nowhere = the_found(site, "nowhere")
    assert isinstance(nowhere, LeftFile)
    assert "no copy of its listing" in nowhere.why
    assert nowhere.facts == dict(site.request().facts)
    [said] = messages(site)
    assert "it is missing" in said
    assert site.engine.shelve(site.chain, FakeControl()) == 1
    assert site.engine.shelve(site.chain, FakeControl()) == 0
    assert messages(site) == []
    assert isinstance(the_found(site, "nowhere"), FoundSaveset)
    assert site.snapshots() == PER_SAVESET
    assert site.engine.remove(site.chain) == [site.chain[0].name]
    assert (site.snapshots(), site.own_files()) == (0, set())


def test_a_listing_that_is_another_is_said_and_the_saveset_is_whole(site: ResticSite) -> None:
    other = SavesetRef(f"SF{9:017d}@abcdefghijk", LABEL, site.chain[0].sesam_day, None)
    (description,) = (site.root / "lis").rglob("*.restic")
    content = json.loads(description.read_text())
    (site.root / "wrong").write_bytes(b"no listing")
    words = ["backup", "--json", f"--tag=sv={other.name}", str(site.root / "wrong")]
    made = json.loads(restic(site, *words).splitlines()[-1])["snapshot_id"]
    (full,) = (p.name for p in (site.medium / "snapshots").iterdir() if p.name.startswith(made))
    content["listing"]["snapshot"] = full
    description.write_text(json.dumps(content))
    [said] = messages(site)
    assert "it is damaged" in said or "not what was written" in said
    assert messages(site, quick=True) == []


def test_data_that_are_missing_make_it_half_a_saveset(site: ResticSite) -> None:
    for each in json.loads(restic(site, "snapshots", "--json")):
        if "listing" not in each["tags"]:
            restic(site, "forget", each["id"])
    found = the_found(site)
    assert isinstance(found, LeftFile)
    assert "half a saveset" in found.why


def test_a_snapshot_of_somebody_is_named(site: ResticSite) -> None:
    restic(site, "backup", str(site.source))
    contents = reading(site)
    found = list(contents.contents(medium_of(site, contents)))
    assert [each.why for each in found if isinstance(each, LeftFile)] == [
        "it is no snapshot of a saveset"
    ]
    assert len(found) == 2


def test_a_long_description_has_several_tags(site: ResticSite) -> None:
    excludes = tuple(os.urandom(40).hex() for _ in range(5000))
    request = replace(site.request(), excludes=excludes, saveset=f"SF{9:017d}@abcdefghijk")
    site.run(request)
    contents = reading(site, "nowhere")
    found = {
        each.name: each
        for each in contents.contents(medium_of(site, contents))
        if isinstance(each, FoundSaveset)
    }
    assert found[request.saveset].excludes == excludes


def test_the_wrong_key_is_said(site: ResticSite) -> None:
    (site.root / "secrets/restic.key").write_text("wrong\n")
    contents = reading(site)
    medium = medium_of(site, contents)
    with pytest.raises(EngineError) as failure:
        list(contents.contents(medium))
    assert failure.value.code == "KEY_REFUSED"
