"""What a newer agent sends is not passed off as something that this desk knows."""

import pytest

from sesam_api.v1 import jobs_pb2, savesets_pb2
from sesam_master.core.records import BackupType, Level
from sesam_master.remote import convert, convert_savesets

NEWER = 99


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (jobs_pb2.BACKUP_TYPE_FULL, BackupType.FULL),
        (jobs_pb2.BACKUP_TYPE_INC, BackupType.INC),
        (jobs_pb2.BACKUP_TYPE_UNSPECIFIED, None),
        (NEWER, None),
    ],
)
def test_a_saveset_of_an_unknown_type_is_no_full_one(
    number: jobs_pb2.BackupType.ValueType, expected: BackupType | None
) -> None:
    assert convert_savesets.saveset("a", savesets_pb2.Saveset(type=number)).type is expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (jobs_pb2.LEVEL_INFO, Level.INFO),
        (jobs_pb2.LEVEL_WARNING, Level.WARNING),
        (jobs_pb2.LEVEL_ERROR, Level.ERROR),
        (NEWER, Level.WARNING),
    ],
)
def test_a_line_of_an_unknown_level_stands_out(
    number: jobs_pb2.Level.ValueType, expected: Level
) -> None:
    assert convert.protocol_line(jobs_pb2.ProtocolLine(level=number)).level is expected
