"""The command `sesam-master`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# Read when gRPC is first imported: its own lines on standard error say nothing to people.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from sesam_master.app import Enrolment, Options, enrol, run
from sesam_master.ui.theme import ThemeMode

WAYLAND = "WAYLAND_DISPLAY"
ENDED_BY_PERSON = 130  # as shells say it of SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sesam-master", description="One desk over many backup locations."
    )
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", help="keep everything of this desk in DIR"
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="file with the passphrase of the credentials, where there is no key ring",
    )
    parser.add_argument(
        "--local",
        action="store_true",
        help="show the agent of this computer, keep nothing but the look of the window",
    )
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="with --local: the agent's directory"
    )
    parser.add_argument("--theme", type=ThemeMode, choices=list(ThemeMode))
    parser.add_argument(
        "--enrol",
        metavar="HOST:PORT",
        help="enrol this desk to a location and end; the token is read from standard input",
    )
    parser.add_argument(
        "--fingerprint", metavar="HEX", help="with --enrol: what the agent printed at init"
    )
    parser.add_argument("--farm", metavar="PATH", help="with --enrol: its folder")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="with --enrol: a location that is listed already gets the new address, certificate "
        "and credential; its name, farm and switch stay",
    )
    parser.add_argument(
        "--tour",
        type=Path,
        metavar="DIR",
        help="take pictures of the pages in DIR, print the fleet as a table and end",
    )
    return parser


def _enrol(options: Options, wanted: Enrolment) -> int:
    try:
        return enrol(options, wanted, sys.stdin)
    except KeyboardInterrupt:
        sys.stderr.write(
            "sesam-master: ended before it was done. If the location is not listed now, the token "
            "may be used up all the same: make a new one with sesam-agent token.\n"
        )
        return ENDED_BY_PERSON


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.root is not None and not given.local:
        parser.error("--root names the directory of a local agent; give --local too")
    options = Options(
        profile=given.profile,
        passphrase_file=given.passphrase_file,
        is_local=given.local,
        root=given.root,
        theme=given.theme,
    )
    if given.enrol is not None:
        if not given.enrol.strip():
            parser.error(
                "--enrol has an empty address; give HOST:PORT of the agent, for example "
                "backup.example.org:11401"
            )
        if given.fingerprint is None:
            parser.error("--enrol needs --fingerprint: what sesam-agent fingerprint prints")
        if given.local or given.tour is not None:
            parser.error("--enrol adds a location and ends; give it without --local and --tour")
        wanted = Enrolment(given.enrol, given.fingerprint, given.farm or "", given.replace)
        return _enrol(options, wanted)
    for name in ("fingerprint", "farm", "replace"):
        if getattr(given, name) not in (None, False):
            parser.error(f"--{name} says how to add a location; give --enrol HOST:PORT too")
    if given.tour is not None and not (os.environ.get("DISPLAY") or os.environ.get(WAYLAND)):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return run(options, given.tour)


if __name__ == "__main__":
    sys.exit(main())
