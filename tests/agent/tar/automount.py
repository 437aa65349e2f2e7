"""Mounts an autofs in a directory, and a tmpfs in it for each name that somebody comes to, until
its standard input ends: `python automount.py DIRECTORY`. It writes a line when it is ready.

See Documentation/filesystems/autofs.rst of Linux.
"""

import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys

_PACKET = struct.Struct("=iiIIQIIIII")  # autofs_v5_packet up to the name
_PACKET_BYTES = 304
_MISSING = 3  # autofs_ptype_missing_indirect
_READY, _FAIL = 0x9360, 0x9361  # AUTOFS_IOC_READY, AUTOFS_IOC_FAIL


def main(directory: str) -> None:
    os.setpgid(0, 0)
    reading, writing = os.pipe()
    options = f"fd={writing},pgrp={os.getpgrp()},minproto=5,maxproto=5,indirect"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"auto", os.fsencode(directory), b"autofs", 0, options.encode()) < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    control = os.open(directory, os.O_RDONLY)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while sys.stdin.fileno() not in (readable := select.select([reading, 0], [], [])[0]):
        assert readable == [reading]
        packet = os.read(reading, _PACKET_BYTES)
        _, kind, token, *_, length = _PACKET.unpack_from(packet)
        status = 1
        if kind == _MISSING:
            place = os.path.join(directory, os.fsdecode(packet[_PACKET.size :][:length]))
            os.makedirs(place, exist_ok=True)
            status = subprocess.run(["mount", "-t", "tmpfs", "none", place], check=False).returncode
        fcntl.ioctl(control, _FAIL if status else _READY, token)
    os.close(control)
    subprocess.run(["umount", "--lazy", "--recursive", directory], check=False)


if __name__ == "__main__":
    main(sys.argv[1])
