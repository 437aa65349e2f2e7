"""What every engine does where something is at the target already."""

from dataclasses import replace

import pytest

from server_agent.domain.overwriting import OverwriteRule
from server_agent.ports import Message, RestoreDone
from tests.contract.engine_rig import CHAIN, Rig, back, back_up, full
from tests.fakes.engine import FakeControl

NAMES = ("a", "b", "dir/x", "dir/y", "dir/deep/z")


def restored(
    rig: Rig, rule: OverwriteRule, *, dry_run: bool = False
) -> tuple[RestoreDone, list[Message]]:
    request = replace(back(rig, CHAIN), overwrite=rule, dry_run=dry_run)
    *events, done = rig.engine.restore(request, FakeControl())
    assert isinstance(done, RestoreDone)
    return done, [event for event in events if isinstance(event, Message)]


@pytest.mark.parametrize(
    ("rule", "left", "code"),
    [
        (OverwriteRule.NEVER, {"dir/x": b"own"}, "KEPT"),
        (OverwriteRule.IF_OLDER, {"dir/x": b"own"}, "KEPT"),
        (OverwriteRule.RENAME, {"dir/x": b"own", "dir/x.restored": b"dir/x" * 100}, "RENAMED"),
        (OverwriteRule.ALWAYS, {}, ""),
    ],
)
def test_what_a_rule_leaves_is_no_failure(
    rig: Rig, rule: OverwriteRule, left: dict[str, bytes], code: str
) -> None:
    back_up(rig, full(rig))
    rig.put_at_target("dir/x", b"own")

    done, messages = restored(rig, rule)

    assert rig.restored() == {name: name.encode() * 100 for name in NAMES} | left
    assert (done.skipped, done.warnings) == (0, ())
    assert done.files == (4 if code == "KEPT" else 5)
    assert len(done.notes) == bool(code)
    told = [message.path for message in messages if message.code == code]
    assert told == [rig.source + b"/dir/x"] * bool(code)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (OverwriteRule.NEVER, "WOULD_KEEP"),
        (OverwriteRule.IF_OLDER, "WOULD_KEEP"),
        (OverwriteRule.RENAME, "WOULD_RENAME"),
        (OverwriteRule.ALWAYS, "WOULD_REPLACE"),
    ],
)
def test_a_dry_run_only_says_what_would_be_done(rig: Rig, rule: OverwriteRule, code: str) -> None:
    back_up(rig, full(rig))
    rig.put_at_target("dir/x", b"own")

    done, messages = restored(rig, rule, dry_run=True)

    assert rig.restored() == {"dir/x": b"own"}
    assert (done.files, done.bytes_written, done.skipped) == (0, 0, 0)
    assert len(done.notes) == 1
    said = {message.path: message.code for message in messages}
    assert said[rig.source + b"/dir/x"] == code
    for name in set(NAMES) - {"dir/x"}:
        assert said[rig.source + b"/" + name.encode()] == "WOULD_CREATE"
