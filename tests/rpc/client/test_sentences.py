"""Reasons into sentences, numbers of the wire into words."""

import re
from pathlib import Path

import sesam_api
from sesam_api import convert
from sesam_api.errors import (
    SENTENCES,
    SesamError,
    sentence,
)
from sesam_api.v1 import (
    access_pb2,
    errors_pb2,
    jobs_pb2,
    location_pb2,
)


def documented_metadata() -> dict[str, set[str]]:
    """Reason -> keys, out of the comments of errors.proto."""
    text = (Path(sesam_api.__path__[0]) / "v1" / "errors.proto").read_text()
    found = {}
    for comment, reason in re.findall(
        r"((?:^  //.*\n)*)^  ERROR_REASON_(\w+) = \d+;", text, re.MULTILINE
    ):
        keys = re.search(r"metadata: ([^.]*)\.", comment.replace("\n  // ", " "))
        plain = re.sub(r"\([^)]*\)", "", keys[1]) if keys else ""
        found[reason] = {key.strip() for key in plain.split(",") if key.strip()}
    return found


def test_every_reason_has_a_sentence_made_of_what_it_documents():
    documented = documented_metadata()
    reasons = {
        name.removeprefix("ERROR_REASON_")
        for name, number in errors_pb2.ErrorReason.items()
        if number
    }
    assert documented.keys() - {"UNSPECIFIED"} == reasons
    for reason in reasons:
        metadata = {key: f"<{key}>" for key in documented[reason]}
        text = sentence(reason, metadata)
        assert "?" not in text, f"{reason} uses what is not documented: {text}"
        assert text.endswith((".", ">")), text
        for key in documented[reason] & {"task", "client", "job", "saveset", "field"}:
            assert f"<{key}>" in text, f"{reason} does not name its {key}"
    assert reasons <= SENTENCES.keys()


def test_a_reason_of_a_newer_agent_is_named():
    text = str(SesamError("MOON_TOO_FULL", {"phase": "full"}))
    assert text == "The agent refused the request: MOON_TOO_FULL (phase: full)."


def test_metadata_that_is_missing_is_a_question_mark():
    assert str(SesamError("JOB_NOT_FOUND")) == "There is no job ? in this location."


def test_a_name_is_called_empty_or_cut_when_no_name_is_like_that():
    assert sentence("JOB_NOT_FOUND", {"job": ""}) == (
        "job is empty. What would be right: one that this location has."
    )
    long = str(SesamError("TASK_NOT_FOUND", {"task": "x" * 5000}))
    assert long == f'There is no task "{"x" * 80}… (5000 characters)" in this location.'


def test_words_of_the_wire_and_of_a_newer_agent():
    enum = jobs_pb2.JobState.DESCRIPTOR
    assert [convert.word(enum, value) for value in (0, 3, 99)] == ["", "ok", "99"]
    assert convert.backup_type(jobs_pb2.BACKUP_TYPE_INC) == "INC"
    assert convert.role(access_pb2.ROLE_MONITOR) == "monitor"
    assert convert.change(location_pb2.Change()) is None


def test_an_empty_value_is_called_empty():
    wanted = {"field": "name", "expected": "1 to 128 letters"}
    assert sentence("INVALID_ARGUMENT", {**wanted, "value": ""}) == (
        "name is empty. What would be right: 1 to 128 letters."
    )
    assert sentence("INVALID_ARGUMENT", {**wanted, "value": "-x"}) == (
        'The value "-x" of name cannot be used. What would be right: 1 to 128 letters.'
    )
