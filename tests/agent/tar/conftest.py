"""What every test of the tar engine has, and what none may leave behind."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.tar.site import IS_ROOT, NOBODY, Site, unprivileged


@pytest.fixture(autouse=True)
def no_descriptor_or_child_left() -> Iterator[None]:
    """Fails a test that leaves a file open or a child process, dead or alive."""
    before, children_before = _descriptors(), _children()
    yield
    left = {target for number, target in _descriptors().items() if number not in before}
    assert not left, f"descriptors left open: {left}"
    children = _children() - children_before
    assert not children, f"children left: {children}"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.below(tmp_path)


@pytest.fixture
def open_site() -> Iterator[Site]:
    """A site that an unprivileged user can reach and owns."""
    root = Path(tempfile.mkdtemp(prefix="sesam-test-"))
    try:
        if IS_ROOT:
            os.chown(root, NOBODY, NOBODY)
        with unprivileged():
            site = Site.below(root)
        yield site
    finally:
        shutil.rmtree(root)


def _descriptors() -> dict[str, str]:
    found: dict[str, str] = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            continue  # that of the listing itself
    return found


def _children() -> set[str]:
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found |= set((task / "children").read_text().split())
        except FileNotFoundError:
            continue  # a thread of the runner that has ended
    return found
