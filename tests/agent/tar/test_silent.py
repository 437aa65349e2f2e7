"""Data stores that do not answer are left alone."""

import os
from pathlib import Path

import pytest

from server_agent.adapters.tar.stores import STORE_FILE, make_store
from server_agent.domain.quoting import quoted
from server_agent.ports import SavesetRef
from tests.agent.tar.site import DAY, LABEL, LOCATION_ID, Site

NAME = "SF00000000000000009@abcdefghijk"


@pytest.fixture
def far(site: Site) -> Path:
    """A second data store, below what is saved. Whoever reads its label waits for ever."""
    far = site.source / "a [far] one"
    make_store(far, "Far", LOCATION_ID)
    medium = far / "FAR00001"
    medium.mkdir()
    (medium / f"{NAME}.part").write_bytes(b"half")
    for name in (far / STORE_FILE, medium / "sesam.label"):
        name.unlink(missing_ok=True)
        os.mkfifo(name)
    homes = {LABEL: os.fsencode(site.root / "store"), "FAR00001": os.fsencode(far)}
    site.engine.use_stores([os.fsencode(site.root / "store"), os.fsencode(far)], homes)
    return far


def test_nothing_of_one_is_saved_and_nobody_looks_there(site: Site, far: Path) -> None:
    (site.source / "file").write_bytes(b"content")
    site.engine.leave_alone([os.fsencode(far)])
    site.back_up()
    [listed] = site.engine.entries(site.chain[0], b"", None, 10).entries
    inside = site.engine.entries(site.chain[0], listed.path, None, 10).entries
    assert [entry.path for entry in inside] == [os.fsencode(site.source / "file")]
    said = f"{quoted(os.fsencode(far))} belongs to the agent's own work: it is not saved"
    assert said in [message.text for message in site.messages]


def test_a_recovery_leaves_what_lies_there(site: Site, far: Path) -> None:
    half = site.root / "store" / LABEL / f"{NAME}.part"
    half.write_bytes(b"half")
    lost = SavesetRef(NAME, LABEL, DAY, None)
    [found] = site.engine.recover([lost], frozenset(), [os.fsencode(far)])
    assert (found.result, half.exists()) == (None, False)
    assert (far / "FAR00001" / f"{NAME}.part").exists()
