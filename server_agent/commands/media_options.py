"""What `add` and `modify` have in common for media: the options, and the record they make."""

import argparse
import os
from dataclasses import replace

from server_agent.commands.parsing import given, text
from sesam_api.loader_records import Loader
from sesam_api.media_records import DataStore, MediaPool, Medium


def add_store_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--path",
        required=required,
        metavar="DIR",
        help="absolute path of its directory on the agent's machine",
    )
    parser.add_argument(
        "--mark",
        type=int,
        metavar="PERCENT",
        help="high-water mark: no backup begins when its file system is fuller; a new one has 95",
    )
    parser.add_argument(
        "--immutable",
        action=argparse.BooleanOptionalAction,
        help="its savesets are neither deleted nor changed before their EOL is over",
    )
    parser.add_argument(
        "--removable",
        action=argparse.BooleanOptionalAction,
        help="its media are put in by hand: jobs ask for those that are not there, and wait",
    )
    parser.add_argument("--comment", type=text, help="for people")


def store_of(arguments: argparse.Namespace, before: DataStore) -> DataStore:
    """The record with what is given."""
    path = None if arguments.path is None else os.fsencode(arguments.path)
    changes = given(
        path=path,
        high_water_mark=arguments.mark,
        comment=arguments.comment,
        immutable=arguments.immutable,
        removable=arguments.removable,
    )
    return replace(before, **changes)


def add_pool_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--drive-group", type=text, metavar="GROUP", help='its drives; of a new one "Drives"'
    )
    parser.add_argument(
        "--eol-days",
        type=int,
        metavar="N",
        help="each saveset is kept for so many sesam days behind its own; of a new one 31",
    )
    for option, what in (
        ("--keep-newest", "and of each task the newest N that can be restored; of a new one 1"),
        ("--weekly", "and of each task the newest of the last N weeks"),
        ("--monthly", "and the newest of the last N months"),
        ("--yearly", "and the newest of the last N years"),
    ):
        parser.add_argument(option, type=int, metavar="N", help=what)
    parser.add_argument(
        "--encrypted",
        action=argparse.BooleanOptionalAction,
        help="what is saved from now on is encrypted; export the key then, see sesam-agent key",
    )
    parser.add_argument(
        "--spare-pool",
        type=text,
        metavar="POOL",
        help='whose media are written to while its own cannot be; "" takes it away',
    )
    parser.add_argument("--comment", type=text, help="for people")


def pool_of(arguments: argparse.Namespace, before: MediaPool) -> MediaPool:
    """The record with what is given."""
    retention = given(
        eol_days=arguments.eol_days,
        keep_newest=arguments.keep_newest,
        weekly=arguments.weekly,
        monthly=arguments.monthly,
        yearly=arguments.yearly,
    )
    changes = given(
        drive_group=arguments.drive_group,
        comment=arguments.comment,
        encrypted=arguments.encrypted,
        spare_pool=arguments.spare_pool,
    )
    return replace(before, retention=replace(before.retention, **retention), **changes)


def add_medium_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write-protected",
        action=argparse.BooleanOptionalAction,
        help="nothing is written to it any more, and nothing deleted",
    )
    parser.add_argument("--comment", type=text, help="for people")


def medium_of(arguments: argparse.Namespace, before: Medium) -> Medium:
    """The record with what is given."""
    changes = given(write_protected=arguments.write_protected, comment=arguments.comment)
    return replace(before, **changes)


def add_loader_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--kind",
        choices=("virtual", "mtx"),
        required=required,
        help="virtual: directories; mtx: a SCSI media changer",
    )
    parser.add_argument(
        "--device",
        required=required,
        metavar="PATH",
        help="absolute path of the directory, or of the changer's device",
    )
    parser.add_argument(
        "--store",
        type=text,
        action="append",
        required=required,
        metavar="STORE",
        help="the removable data store in its drive 0; once more for drive 1, and so on",
    )
    parser.add_argument(
        "--tape",
        type=text,
        action="append",
        metavar="DEVICE",
        help="of mtx: the tape device of drive 0, such as /dev/nst0, which `mt` tells to let its"
        ' medium go before that is moved; once more for drive 1; "" for a drive that needs none',
    )
    parser.add_argument("--comment", type=text, help="for people")


def loader_of(arguments: argparse.Namespace, before: Loader) -> Loader:
    """The record with what is given."""
    changes = given(
        kind=arguments.kind,
        device=None if arguments.device is None else os.fsencode(arguments.device),
        data_stores=None if arguments.store is None else tuple(arguments.store),
        tape_devices=None if arguments.tape is None else _tapes(arguments.tape),
        comment=arguments.comment,
    )
    return replace(before, **changes)


def _tapes(given_ones: list[str]) -> tuple[str, ...]:
    """Without those at the end that say nothing."""
    while given_ones and not given_ones[-1]:
        given_ones = given_ones[:-1]
    return tuple(given_ones)
