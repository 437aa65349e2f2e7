"""A SCSI media changer, moved by the program `mtx`; drives are emptied by `mt` before.

Slots are counted from 1 on and drives from 0 on, as mtx does. See mtx(1), mt(1).
"""

import re
import subprocess
import threading
from collections.abc import Callable, Sequence
from operator import attrgetter

from server_agent.domain.quoting import printable, shortened
from server_agent.ports.loader import Inventory, LoaderDrive, LoaderError, Slot

SECONDS = 600.0  # a robot that has to fetch a cartridge from another frame takes minutes

_HEAD = re.compile(r"\s*Storage Changer .+?:\s*(\d+) Drives, (\d+) Slots\b.*")
_ELEMENT = re.compile(
    r"\s*(?P<kind>Data Transfer|Storage) Element (?P<number>\d+)(?P<io> IMPORT/EXPORT)?\s*:\s*"
    r"(?P<state>Full|Empty)(?:\s*\((?P<origin>[^)]*)\))?\s*(?P<tags>:.*)?"
)
_ORIGIN = re.compile(r"Storage Element (\d+) Loaded")
_TAG = re.compile(r":\s*VolumeTag\s*=\s*([^:]*)")

# Runs a program: its exit status, and what it wrote to its output and to its error output.
Run = Callable[[Sequence[str]], tuple[int, str, str]]


class MtxLoader:
    """The `Loader` port over `mtx -f DEVICE`.

    Args:
        device: of the changer, such as /dev/sch0 or /dev/sg3.
        tape_devices: those of the drives by number, such as /dev/nst0; "" or none for drives that
            let their medium go by themselves.
        run: runs the programs.
        lock: held by whatever moves or looks.
    """

    def __init__(
        self,
        device: str,
        tape_devices: Sequence[str] = (),
        run: Run | None = None,
        lock: "threading.Lock | None" = None,
    ) -> None:
        self._device = device
        self._tape_devices = tuple(tape_devices)
        self._run = run or run_program
        self._lock = lock or threading.Lock()

    def inventory(self) -> Inventory:
        with self._lock:
            return parsed(self._mtx("status"), self._device)

    def load(self, slot: int, drive: int) -> None:
        with self._lock:
            self._mtx("load", str(slot), str(drive))

    def unload(self, drive: int, slot: int) -> None:
        with self._lock:
            tape = self._tape_devices[drive] if drive < len(self._tape_devices) else ""
            if tape:
                self._said(("mt", "-f", tape, "offline"))
            self._mtx("unload", str(slot), str(drive))

    def _mtx(self, *arguments: str) -> str:
        return self._said(("mtx", "-f", self._device, *arguments))

    def _said(self, command: Sequence[str]) -> str:
        """What a program has written. Raises LoaderError."""
        status, output, errors = self._run(command)
        if status:
            lines = [line for line in (errors or output).splitlines() if line.strip()]
            why = shortened(printable(lines[-1].strip().encode())) if lines else f"status {status}"
            raise LoaderError(f"{' '.join(command)} failed: {why}")
        return output


def parsed(text: str, device: str) -> Inventory:
    """What `mtx status` has written. Raises LoaderError: it is not that, or not whole."""
    head: re.Match[str] | None = None
    slots: list[Slot] = []
    drives: list[LoaderDrive] = []
    for line in text.splitlines():
        if (found := _HEAD.fullmatch(line)) is not None:
            head = found
        elif (found := _ELEMENT.fullmatch(line)) is not None:
            number, is_full = int(found["number"]), found["state"] == "Full"
            tag = _TAG.match(found["tags"] or "")
            barcode = tag[1].strip() if tag is not None and is_full else ""
            if found["kind"] == "Storage":
                slots.append(Slot(number, barcode, is_full, found["io"] is not None))
                continue
            origin = _ORIGIN.fullmatch(found["origin"] or "")
            drives.append(
                LoaderDrive(
                    number, barcode, is_full, int(origin[1]) if origin is not None else None
                )
            )
    if head is None or (len(drives), len(slots)) != (int(head[1]), int(head[2])):
        told = f"{len(drives)} drives and {len(slots)} slots"
        promised = f", {head[1]} and {head[2]} were promised" if head is not None else ""
        raise LoaderError(f"What mtx says of {device} cannot be read: {told}{promised}")
    by_number = attrgetter("number")
    return Inventory(tuple(sorted(slots, key=by_number)), tuple(sorted(drives, key=by_number)))


def run_program(command: Sequence[str]) -> tuple[int, str, str]:
    """Without a shell and with an environment of its own. Raises LoaderError: it cannot be run, or
    does not end."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={
                "LC_ALL": "C",
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            },
        )
    except FileNotFoundError:
        raise LoaderError(f"There is no program {command[0]}: install the package mtx") from None
    except OSError as error:
        raise LoaderError(f"{command[0]} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise LoaderError(f"{' '.join(command)} did not end within {SECONDS:g} s") from None
    output, errors = (said.decode("utf-8", "replace") for said in (done.stdout, done.stderr))
    return done.returncode, output, errors
