"""Archive bits: as Samba keeps them, told to it and by it, and as Windows does."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from server_agent.adapters.archive_bits import dos_attributes
from server_agent.adapters.archive_bits.dos_attributes import NotKnown
from server_agent.adapters.archive_bits.samba import ATTRIBUTE, SambaBits
from server_agent.adapters.archive_bits.windows import WindowsBits

SECONDS = 20.0  # only a test that fails waits so long

# What Samba writes for a hidden file with its archive bit, 0x22, of each version that there was.
VALUES = {
    "3.0 to 3.4": "30783232",
    "with its NUL": "3078323200",
    "1": "00000100010000002200000007000000630000000000000000000000000000008877665544332211"
    "0000000000000000",
    "2": "0000020002000000010000002200000007000000630000000000000000000000000000008877665544332211"
    "000000000000000000000000000000006e00",
    "3": "00000300030000001100000022000000070000006300000000000000000000000000000088776655443322"
    "110000000000000000",
    "3 with its text": "30783232000003000300000011000000220000000700000063000000000000000000000000"
    "00000088776655443322110000000000000000",
    "4": "0000040004000000110000002200000000000000000000008877665544332211",
    "5": "000005000500000011000000220000008877665544332211",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_the_bit_in_values_of_each_version(value: str) -> None:
    before = bytes.fromhex(value)
    known = dos_attributes.read(before)
    assert known.is_archived
    after = known.without_archive()
    assert not dos_attributes.read(after).is_archived
    assert len(after) == len(before)
    expected = value.replace("22000000", "02000000").replace("30783232", "30783032")
    assert after.hex() == expected
    assert dos_attributes.read(after).without_archive() == after


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"22", b"02"),
        (b"22\0", b"02\0"),
        (b"20", b"00"),
        (b"0X22\0", b"0X02\0"),
        (b"0x2\0" + bytes.fromhex("050005001100000022080000" + "00" * 8), None),
    ],
)
def test_a_text_stays_as_long_as_it_was(value: bytes, expected: bytes | None) -> None:
    """What is behind it has its place by the length of the text."""
    after = dos_attributes.read(value).without_archive()
    assert len(after) == len(value)
    assert not dos_attributes.read(after).is_archived
    assert expected is None or after == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00",
        "0000",
        "00000500",
        "0000050005000000110000",
        "000005000600000011000000220000008877665544332211",
        "000006000600000011000000220000008877665544332211",
        "000005000500000010000000220000008877665544332211",
        "78797a",
        "3078",
        "ff",
    ],
)
def test_what_is_of_no_known_kind(value: str) -> None:
    with pytest.raises(NotKnown):
        dos_attributes.read(bytes.fromhex(value))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("content")
    try:
        os.setxattr(path, "user.test", b"x")
    except OSError:
        pytest.skip("the file system of the tests has no extended attributes")
    return path


def test_a_file_without_attributes_has_no_bit(file: Path) -> None:
    bits = SambaBits()
    assert not bits.is_set(os.fsencode(file))
    bits.clear(os.fsencode(file))
    assert ATTRIBUTE.decode() not in os.listxattr(file)


def test_attributes_of_no_known_kind_count_as_set_and_stay(file: Path) -> None:
    os.setxattr(file, ATTRIBUTE, b"of a version to come")
    bits = SambaBits()
    assert bits.is_set(os.fsencode(file))
    with pytest.raises(OSError, match="cannot be understood"):
        bits.clear(os.fsencode(file))
    assert os.getxattr(file, ATTRIBUTE) == b"of a version to come"


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    for call in (SambaBits().is_set, SambaBits().clear):
        with pytest.raises(FileNotFoundError):
            call(os.fsencode(tmp_path / "gone"))


# --- Samba itself ---


@dataclass
class Share:
    """A directory that a real Samba serves."""

    root: Path
    port: int

    @property
    def files(self) -> Path:
        return self.root / "files"

    def client(self, commands: str) -> str:
        """What `smbclient` answers."""
        done = subprocess.run(
            [
                *("smbclient", "//127.0.0.1/files", "-p", str(self.port), "-N"),
                *("-s", str(self.root / "smb.conf"), "-c", commands),
            ],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def attributes(self, name: str) -> str:
        """As Samba tells them, such as "HA (22)"."""
        told = self.client(f"allinfo {name}")
        [line] = [line for line in told.splitlines() if line.startswith("attributes: ")]
        return line.removeprefix("attributes: ")


@pytest.fixture
def share(tmp_path: Path, file: Path) -> Iterator[Share]:
    """`file` is there for its look at extended attributes."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    # Samba refuses paths of sockets that are long, as those of tests are.
    own = tempfile.mkdtemp(prefix="smb-")
    (tmp_path / "files").mkdir()
    places = "".join(
        f"{place} = {own}\n"
        for place in (
            *("private dir", "lock directory", "state directory", "cache directory"),
            *("pid directory", "ncalrpc dir"),
        )
    )
    (tmp_path / "smb.conf").write_text(
        "[global]\nserver role = standalone server\ninterfaces = 127.0.0.1\n"
        f"bind interfaces only = yes\nsmb ports = {port}\ndisable netbios = yes\n{places}"
        "log file = /dev/null\nmap to guest = Bad User\nguest account = root\n"
        "load printers = no\n"
        f"[files]\npath = {tmp_path / 'files'}\nguest ok = yes\nread only = no\n"
    )
    command = ["smbd", "--foreground", "--no-process-group", "-s", str(tmp_path / "smb.conf")]
    # It ends the whole of its process group.
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_for(port)
        yield Share(tmp_path, port)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(SECONDS)
        shutil.rmtree(own)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "smbd does not answer"
        else:
            return


