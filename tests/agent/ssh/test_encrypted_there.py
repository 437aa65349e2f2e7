"""Encrypted savesets of a client over SSH: the key never leaves the agent's machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.key_files import KeyFiles
from server_agent.adapters.tar.engine import TarEngine
from server_agent.ports import CommandSource, EngineError, SavesetRef
from tests.agent.ssh.client_site import ClientSite
from tests.agent.tar.site import DAY, LABEL, LOCATION_ID, at
from tests.agent.tar.test_fidelity import make_special_tree
from tests.agent.tar.trees import differences, picture


def test_the_fidelity_tree_and_the_output_of_a_command(site: ClientSite, tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "secrets", tmp_path / "escrow")
    key = keys.make("POOL")
    places = tmp_path / "store", tmp_path / "lis", tmp_path / "tmp"
    site.engine = TarEngine(*places, LOCATION_ID, threads=2, keys=keys)
    site.commands = (CommandSource("dump", (b"echo", b"nobody may know")),)
    make_special_tree(site.source)
    for text in ("of the FULL", "of the INC"):
        (site.source / "later").write_text(text)
        request = replace(site.request(), key_id=key.id)
        site.run(request)
        base = site.chain[0].name if site.chain else None
        site.chain.insert(0, SavesetRef(request.saveset, LABEL, DAY, base))
    for file in (tmp_path / "store" / LABEL).iterdir():
        assert b"nobody may know" not in file.read_bytes()
    target = tmp_path / "restored"
    assert site.restore(target).skipped == 0
    assert differences(picture(site.source), picture(at(target, site.source))) == []
    assert (target / ".commands/dump").read_bytes() == b"nobody may know\n"
    keys.path(key.id).unlink()
    with pytest.raises(EngineError, match=key.id) as caught:
        site.restore(tmp_path / "other")
    assert caught.value.code == "KEY_MISSING"
    assert not (tmp_path / "other").exists()
