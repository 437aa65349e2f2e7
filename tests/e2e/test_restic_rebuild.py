"""A location of which nothing is left but repositories of restic, and the keys that open them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from server_agent.domain.self_backup import SELF_BACKUP
from sesam_api.client import Location
from sesam_api.command_records import CommandSource
from tests.agent.tar.trees import differences, picture
from tests.e2e.agent_process import run
from tests.e2e.test_rebuild import Rebuilt, check_alike
from tests.e2e.test_restic_copies import FAR, NEAR, PATIENCE, Site, location, places, site

__all__ = ["location", "site"]


def stores(site: Site) -> list[str]:
    """As words of a command."""
    near, far = (site.medium(label).parent for label in (NEAR, FAR))
    return ["--store", f"restic+near:{near}", "--store", f"restic+far:{far}"]


def three(site: Site, location: Location) -> list[str]:
    """A FULL, an INC with a program, and an INC; the second is copied to the other repository."""
    program = (b"sh", b"-c", b"echo of a database")
    made = [site.back_up(location, "FULL").saveset]
    location.modify_task("docs", commands=[CommandSource("dump", program)], excludes=["*.tmp"])
    (site.source / "b").write_bytes(os.urandom(200_000))
    made.append(site.back_up(location, "INC").saveset)
    site.migrated(location, made[-1])
    (site.source / "a").write_text("changed")
    made.append(site.back_up(location, "INC").saveset)
    return made


def lost(site: Site) -> Path:
    """The root goes, and the keys stay where they were taken to. Returns their directory."""
    kept = site.place / "kept"
    shutil.move(site.agent.root / "var/ini/secrets", kept)
    shutil.rmtree(site.agent.root)
    return kept


def test_a_location_is_put_back_from_its_repositories_and_goes_on(
    site: Site, location: Location
) -> None:
    made = three(site, location)
    identity = location.identity.location_id
    before = {each.name: each for each in location.savesets(task="docs")}
    listed = [entry.path for entry in location.entries(made[2], str(site.source))]
    site.agent.end()
    kept, new = lost(site), site.place / "new"
    words = (*stores(site), "--secrets", str(kept))
    told = run(new, "rebuild", *words, "--dry-run")
    assert (told.returncode, "NEAR00001" in told.stdout) == (0, True), told.stderr
    assert not new.exists()
    told = run(new, "rebuild", *words, "--name", "Alpha", "--host", "127.0.0.1", "--port", "0")
    assert (told.returncode, "not entered" in told.stdout) == (0, False), told.stdout + told.stderr
    assert "a copy of" in told.stdout
    again = run(new, "rebuild", *stores(site))
    assert (again.returncode, "  + " in again.stdout) == (0, False), again.stdout + again.stderr
    rebuilt = Rebuilt(new, site.place)
    try:
        rebuilt.start()
        with rebuilt.connected() as back:
            assert back.identity.location_id == identity
            assert {pool.name for pool in back.pools()} == {"DISK", "NEAR", "FAR"}
            assert back.wait(back.start_backup(SELF_BACKUP, "FULL"), PATIENCE).state != "error"
            after = {each.name: each for each in back.savesets(task="docs")}
            assert after.keys() == before.keys()
            for name, was in before.items():
                check_alike(after[name], was)
                assert places(back, name) == ([NEAR] if name == made[2] else [NEAR, FAR])
            assert [entry.path for entry in back.entries(made[2], str(site.source))] == listed
            goes_on(site, back, made)
            assert back.saveset(made[1]).label == FAR
    finally:
        rebuilt.close()


def goes_on(site: Site, back: Location, made: list[str]) -> None:
    target = site.place / "target"
    job = back.wait(back.restore(made[2], str(target)), PATIENCE)
    assert job.state == "ok", job.message
    assert differences(picture(site.source), picture(target / site.source.relative_to("/"))) == []
    assert (target / ".commands/dump").read_text() == "of a database\n"
    for name in made:
        checked = back.wait(back.verify(name), PATIENCE)
        assert (checked.state, checked.message) == ("ok", ""), checked.message
    assert back.wait(back.prove("docs"), PATIENCE).state == "ok"
    (site.source / "afterwards").write_text("x")
    third = site.back_up(back, "INC")
    assert (third.files, back.saveset(third.saveset).base) == (2, made[2]), "the file and the dump"
    assert any(each.path.endswith(b"/other") for each in back.find_files("other"))
    shutil.rmtree(site.medium(NEAR).parent)
    shutil.rmtree(target)
    back.wait(back.verify(made[1]), PATIENCE)
    assert back.wait(back.restore(made[1], str(target)), PATIENCE).state == "ok"


def test_what_cannot_be_used_is_named_and_stays(site: Site, location: Location) -> None:
    full = site.back_up(location, "FULL").saveset
    (site.source / "b").write_text("b")
    later = site.back_up(location, "INC").saveset
    site.agent.end()
    kept, new = lost(site), site.place / "new"
    forget_listing(site, kept, later)
    before = names(site.medium(NEAR))
    near = stores(site)[:2]
    refused = run(new, "rebuild", *near, "--name", "A", "--port", "0")
    assert (refused.returncode, "near.key" in refused.stderr) == (1, True), refused.stderr
    told = run(new, "rebuild", *near, "--secrets", str(kept), "--name", "A", "--port", "0")
    assert told.returncode == 0, told.stderr
    assert f"{later}: its repository has no copy of its listing" in told.stdout
    assert f"+ {full} of task docs" in told.stdout
    assert f"+ {later}" not in told.stdout
    assert names(site.medium(NEAR)) == before
    far = run(new, "rebuild", "--store", "restic+near:sftp://a@127.0.0.1:1/srv", "--dry-run")
    assert (far.returncode, "name each of them" in far.stderr) == (1, True), far.stderr


def forget_listing(site: Site, secrets: Path, saveset: str) -> None:
    """As of one that was made before repositories had listings."""
    environment = {
        "RESTIC_REPOSITORY": str(site.medium(NEAR)),
        "RESTIC_PASSWORD_FILE": str(secrets / "near.key"),
        "RESTIC_CACHE_DIR": str(site.place / "cache"),
        "PATH": os.environ["PATH"],
    }
    words = ["restic", "snapshots", "--json"]
    out = subprocess.run(words, env=environment, capture_output=True, check=True).stdout
    for each in json.loads(out):
        if {f"sv={saveset}", "listing"} <= set(each["tags"]):
            words = ["restic", "forget", each["id"]]
            subprocess.run(words, env=environment, capture_output=True, check=True)


def names(directory: Path) -> set[str]:
    return {str(path) for path in directory.rglob("*") if path.is_file()}
