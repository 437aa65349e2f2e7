"""A changer behind mtx, by output in the form that mtx documents."""

from collections.abc import Sequence

import pytest

from server_agent.adapters.loader.mtx import MtxLoader, parsed, run_program
from server_agent.ports.loader import LoaderDrive, LoaderError, Slot

SMALL = """\
  Storage Changer /dev/sg3:2 Drives, 6 Slots ( 2 Import/Export )
Data Transfer Element 0:Full (Storage Element 3 Loaded):VolumeTag = WEEK00003   \n\
Data Transfer Element 1:Empty
      Storage Element 1:Full :VolumeTag=WEEK00001   \n\
      Storage Element 2:Full :VolumeTag=WEEK00002:AlternateVolumeTag=BACK2
      Storage Element 3:Empty
      Storage Element 4:Full
      Storage Element 5 IMPORT/EXPORT:Full :VolumeTag=YEAR00001
      Storage Element 6 IMPORT/EXPORT:Empty
"""
PLAIN = """\
  Storage Changer /dev/sch0:1 Drives, 2 Slots ( 0 Import/Export )
Data Transfer Element 0:Full (Unknown Storage Element Loaded)
      Storage Element 1:Empty:VolumeTag=
      Storage Element 2:Full
"""


def test_what_is_where_is_read() -> None:
    found = parsed(SMALL, "/dev/sg3")
    assert found.drives == (LoaderDrive(0, "WEEK00003", True, 3), LoaderDrive(1))
    assert found.slots == (
        Slot(1, "WEEK00001", True),
        Slot(2, "WEEK00002", True),
        Slot(3),
        Slot(4, "", True),
        Slot(5, "YEAR00001", True, True),
        Slot(6, is_import_export=True),
    )
    assert found.slot_of("YEAR00001") == Slot(5, "YEAR00001", True, True)
    assert found.slot_of("WEEK00003") is None
    assert found.free_slot(3) == found.free_slot(6) == found.free_slot() == Slot(3)


def test_a_changer_without_a_reader_of_barcodes() -> None:
    found = parsed(PLAIN, "/dev/sch0")
    assert found.drives == (LoaderDrive(0, "", True, None),)
    assert found.slots == (Slot(1), Slot(2, "", True))


@pytest.mark.parametrize(
    "text",
    ["", "mtx: inquiry failed\n", SMALL.replace("6 Slots", "7 Slots"), SMALL.partition("\n")[2]],
)
def test_what_is_not_whole_is_no_inventory(text: str) -> None:
    with pytest.raises(LoaderError, match="cannot be read"):
        parsed(text, "/dev/sg3")


def test_programs_get_what_they_expect() -> None:
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> tuple[int, str, str]:
        asked.append(tuple(command))
        return 0, SMALL if command[-1] == "status" else "", ""

    loader = MtxLoader("/dev/sg3", ("/dev/nst0",), run)
    assert len(loader.inventory().slots) == 6
    loader.load(1, 1)
    loader.unload(0, 3)
    loader.unload(1, 1)
    assert asked == [
        ("mtx", "-f", "/dev/sg3", "status"),
        ("mtx", "-f", "/dev/sg3", "load", "1", "1"),
        ("mt", "-f", "/dev/nst0", "offline"),
        ("mtx", "-f", "/dev/sg3", "unload", "3", "0"),
        ("mtx", "-f", "/dev/sg3", "unload", "1", "1"),
    ]


def test_a_refusal_says_why() -> None:
    said = (
        "Loading media from Storage Element 3 into drive 0...\nsource Element Address 3 is Empty\n"
    )
    loader = MtxLoader("/dev/sg3", run=lambda _: (1, "", said))
    with pytest.raises(LoaderError, match="load 3 0 failed: source Element Address 3 is Empty"):
        loader.load(3, 0)
    silent = MtxLoader("/dev/sg3", run=lambda _: (2, "", ""))
    with pytest.raises(LoaderError, match="status 2"):
        silent.inventory()


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(LoaderError, match="no program no-such-mtx"):
        run_program(("no-such-mtx", "-f", "/dev/sg3"))
    assert run_program(("sh", "-c", "echo out; echo err >&2; exit 3")) == (3, "out\n", "err\n")
