"""What every test of the restic engine has, and what none may leave behind."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.restic.site import ResticSite
from tests.agent.tar.conftest import no_descriptor_or_child_left
from tests.agent.tar.site import IS_ROOT, NOBODY

__all__ = ["no_descriptor_or_child_left", "site"]


@pytest.fixture
def site(tmp_path: Path) -> ResticSite:
    return ResticSite.below(tmp_path)


@pytest.fixture
def open_site() -> Iterator[ResticSite]:
    """A site that an unprivileged user can reach and owns."""
    root = Path(tempfile.mkdtemp(prefix="sesam-test-"))
    try:
        site = ResticSite.below(root)
        if IS_ROOT:
            for path in (root, *root.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        yield site
    finally:
        shutil.rmtree(root)
