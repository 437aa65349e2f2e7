"""The restic engine for the contract suites, with a repository on this machine."""

import base64
import json
import os
import shutil
import subprocess
from functools import cache
from hashlib import scrypt, sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB
from cryptography.hazmat.primitives.poly1305 import Poly1305

from server_agent.adapters.restic.engine import ResticEngine
from server_agent.domain.jobs import Phase, Progress
from server_agent.domain.task_options import TimeReference
from server_agent.ports import SavesetRef
from tests.contract.engine_rig import LABEL, LOCATION_ID, TarRig, full
from tests.fakes.engine import FakeControl

STORE_NAME = "Vault"
CHEAPEST = 2  # of the costs that scrypt knows, its N


class ResticRig(TarRig):
    """Like that of tar, but every saveset is complete by itself."""

    is_chained = False
    away_code = "CLIENT_UNFIT"  # whether it is there or not

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        shutil.rmtree(root / "store")
        for name in ("store", "secrets"):
            shutil.copytree(template(LABEL, LOCATION_ID) / name, root / name)
        self.engine = made_engine(root, LOCATION_ID)
        self.references = frozenset({TimeReference.DATABASE})

    def kept(self) -> set[str]:
        own = {path.name.partition(".")[0] for path in (self.root / "lis").rglob("S*@*")}
        return own | {name for _, name in self.snapshots()}

    def interrupt(self, saveset: SavesetRef) -> None:
        events = self.engine.backup(full(self, saveset.name), FakeControl())
        for event in events:
            if isinstance(event, Progress) and event.phase is Phase.COMMIT:
                break
        places = *(self._medium / "snapshots").iterdir(), *(self.root / "lis").rglob("S*@*")
        copies = {path: path.read_bytes() for path in places if path.is_file()}
        assert len(copies) >= 3
        events.close()  # type: ignore[attr-defined]
        for path, content in copies.items():
            if not path.exists():
                path.write_bytes(content)

    def damage(self, saveset: SavesetRef, part: str) -> None:
        if part == "listing":
            super().damage(saveset, part)
            return
        for path in (self._medium / "data").rglob("*"):
            if path.is_file():
                content = bytearray(path.read_bytes())
                content[10:30] = bytes(20)
                path.chmod(0o600)
                path.write_bytes(content)

    def lose(self, saveset: SavesetRef) -> None:
        for snapshot, name in self.snapshots():
            if name == saveset.name:
                (self._medium / "snapshots" / snapshot).unlink()
        super().lose(saveset)

    def snapshots(self, medium: Path | None = None, key: str = "restic") -> list[tuple[str, str]]:
        """Id and saveset of each, as restic itself tells them."""
        environment = {
            "RESTIC_REPOSITORY": str(medium or self._medium),
            "RESTIC_PASSWORD_FILE": str(self.root / f"secrets/{key}.key"),
            "RESTIC_CACHE_DIR": str(self.root / "tmp/restic"),
            "PATH": os.environ["PATH"],
        }
        words = ["restic", "snapshots", "--json", "--no-lock"]
        out = subprocess.run(words, env=environment, capture_output=True, check=True).stdout
        found = json.loads(out) or []
        return [(each["id"], each["tags"][0].removeprefix("sv=")) for each in found]

    @property
    def _medium(self) -> Path:
        return self.root / "store" / LABEL


def made_engine(root: Path, location_id: str, private_dirs: tuple[Path, ...] = ()) -> ResticEngine:
    """One whose store is in a directory; nothing is made yet."""
    return ResticEngine(
        [b"restic:" + os.fsencode(root / "store")],
        root / "lis",
        root / "tmp",
        root / "tmp/restic",
        root / "secrets",
        location_id,
        private_dirs,
    )


def template(label: str, location_id: str) -> Path:
    """A store with an empty medium; to make one takes restic longer than to copy one. It is gone
    with the process."""
    return Path(_made(label, location_id).name)


@cache
def _made(label: str, location_id: str) -> "TemporaryDirectory[str]":
    directory = TemporaryDirectory()
    engine = made_engine(Path(directory.name), location_id)
    store = b"restic:" + os.fsencode(Path(directory.name) / "store")
    engine.make_store(store, STORE_NAME)
    engine.make_medium(store, STORE_NAME, label)
    root = Path(directory.name)
    weaken(root / "store" / label, root / "secrets/restic.key")
    return directory


def weaken(medium: Path, password_file: Path) -> None:
    """Locks the key of the repository so that its password is cheap to try: restic spends half a
    second on each start otherwise. See restic's "References", section "Keys, Encryption and MAC".
    """
    password = password_file.read_bytes().strip()
    (path,) = (medium / "keys").iterdir()
    key = json.loads(path.read_bytes())
    if key["N"] == CHEAPEST:
        return
    salt, data = base64.b64decode(key["salt"]), base64.b64decode(key["data"])
    length = 64
    costly = scrypt(
        password, salt=salt, n=key["N"], r=key["r"], p=key["p"], dklen=length, maxmem=1 << 30
    )
    cheap = scrypt(password, salt=salt, n=CHEAPEST, r=1, p=1, dklen=length)
    iv, text, mac = data[:16], data[16:-16], data[-16:]
    assert _mac(costly, iv, text) == mac
    locked = _ctr(cheap, iv, _ctr(costly, iv, text))
    data = iv + locked + _mac(cheap, iv, locked)
    key |= {"N": CHEAPEST, "r": 1, "p": 1, "data": base64.b64encode(data).decode()}
    content = json.dumps(key).encode()
    path.with_name(sha256(content).hexdigest()).write_bytes(content)
    path.chmod(0o600)
    path.unlink()  # at last: at any time there is one that opens it


def _ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    cipher = Cipher(AES(key[:32]), CTR(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


def _mac(key: bytes, nonce: bytes, data: bytes) -> bytes:
    """Poly1305-AES: the key's second part is AES_K(nonce)."""
    mask = Cipher(AES(key[32:48]), ECB()).encryptor().update(nonce)
    return Poly1305.generate_tag(key[48:64] + mask, data)
