"""Actions of `sm_cmd`: one line, and 0 or 1."""

import signal

import pytest

from server_agent.commands.answer import failure, success
from server_agent.commands.parsing import UsageError
from server_agent.commands.sm_cmd import make_parser
from server_agent.commands.words import split_list
from sesam_api.v1 import jobs_pb2
from tests.agent.commands.conftest import SmCmd
from tests.fakes.agent_server import FakeAgent


def test_clients_and_tasks_are_added_modified_and_removed(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    assert sm_cmd("add", "client", "second").out == 'STATUS=SUCCESS MSG="second"\n'
    added = sm_cmd(
        "add", "task", "mail", "-c", "second", "-s", r"/a\,b,/c", "-s", "/d", "-x", "*.o,./tmp"
    )
    assert (added.status, added.out) == (0, 'STATUS=SUCCESS MSG="mail"\n')
    task = agent.location.tasks["mail"]
    assert list(task.sources) == [b"/a,b", b"/c", b"/d"]
    assert list(task.excludes) == ["*.o", "./tmp"]

    assert sm_cmd("modify", "client", "second", "--comment", "new").status == 0
    assert agent.location.clients["second"].comment == "new"
    assert dict(sm_cmd("show", "client", "second").rows)["comment"] == "new"

    assert sm_cmd("modify", "task", "mail", "-x", "").out == 'STATUS=SUCCESS MSG="mail"\n'
    task = agent.location.tasks["mail"]
    assert (list(task.sources), list(task.excludes)) == ([b"/a,b", b"/c", b"/d"], [])

    assert sm_cmd("remove", "task", "mail").out == 'STATUS=SUCCESS MSG="mail"\n'
    assert sm_cmd("remove", "client", "second").out == 'STATUS=SUCCESS MSG="second"\n'
    assert list(agent.location.clients) == ["local"]


def test_a_path_that_is_no_text_reaches_the_agent_as_it_is(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    sm_cmd("add", "task", "odd", "-c", "local", "-s", "/srv/\udcff")
    assert list(agent.location.tasks["odd"].sources) == [b"/srv/\xff"]


def test_a_refusal_is_one_line_and_1(sm_cmd: SmCmd) -> None:
    result = sm_cmd("backup", "nothing", "-l", "F")
    assert result.status == 1
    assert result.out == ('STATUS=ERROR MSG="There is no task \\"nothing\\" in this location."\n')


def test_nothing_to_modify_is_said(sm_cmd: SmCmd) -> None:
    result = sm_cmd("modify", "task", "docs")
    assert result.status == 1
    assert "-s, -x, --comment" in result.out


def test_a_started_backup_answers_its_job(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    assert sm_cmd("backup", "docs", "-l", "I").out == 'STATUS=SUCCESS MSG="1"\n'
    assert agent.location.jobs["1"].requested_type == jobs_pb2.BACKUP_TYPE_INC
    assert sm_cmd("cancel", "1").out == 'STATUS=SUCCESS MSG="1"\n'
    result = sm_cmd("cancel", "1")
    assert (result.status, result.out.startswith("STATUS=ERROR")) == (1, True)


def test_a_backup_that_is_waited_for_answers_its_saveset(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    result = sm_cmd("backup", "docs", "-l", "F", "--wait")
    (saveset,) = agent.location.savesets
    assert (result.status, result.out) == (0, f'STATUS=SUCCESS MSG="{saveset}"\n')
    assert result.err == ""


def test_a_warning_is_a_success_and_said_on_stderr(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_WARNING]
    result = sm_cmd("backup", "docs", "-l", "F", "--wait")
    assert (result.status, result.out.startswith("STATUS=SUCCESS")) == (0, True)
    assert "2 of 10 files could not be read." in result.err
    assert "sm_cmd show protocol 1" in result.err


def test_hints_repeat_the_root(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_WARNING]
    result = sm_cmd("--root", "/srv/my agent", "backup", "docs", "-l", "F", "--wait")
    assert "sm_cmd --root '/srv/my agent' show protocol 1" in result.err


def test_a_backup_that_fails_answers_why(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_ERROR]
    result = sm_cmd("backup", "docs", "-l", "F", "--wait")
    assert result.status == 1
    assert result.out == (
        'STATUS=ERROR MSG="Job 1 ended with state error: 2 of 10 files could not be read."\n'
    )


def test_a_restore_answers_its_job(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK, jobs_pb2.JOB_STATE_OK]
    sm_cmd("backup", "docs", "-l", "F", "--wait")
    (saveset,) = agent.location.savesets
    whole = sm_cmd("restore", "-s", saveset, "--target", "/tmp/out", "--wait")
    assert (whole.status, whole.out) == (0, 'STATUS=SUCCESS MSG="2"\n')
    some = sm_cmd("restore", "-s", saveset, "-f", "/a", "/b", "-f", "/c", "--target", "/tmp/out")
    assert (some.status, some.out) == (0, 'STATUS=SUCCESS MSG="3"\n')
    sent = [list(request.paths) for name, request in agent.calls if name == "StartRestore"]
    assert sent == [[], [b"/a", b"/b", b"/c"]]


def test_how_a_restore_is_wanted(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK, jobs_pb2.JOB_STATE_OK]
    sm_cmd("backup", "docs", "-l", "F", "--wait")
    (saveset,) = agent.location.savesets
    usual = ("restore", "-s", saveset, "--target", "/")
    own = ("--overwrite", "older", "--client", "web", "--no-interfaces")
    dry = sm_cmd(*usual, *own, "--dry-run", "--wait")
    assert dry.status == 0
    assert "Each entry: sm_cmd" in dry.err
    [sent] = [request for name, request in agent.calls if name == "StartRestore"]
    assert (sent.overwrite, sent.dry_run) == (jobs_pb2.OVERWRITE_RULE_IF_OLDER, True)
    assert (sent.client, sent.without_interfaces) == ("web", True)
    wrong = sm_cmd(*usual, "--overwrite", "sometimes")
    assert (wrong.status, "always" in wrong.out) == (1, True)
    assert "dry_run" in sm_cmd("list", "jobs").out


def test_a_restore_that_lacks_files_is_an_error_and_a_backup_is_not(
    sm_cmd: SmCmd, agent: FakeAgent
) -> None:
    warning = jobs_pb2.JOB_STATE_WARNING
    agent.location.endings = [warning, warning, warning]
    agent.location.skipped = 2
    assert sm_cmd("backup", "docs", "-l", "F", "--wait").status == 0
    (saveset,) = agent.location.savesets
    lacking = sm_cmd("restore", "-s", saveset, "--target", "/tmp/out", "--wait")
    assert (lacking.status, lacking.out) == (
        1,
        'STATUS=ERROR MSG="Job 2 ended with state warning: 2 of 12 files were not restored whole, '
        'see sm_cmd show protocol 2"\n',
    )
    agent.location.skipped = 0  # attributes only
    whole = sm_cmd("restore", "-s", saveset, "--target", "/tmp/out", "--wait")
    assert (whole.status, whole.out) == (0, 'STATUS=SUCCESS MSG="3"\n')
    assert "sm_cmd show protocol 3" in whole.err


def test_what_holds_a_queued_job_is_said_once(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    def hold() -> None:
        (job,) = agent.location.jobs.values()
        job.message = "Cannot be started: the disk is full"

    agent.on_call["WatchJob"] = hold
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    result = sm_cmd("backup", "docs", "-l", "F", "--wait")
    assert result.status == 0
    assert result.err == "Job 1 is queued: Cannot be started: the disk is full\n"


def test_a_path_that_begins_with_a_hyphen(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    sm_cmd("backup", "docs", "-l", "F", "--wait")
    (saveset,) = agent.location.savesets
    for option in ("-f=-rf", "--file=-rf"):
        assert sm_cmd("restore", "-s", saveset, option, "--target", "/t").status == 0
    sent = [list(request.paths) for name, request in agent.calls if name == "StartRestore"]
    assert sent == [[b"-rf"], [b"-rf"]]


def test_an_end_that_is_not_known_names_the_job_that_was_started(
    sm_cmd: SmCmd, agent: FakeAgent
) -> None:
    agent.on_call["WatchJob"] = agent.location.jobs.clear
    result = sm_cmd("backup", "docs", "-l", "F", "--wait")
    assert result.status == 1
    assert (
        "There is no job 1 in this location. Job 1 was started. See it with: sm_cmd show job 1"
        in result.out
    )


def test_ctrl_c_stops_the_waiting_only(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.on_call["WatchJob"] = lambda: signal.raise_signal(signal.SIGINT)
    result = sm_cmd("backup", "docs", "-l", "F", "--wait")
    assert (result.status, result.out) == (
        1,
        'STATUS=ERROR MSG="Stopped waiting. Job 1 goes on. See it with: sm_cmd show job 1. '
        'Stop it with: sm_cmd cancel 1"\n',
    )
    assert agent.location.jobs["1"].state == jobs_pb2.JOB_STATE_QUEUED


def test_ctrl_c_before_the_answer_says_what_is_not_known(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.on_call["StartBackup"] = lambda: signal.raise_signal(signal.SIGINT)
    result = sm_cmd("backup", "docs", "-l", "F")
    assert result.status == 1
    assert result.out.startswith('STATUS=ERROR MSG="Stopped by Ctrl-C before the answer was there.')
    assert result.out.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["add", "client", "cl\udcff"], r"argument NAME: \"cl\xff\" is no text in UTF-8"),
        (["add", "client", "c", "--comment", "\udcff"], "argument --comment"),
        (["add", "task", "\udcff", "-c", "local", "-s", "/a"], "argument NAME"),
        (["add", "task", "t", "-c", "\udcff", "-s", "/a"], "argument -c/--client"),
        (["add", "task", "t", "-c", "local", "-s", "/a", "-x", "\udcff"], "argument -x/--exclude"),
        (["modify", "task", "\udcff", "-x", ""], "argument NAME"),
        (["remove", "task", "\udcff"], "argument NAME"),
        (["remove", "client", "\udcff"], "argument NAME"),
        (["backup", "\udcff", "-l", "F"], "argument TASK"),
        (["backup", "docs", "-l", "\udcff"], "argument -l/--level"),
        (["restore", "-s", "\udcff", "--target", "/t"], "argument -s/--saveset"),
        (["cancel", "\udcff"], "argument JOB"),
        (["show", "saveset", "\udcff"], "argument NAME"),
        (["list", "savesets", "--task", "\udcff"], "argument --task"),
        (["list", "jobs", "--client", "\udcff"], "argument --client"),
        (["ls", "\udcff"], "argument SAVESET"),
        (["\udcff"], "argument VERB"),
    ],
)
def test_what_is_a_text_and_has_other_bytes_is_named(
    sm_cmd: SmCmd, argv: list[str], said: str
) -> None:
    result = sm_cmd(*argv)
    assert result.status == 1
    assert result.out.startswith('STATUS=ERROR MSG="')
    assert result.out.count("\n") == 1
    assert said in result.out


def test_a_target_and_a_path_may_have_any_bytes(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    sm_cmd("backup", "docs", "-l", "F", "--wait")
    (saveset,) = agent.location.savesets
    done = sm_cmd("restore", "-s", saveset, "-f", "/a\udcff", "--target", "/t\udcfe")
    assert done.status == 0
    (sent,) = [request for name, request in agent.calls if name == "StartRestore"]
    assert (list(sent.paths), sent.target) == ([b"/a\xff"], b"/t\xfe")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["backup", "docs"], "-l/--level"),
        (["backup", "docs", "-l", "X"], "'X'"),
        (["add", "task", "mail", "-s", "/a"], "-c/--client"),
        (["add", "task", "mail", "-c", "local", "--command", "a"], "is not NAME=LINE"),
        (["add", "task", "mail", "-c", "local", "--command", "=a"], "is not NAME=LINE"),
        (["add", "task", "mail", "-c", "local", "--shell-command", "a= "], "is not NAME=LINE"),
        (["add", "task", "mail", "-c", "local", "--command", "a='"], "a: No closing quotation"),
        (["add", "task", "mail", "-c", "local", "--time-reference", "moon"], "'moon'"),
        (["frobnicate"], "frobnicate"),
        (["list", "jobs", "--state", "fine"], "fine"),
        (["list", "jobs", "--limit", "-3"], "-3"),
        (["--root", "", "list", "jobs"], "argument --root: it is empty"),
        (["restore", "-s", "S", "-f", "", "--target", "/t"], "argument -f/--file: it is empty"),
        ([], "VERB"),
    ],
)
def test_a_command_line_that_is_wrong_is_one_line_and_1(
    sm_cmd: SmCmd, argv: list[str], said: str
) -> None:
    result = sm_cmd(*argv)
    assert result.status == 1
    assert result.out.startswith('STATUS=ERROR MSG="')
    assert result.out.count("\n") == 1
    assert said in result.out
    assert result.err.startswith("usage: sm_cmd")


@pytest.mark.parametrize(
    "argv",
    [
        ["--root", "/r", "list", "tasks"],
        ["list", "--root", "/r", "tasks"],
        ["list", "tasks", "--root", "/r"],
        ["backup", "--root=/r", "docs", "-l", "F"],
    ],
)
def test_the_root_may_stand_before_or_behind_the_verb(argv: list[str]) -> None:
    assert make_parser().parse_args(argv).root == "/r"


def test_without_a_root_there_is_none() -> None:
    assert not hasattr(make_parser().parse_args(["list", "tasks"]), "root")
    with pytest.raises(UsageError):
        make_parser().parse_args(["list", "tasks", "--roo", "/r"])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("/a", ["/a"]),
        ("/a,/b", ["/a", "/b"]),
        (r"/a\,b,/c", ["/a,b", "/c"]),
        (r"/a\\,/b", ["/a\\", "/b"]),
        (r"\*.o,a\b", [r"\*.o", r"a\b"]),
        (",/a,,", ["/a"]),
        ("", []),
        ("/a\nb,/c", ["/a\nb", "/c"]),
    ],
)
def test_lists_with_commas(text: str, parts: list[str]) -> None:
    assert split_list(text) == parts


def test_an_exclude_that_would_be_cut_at_its_comma(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    words = ("add", "task", "mail", "-c", "local", "-s", "/a", "--exclude-kind", "regex", "-x")
    answer = sm_cmd(*words, "(((a{1,100}")
    assert answer.status == 1
    assert "commas separate excludes" in answer.out
    assert r"{1\\,100}" in answer.out  # the answer escapes its backslash
    assert "mail" not in agent.location.tasks
    assert sm_cmd(*words, r"^/a/x{1\,100}$").status == 0
    assert list(agent.location.tasks["mail"].excludes) == ["^/a/x{1,100}$"]


def test_the_answer_is_one_line_whatever_the_message() -> None:
    assert success('a "b"\n\\c') == r'STATUS=SUCCESS MSG="a \"b\"\n\\c"'
    assert failure("x\r") == r'STATUS=ERROR MSG="x\r"'
