"""Installations whose static and variable trees lie apart, and several on one machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.setup import make_installation
from server_agent.adapters.trees import Trees
from server_agent.ini_files import InstallationError
from server_agent.installation import find_installation
from tests.agent.installations import NOW, make, tree


def apart(tmp_path: Path) -> Trees:
    return Trees(tmp_path / "etc/sesam2000.ini", tmp_path / "opt/sesam", tmp_path / "var/sesam")


def test_both_trees_may_lie_apart(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/hosts").write_text("of somebody else")
    trees = apart(tmp_path)
    made = make_installation(trees, "north", "127.0.0.1", 0, NOW)
    assert find_installation(None, {"SESAM2000_INI": str(trees.anchor)}) == made
    assert (made.gv_ro, made.gv_rw) == (trees.static, trees.variable)
    assert made.store == trees.variable / "store/DISK00001"
    assert {path.name for path in trees.static.iterdir()} == {"bin", "skel"}
    assert {path.name for path in trees.variable.iterdir()} == {"var", "store"}
    assert {path.name for path in trees.anchor.parent.iterdir()} == {"hosts", "sesam2000.ini"}


def test_several_on_one_machine_do_not_touch_each_other(tmp_path: Path) -> None:
    first = make_installation(apart(tmp_path), "first", "127.0.0.1", 0, NOW)
    before = tree(tmp_path)
    second = make(tmp_path / "second")
    assert second.location_id != first.location_id
    after = {name: content for name, content in tree(tmp_path).items() if name in before}
    assert after == before
    for anchor in (tmp_path / "etc/sesam2000.ini", tmp_path / "etc/other.ini"):
        trees = replace(apart(tmp_path), anchor=anchor)
        with pytest.raises(InstallationError, match=r"Nothing was changed"):
            make_installation(trees, "third", "127.0.0.1", 0, NOW)
    after = {name: content for name, content in tree(tmp_path).items() if name in before}
    assert after == before


def test_nothing_is_left_of_trees_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    trees = replace(apart(tmp_path), variable=tmp_path / "file/var")
    with pytest.raises(InstallationError, match=r"file/var.*Not a directory"):
        make_installation(trees, "north", "127.0.0.1", 0, NOW)
    assert not (tmp_path / "opt/sesam").exists()
