"""What a loader may be."""

from dataclasses import replace

import pytest

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.loaders import Loader, LoaderKind, checked_loader

CHANGER = Loader("Changer", LoaderKind.MTX, b"/dev/sg3", ("A", "B"))


@pytest.mark.parametrize(
    "tapes",
    [(), ("/dev/nst0",), ("", "/dev/nst1"), ("/dev/tape/by-id/scsi-3500-nst", "/dev/nst0")],
)
def test_the_tape_devices_of_a_changer(tapes: tuple[str, ...]) -> None:
    item = replace(CHANGER, tape_devices=tapes)
    assert checked_loader(item) is item


@pytest.mark.parametrize(
    ("kind", "tapes", "expected"),
    [
        (LoaderKind.VIRTUAL, ("/dev/nst0",), "none: drives of a virtual loader are directories"),
        (LoaderKind.MTX, ("/dev/nst0", "", "/dev/nst2"), "at most one for each of its 2 drives"),
        (LoaderKind.MTX, ("/dev/nst0", "/dev/nst0"), "each drive's own device"),
        (LoaderKind.MTX, ("nst0",), "devices that do not rewind"),
        (LoaderKind.MTX, ("-f /dev/nst0",), "devices that do not rewind"),
        (LoaderKind.MTX, ("/dev/../etc/passwd",), "devices that do not rewind"),
        (LoaderKind.MTX, ("/dev/x/..",), "devices that do not rewind"),
        (LoaderKind.MTX, ("/dev/nst0\n",), "devices that do not rewind"),
        (LoaderKind.MTX, ("/tmp/nst0",), "devices that do not rewind"),
    ],
)
def test_what_is_no_tape_device(kind: LoaderKind, tapes: tuple[str, ...], expected: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_loader(replace(CHANGER, kind=kind, tape_devices=tapes))
    assert refused.value.metadata["field"] == "tape_devices"
    assert expected in refused.value.metadata["expected"]
