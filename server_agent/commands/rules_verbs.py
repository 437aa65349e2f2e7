"""The verbs of `sesam-agent` about what is asked beside a credential: rules, approvals, approve,
refuse, otp, lock-outs. The agent has to run."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from server_agent.commands.parsing import text
from server_agent.commands.tables import print_rows
from server_agent.domain.approvals import OtpGroup
from server_agent.installation import Installation, socket_address
from sesam_api.access_records import AccessRules, Approval
from sesam_api.client import connect
from sesam_api.location import Location

NONE = "none"


def rules(options: argparse.Namespace, installation: Installation) -> None:
    """Shows the rules, or changes those that are given."""
    with _agent(installation) as location:
        found = location.access_rules()
        if options.four_eyes is not None or options.otp is not None:
            wanted = AccessRules(
                found.four_eyes if options.four_eyes is None else options.four_eyes == "on",
                found.otp if options.otp is None else _groups(options.otp),
            )
            found = location.set_access_rules(wanted)
    print(f"Four eyes: {'on' if found.four_eyes else 'off'}")
    print(f"One-time codes for: {', '.join(found.otp) or NONE}")


def approvals(options: argparse.Namespace, installation: Installation) -> None:
    """Lists what waits, or with --all also what is decided."""
    with _agent(installation) as location:
        found = [each for each in location.approvals() if options.all or each.state == "pending"]
    heads = ("ID", "STATE", "ASKED", "UNTIL", "BY", "FROM", "WHAT")
    print_rows([heads, *map(_row, found)])


def decide(options: argparse.Namespace, installation: Installation) -> None:
    """Approves or refuses."""
    with _agent(installation) as location:
        if options.verb == "approve":
            decided = location.approve(options.approval)
        else:
            decided = location.refuse(options.approval)
    why = f": {decided.failure}" if decided.failure else ""
    print(f"{decided.id} is {decided.state}{why}")


def otp(options: argparse.Namespace, installation: Installation) -> None:
    """Makes or removes the secret of a credential."""
    with _agent(installation) as location:
        if options.remove:
            location.remove_otp(options.credential)
            print(f"{options.credential} has no secret for one-time codes any more")
            return
        secret = location.enrol_otp(options.credential)
    print("Enter this into an authenticator. It is shown once.", file=sys.stderr)
    print(secret.secret)
    print(secret.uri)


def lock_outs(_options: argparse.Namespace, installation: Installation) -> None:
    """Lists who is locked out."""
    with _agent(installation) as location:
        found = location.lock_outs()
    rows = [
        (each.address or "-", each.credential or "-", str(each.failures), _moment(each.end_time))
        for each in found
    ]
    print_rows([("ADDRESS", "CREDENTIAL", "FAILURES", "UNTIL"), *rows])


def define(verbs: Any) -> None:
    """Adds the verbs to the parser."""
    shown = verbs.add_parser("rules", help="show or change what is asked beside a credential")
    shown.add_argument(
        "--four-eyes",
        choices=["on", "off"],
        help="whether a second administrator has to approve deletions and new administrators",
    )
    shown.add_argument(
        "--otp",
        action="append",
        choices=[NONE, *(group.value for group in OtpGroup)],
        help="acts that need a one-time code; again for more of them",
    )
    listed = verbs.add_parser("approvals", help="list what waits for a second administrator")
    listed.add_argument("--all", action="store_true", help="also what was decided")
    for verb, what in (
        ("approve", "do what somebody else asked for"),
        ("refuse", "do not do what was asked for"),
    ):
        decided = verbs.add_parser(verb, help=what)
        decided.add_argument("approval", type=text, metavar="ID", help="as listed by approvals")
    made = verbs.add_parser("otp", help="make or remove a credential's secret for one-time codes")
    made.add_argument("credential", type=text, metavar="ID", help="as listed by credentials")
    made.add_argument("--remove", action="store_true", help="what needs a code is then refused")
    verbs.add_parser("lock-outs", help="list who is locked out after too many failed tries")


@contextmanager
def _agent(installation: Installation) -> Iterator[Location]:
    """Raises Unreachable."""
    with socket_address(installation) as address, connect(unix=address) as location:
        yield location


def _groups(asked: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(group for group in asked if group != NONE))


def _row(each: Approval) -> tuple[str, ...]:
    more = each.subject_count - len(each.subjects)
    what = ", ".join(each.subjects) + (f" and {more} more" if more > 0 else "")
    return (
        each.id,
        each.state,
        _moment(each.create_time),
        _moment(each.expire_time),
        each.requester,
        each.requester_address,
        f"{each.method}: {what}",
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
