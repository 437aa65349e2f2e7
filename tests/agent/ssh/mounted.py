"""A process with mounts of its own that restores to a client over SSH, for tests.

`python -m tests.agent.ssh.mounted ROOT SIZE` saves what is below ROOT/source and restores it to
ROOT/target, where `volume` is a file system of its own with so many bytes; tells what came of it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from server_agent.ports import EngineError
from tests.agent.ssh.client_site import ClientSite, staged
from tests.agent.ssh.server import SshServer
from tests.agent.tar.site import at
from tests.agent.tar.trees import differences, picture


def restore_over_a_mount(root: Path, size: str) -> dict[str, object]:
    server = SshServer(root / "server")
    try:
        site = ClientSite.at(root / "site", server.client)
        (root / "source").rename(site.source)
        before = picture(site.source)
        site.back_up()
        target = root / "target"
        volume = at(target, site.source) / "volume"
        volume.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(volume)]
        subprocess.run(mount, check=True)
        (volume / "file").write_text("the old one")
        code = ""
        try:
            site.restore(target)
        except EngineError as error:
            code = error.code
        after = picture(at(target, site.source))
        return {
            "code": code,
            "differences": differences(before, after),
            "file": (volume / "file").read_bytes()[:11].decode(),
            "staged": [str(path) for path in staged(target)],
            "is_mounted": os.path.ismount(volume),
        }
    finally:
        server.stop()


if __name__ == "__main__":
    json.dump(restore_over_a_mount(Path(sys.argv[1]), sys.argv[2]), sys.stdout)
