"""Pieces of saved files, read through the seek table."""

import os
from pathlib import Path

import pytest

from server_agent.adapters.tar.member import sparse_map
from server_agent.ports import EngineError
from tests.agent.tar.site import Site
from tests.agent.tar.test_encryption import SealedSite
from tests.fakes.engine import FakeControl

MIB = 1 << 20


def read(site: Site, path: Path, first: int = 0, most: int = 100 * MIB) -> bytes:
    pieces = site.engine.read_entry(site.chain, os.fsencode(path), first, most, FakeControl())
    return b"".join(piece.data for piece in pieces)


def test_a_file_of_many_frames(site: Site) -> None:
    content = os.urandom(7 * MIB)
    path = site.source / "big"
    path.write_bytes(content)
    (site.source / "before").write_bytes(os.urandom(3 * MIB))
    site.back_up()
    assert read(site, path) == content
    assert read(site, path, 2 * MIB - 5, 10) == content[2 * MIB - 5 : 2 * MIB + 5]
    assert read(site, path, 6 * MIB, 5 * MIB) == content[6 * MIB :]


def test_a_sparse_file_has_its_holes(site: Site) -> None:
    path = site.source / "sparse"
    with path.open("wb") as file:
        file.truncate(20 * MIB)
        for at in (0, 3 * MIB, 11 * MIB):
            file.seek(at)
            file.write(b"data" * 2000)
    content = path.read_bytes()
    site.back_up()
    assert read(site, path) == content
    for first, most in (
        (0, 10),
        (7990, 20),
        (3 * MIB - 5, 10),
        (19 * MIB, MIB),
        (5 * MIB, 7 * MIB),
    ):
        assert read(site, path, first, most) == content[first : first + most]


def test_a_file_that_is_all_hole(site: Site) -> None:
    path = site.source / "hole"
    with path.open("wb") as file:
        file.truncate(3 * MIB)
    site.back_up()
    assert read(site, path) == bytes(3 * MIB)


def test_every_name_of_a_file_has_its_data(site: Site) -> None:
    content = os.urandom(100_000)
    (site.source / "a").write_bytes(content)
    os.link(site.source / "a", site.source / "b")
    site.back_up()
    assert read(site, site.source / "a") == read(site, site.source / "b") == content


def test_odd_names(site: Site) -> None:
    for name in ("line\nbreak", "caf\udce9", "back\\slash", "x" * 255):
        (site.source / name).write_bytes(os.fsencode(name))
        site.chain.clear()
    site.back_up()
    for path in site.source.iterdir():
        assert read(site, path) == os.fsencode(path.name)


def test_what_is_beside_damage_is_read(site: Site) -> None:
    (site.source / "a").write_bytes(os.urandom(5 * MIB))
    (site.source / "b").write_bytes(b"whole")
    site.back_up()
    data = site.root / "store" / site.chain[0].label / site.chain[0].name
    content = bytearray(data.read_bytes())
    content[1000] ^= 1
    data.chmod(0o600)
    data.write_bytes(content)
    assert read(site, site.source / "b") == b"whole"
    with pytest.raises(EngineError) as failure:
        read(site, site.source / "a")
    assert failure.value.code == "SAVESET_DAMAGED"


def test_the_map_of_a_sparse_file() -> None:
    text = b"2\n0\n512\n2048\n512\n".ljust(512, b"\0")
    pieces = iter([text[:3], text[3:9], text[9:]])
    assert sparse_map(pieces) == (512, [(0, 512), (2048, 512)])
    with pytest.raises(ValueError, match="too early"):
        sparse_map(iter([b"2\n0\n"]))


def test_an_encrypted_saveset(tmp_path: Path) -> None:
    sealed = SealedSite(tmp_path)
    content = os.urandom(5 * MIB)
    path = sealed.source / "secret"
    path.write_bytes(content)
    sealed.back_up()
    assert read(sealed, path) == content
    assert read(sealed, path, 3 * MIB, 10) == content[3 * MIB : 3 * MIB + 10]
    sealed.lose_key()
    with pytest.raises(EngineError) as failure:
        read(sealed, path)
    assert failure.value.code != "SAVESET_DAMAGED"
