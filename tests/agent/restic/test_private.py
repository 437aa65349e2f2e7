"""What no repository ever holds, whatever is backed up to it."""

import os

from tests.agent.restic.site import ResticSite
from tests.agent.tar.site import LOCATION_ID
from tests.contract.restic_rig import made_engine


def test_keys_of_media_pools_are_never_saved(site: ResticSite) -> None:
    """Whoever opens the repository would have what opens all other savesets."""
    keys = site.source / "ini/pools"
    keys.mkdir(parents=True)
    for name in ("ini/pools/key.json", "ini/other"):
        (site.source / name).write_text(name)
    site.engine = made_engine(site.root, LOCATION_ID, private_dirs=(keys,))
    site.back_up()
    target = site.root / "back"
    site.restore(target)
    restored = {path.name for path in target.rglob("*") if path.is_file()}
    assert restored == {"other"}
    page = site.engine.entries(site.chain[0], os.fsencode(keys.parent), None, 100)
    assert {os.path.basename(entry.path) for entry in page.entries} == {b"other"}
