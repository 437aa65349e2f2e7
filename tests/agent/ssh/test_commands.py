"""What programs of a task write comes into the saveset if they end well, here and over SSH."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.reach import LOCAL, Ssh
from server_agent.ports import COMMANDS_DIRECTORY, Cancelled, CommandSource, EngineError
from tests.agent.ssh.client_site import ClientSite
from tests.agent.tar.site import at
from tests.agent.tar.trees import differences, picture
from tests.fakes.engine import FakeControl

DUMPED = COMMANDS_DIRECTORY.decode().strip("/")
MORE_THAN_A_FRAME = 5_000_001


@pytest.fixture(params=["here", "over ssh"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ClientSite]:
    client = LOCAL if request.param == "here" else request.getfixturevalue("client")
    assert client == LOCAL or isinstance(client, Ssh)
    made = ClientSite.at(tmp_path, client)
    (made.source / "file").write_text("beside it")
    yield made
    assert list((tmp_path / "tmp").glob("*")) == [], "the agent has left something"


def shell(name: str, script: str) -> CommandSource:
    return CommandSource(name, (b"sh", b"-c", script.encode()))


def failure_of(site: ClientSite, *commands: CommandSource) -> EngineError:
    site.commands = commands
    with pytest.raises(EngineError) as failure:
        site.back_up()
    assert site.files() == set()
    return failure.value


def test_every_byte_comes_back(site: ClientSite, tmp_path: Path) -> None:
    content = os.urandom(MORE_THAN_A_FRAME)
    (tmp_path / "content").write_bytes(content)
    site.commands = (
        CommandSource("Größe 1.sql", (b"cat", bytes(tmp_path / "content"))),
        CommandSource("arguments", (b"printf", b"%s|", b"a b", b"'\"\n", b"\xff$HOME", b"")),
    )
    before = picture(site.source)
    done = site.back_up()
    assert (done.files, done.skipped, done.warnings) == (3, 0, ())
    site.restore(tmp_path / "target")
    dumped = tmp_path / "target" / DUMPED
    assert (dumped / "Größe 1.sql").read_bytes() == content
    assert (dumped / "arguments").read_bytes() == b"a b|'\"\n|\xff$HOME||"
    assert [oct(path.stat().st_mode) for path in (dumped, dumped / "arguments")] == [
        "0o40700",
        "0o100600",
    ]
    assert differences(before, picture(at(tmp_path / "target", site.source))) == []
    assert not list((site.root / "store").rglob("*.tmp"))


def test_a_saveset_is_read_by_hand(site: ClientSite) -> None:
    site.commands = (shell("one", "head -c 3000000 /dev/zero"), shell("two", "echo 2"))
    site.back_up()
    raw = subprocess.run(["zstd", "-dcq", site.data()], capture_output=True, check=True).stdout
    listed = subprocess.run(["tar", "-tf", "-"], input=raw, capture_output=True, check=True).stdout
    names = listed.decode().splitlines()
    assert names[:3] == [f"{DUMPED}/", f"{DUMPED}/one", f"{DUMPED}/two"]
    assert names[-1].endswith("source/file")
    assert len(raw) % 10240 == 0


def test_what_it_says_goes_into_the_protocol(site: ClientSite) -> None:
    site.commands = (shell("dump", "echo reading >&2; echo data; printf 'no end' >&2"),)
    site.back_up()
    assert [(each.level, each.code, each.text) for each in site.messages] == [
        (Level.INFO, "COMMAND", "dump says: reading"),
        (Level.INFO, "COMMAND", "dump says: no end"),
    ]


def test_one_that_writes_nothing_is_said(site: ClientSite, tmp_path: Path) -> None:
    site.commands = (CommandSource("dump", (b"true",)),)
    [warning] = site.back_up().warnings
    assert 'command "dump" wrote nothing' in warning
    site.restore(tmp_path / "target")
    assert (tmp_path / "target" / DUMPED / "dump").read_bytes() == b""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo half; echo 'no such table' >&2; exit 3", 'status 3. It said last: "no such table"'),
        ("echo half; exit 255", "255"),
        ("echo half; kill -9 $$", "killed by signal 9"),
        ("head -c 9000000 /dev/zero; exit 1", "status 1"),
    ],
)
def test_one_that_fails(site: ClientSite, script: str, said: str) -> None:
    error = failure_of(site, shell("good", "echo data"), shell("dump", script))
    assert error.code == "COMMAND_FAILED"
    assert 'command "dump"' in error.text
    assert said in error.text


def test_one_that_cannot_be_run(site: ClientSite) -> None:
    error = failure_of(site, CommandSource("dump", (b"/nowhere/dump",)))
    assert error.code == "COMMAND_FAILED"
    assert "/nowhere/dump" in error.text


def test_the_description_keeps_what_was_run(site: ClientSite) -> None:
    site.commands = (CommandSource("a", (b"printf", b"%s", b"\xff ")), shell("b", "echo 2"))
    site.back_up()
    with site.data().with_name(f"{site.data().name}.idx").open("rb") as file:
        head = file.read().partition(b'"frames"')[0].rstrip(b", \n") + b"}"
    said = json.loads(head)
    assert said["commands"] == ["a", "b"]
    assert [tuple(map(os.fsencode, words)) for words in said["programs"]] == [
        command.argv for command in site.commands
    ]


@pytest.mark.parametrize(
    "commands",
    [
        (CommandSource("", (b"true",)),),
        (CommandSource("..", (b"true",)),),
        (CommandSource("a/b", (b"true",)),),
        (CommandSource("a\nb", (b"true",)),),
        (CommandSource("ü" * 128, (b"true",)),),
        (CommandSource("dump", ()),),
        (CommandSource("dump", (b"a\0b",)),),
        (CommandSource("dump", (b"true",)), CommandSource("dump", (b"false",))),
    ],
)
def test_what_no_command_can_be(site: ClientSite, commands: tuple[CommandSource, ...]) -> None:
    assert failure_of(site, *commands).code == "COMMAND_UNUSABLE"


def test_a_cancel_in_the_middle_leaves_nothing(site: ClientSite) -> None:
    site.commands = (shell("dump", "head -c 9000000 /dev/urandom; sleep 77"),)
    control = FakeControl()

    def look(event: object) -> None:
        if isinstance(event, Progress) and event.phase is Phase.TRANSFER and event.bytes_done:
            assert site.files()
            control.cancel()

    with pytest.raises(Cancelled):
        site.back_up(control=control, on_event=look)
    assert site.files() == set()


def test_what_a_crash_leaves_of_one_is_removed(site: ClientSite) -> None:
    site.commands = (shell("dump", "head -c 9000000 /dev/urandom"),)
    request = site.request()
    events = site.engine.backup(request, FakeControl())
    kept: list[tuple[Path, bytes]] = []
    for event in events:
        kept = [(path, path.read_bytes()) for path in (site.root / "store").rglob("*.spool.tmp")]
        if kept and isinstance(event, Progress):
            break
    assert kept
    events.close()  # type: ignore[attr-defined]
    assert site.files() == set()
    for path, content in kept:
        path.write_bytes(content)
    assert site.engine.recover([], frozenset()) == []
    assert site.files() == set()


def test_a_source_that_has_their_directory(site: ClientSite, tmp_path: Path) -> None:
    """Only a source that is the root of the client can have it."""
    directory = Path(COMMANDS_DIRECTORY.decode())
    if os.geteuid() or directory.exists():
        pytest.skip("it takes root, and a directory that nobody has")
    directory.mkdir()
    try:
        site.commands = (shell("dump", "echo data"),)
        with pytest.raises(EngineError) as failure:
            site.back_up(directory)
    finally:
        directory.rmdir()
    assert failure.value.code == "COMMANDS_TAKEN"
