"""`sm_cmd answer LABEL loaded|refused|new`: what was done about a medium that jobs wait for."""

import argparse

from server_agent.commands.parsing import Verbs, add_verb, text
from sesam_api.location import Location

_SAID = {"loaded": "goes on", "refused": "has ended", "new": "goes on with a new medium"}


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs, "answer", "say that a wanted medium is in its place, or that nobody puts it in"
    )
    parser.add_argument("label", type=text, metavar="LABEL")
    parser.add_argument(
        "answer",
        choices=tuple(_SAID),
        help="loaded: it is there, look now; refused: its jobs end with an error; new: a new medium"
        " is begun instead in its data store, which is there",
    )
    parser.set_defaults(run=_answer)


def _answer(location: Location, arguments: argparse.Namespace) -> str:
    jobs = location.answer_media_request(arguments.label, arguments.answer)
    return ", ".join(f"job {job} {_SAID[arguments.answer]}" for job in jobs)