@pytest.mark.skipif(os.geteuid() != 0, reason="smbd needs root")
def test_samba_and_the_agent_understand_each_other(share: Share) -> None:
    bits = SambaBits()
    (share.root / "local.txt").write_text("content")
    share.client("put local.txt written.txt; put local.txt hidden.txt; setmode hidden.txt +h")
    written, hidden = (os.fsencode(share.files / f"{name}.txt") for name in ("written", "hidden"))
    assert bits.is_set(written)
    assert bits.is_set(hidden)
    share.client("setmode written.txt -a")
    assert not bits.is_set(written)
    share.client("setmode written.txt +a")
    assert bits.is_set(written)

    assert share.attributes("hidden.txt") == "HA (22)"
    bits.clear(hidden)
    assert share.attributes("hidden.txt") == "H (2)"
    assert not bits.is_set(hidden)
    bits.clear(written)
    assert "A" not in share.attributes("written.txt").partition("(")[0]
    share.client("put local.txt written.txt")
    assert bits.is_set(written)


# --- Windows ---


@dataclass
class Kernel:
    """What of kernel32.dll is needed, with files in memory."""

    files: dict[str, int] = field(default_factory=dict)
    is_read_only: bool = False

    def GetFileAttributesW(self, path: str) -> int:
        return self.files.get(path, -1)  # a DWORD of ones, as ctypes hands it out

    def SetFileAttributesW(self, path: str, attributes: int) -> int:
        if self.is_read_only:
            return 0
        self.files[path] = attributes
        return 1


@pytest.mark.parametrize(
    ("before", "is_set", "after"),
    [(0x20, True, 0x80), (0x22, True, 0x02), (0x80, False, 0x80), (0x02, False, 0x02)],
)
def test_the_bit_as_windows_keeps_it(before: int, is_set: bool, after: int) -> None:
    kernel = Kernel({r"C:\data\a": before})
    bits = WindowsBits(kernel)
    assert bits.is_set(rb"C:\data\a") is is_set
    bits.clear(rb"C:\data\a")
    assert kernel.files == {r"C:\data\a": after}


def test_what_windows_refuses() -> None:
    kernel = Kernel({r"C:\a": 0x20}, is_read_only=True)
    bits = WindowsBits(kernel)
    calls: list[Callable[[], object]] = [
        lambda: bits.is_set(rb"C:\gone"),
        lambda: bits.clear(rb"C:\gone"),
        lambda: bits.clear(rb"C:\a"),
    ]
    for call in calls:
        with pytest.raises(OSError, match="Windows error"):
            call()
    assert kernel.files == {r"C:\a": 0x20}
