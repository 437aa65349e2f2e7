"""Calls, lists and changes, over real TLS to an agent in memory."""

import os
from pathlib import PurePosixPath

import pytest

from sesam_api.client import connect
from sesam_api.command_records import command, command_line, shell_command
from sesam_api.errors import (
    SesamError,
    Unreachable,
)
from sesam_api.records import Ssh
from sesam_api.v1 import (
    jobs_pb2,
    location_pb2,
    savesets_pb2,
)
from tests.rpc.client.conftest import requests_of


def test_a_change_whose_answer_is_lost_is_made_once(agent, location):
    agent.lost_answers = 2
    job = location.start_backup("docs", "FULL")
    sent = requests_of(agent, "StartBackup")
    assert len(sent) == 3
    assert len({request.request_id for request in sent}) == 1
    assert list(agent.location.jobs) == [job.id]


def test_two_changes_have_two_request_ids_and_name_the_location(agent, location):
    location.start_backup("docs", "FULL")
    location.start_backup("docs", "inc")
    sent = requests_of(agent, "StartBackup")
    assert len({request.request_id for request in sent}) == 2
    assert {request.location_id for request in sent} == {agent.location.location_id}
    assert [request.type for request in sent] == [
        jobs_pb2.BACKUP_TYPE_FULL,
        jobs_pb2.BACKUP_TYPE_INC,
    ]


def test_an_answer_that_stays_lost_is_unreachable(agent, location):
    agent.lost_answers = 3
    with pytest.raises(Unreachable, match="broke during StartBackup") as raised:
        location.start_backup("docs", "FULL")
    assert raised.value.step == "answer"


def test_an_agent_that_does_not_answer_is_said_with_the_time(agent):
    with connect(
        agent.address, token=agent.credential(), fingerprint=agent.fingerprint, timeout=0.3
    ) as location:
        agent.thaw.clear()
        with pytest.raises(Unreachable, match=r"did not answer ListTasks within 0\.3 seconds"):
            list(location.tasks())
        agent.thaw.set()


def test_an_agent_that_is_away_is_said_with_the_step(agent, location):
    agent.stop()
    with pytest.raises(Unreachable) as raised:
        list(location.tasks())
    assert raised.value.step == "tcp"
    agent.start()
    assert [task.name for task in location.tasks()] == ["docs"]


def test_a_refusal_carries_reason_and_metadata_and_reads_as_a_sentence(location):
    with pytest.raises(SesamError) as raised:
        location.start_backup("nothing", "FULL")
    assert raised.value.reason == "TASK_NOT_FOUND"
    assert raised.value.metadata == {"task": "nothing"}
    assert str(raised.value) == 'There is no task "nothing" in this location.'


def test_a_type_that_is_none_is_refused_with_those_that_are(agent, location):
    with pytest.raises(SesamError, match="FULL, DIFF, INC, COPY"):
        location.start_backup("docs", "weekly")
    assert requests_of(agent, "StartBackup") == []


def test_a_call_of_a_newer_contract_says_that_the_agent_is_old(agent, location):
    name = "/sesam_api.v1.LocationService/GetWeather"
    method = location._wire.channel.unary_unary(
        name,
        request_serializer=location_pb2.GetLocationRequest.SerializeToString,
        response_deserializer=location_pb2.GetLocationResponse.FromString,
    )
    with pytest.raises(SesamError, match="Update the agent") as raised:
        location._wire.call(method, location_pb2.GetLocationRequest())
    assert raised.value.reason == "NOT_SUPPORTED"


# --- lists ---


def test_lists_are_read_to_their_end_over_all_pages(agent, location):
    for number in range(600):
        agent.location.new_job(task="docs" if number % 2 else "mail", client="local")
    assert [job.id for job in location.jobs()] == [str(number) for number in range(600, 0, -1)]
    assert len(requests_of(agent, "ListJobs")) == 3
    assert len(list(location.jobs(task="mail"))) == 300
    assert list(location.jobs(states=["ok"])) == []


def test_a_list_is_read_no_further_than_it_is_iterated(agent, location):
    for _ in range(600):
        agent.location.new_job(task="docs", client="local")
    assert next(location.jobs()).id == "600"
    assert len(requests_of(agent, "ListJobs")) == 1


def test_entries_carry_bytes_and_nanoseconds(agent, location):
    name = "SF20250301120000001@abcdefghijk"
    entry = savesets_pb2.Entry(
        path=b"/srv/caf\xe9\n", kind=savesets_pb2.ENTRY_KIND_FILE, size=3, mode=0o644, home=name
    )
    entry.modify_time.FromNanoseconds(1_700_000_000_123_456_789)
    agent.location.listings[name] = {b"/srv": [entry], b"": []}
    (found,) = location.entries(name, "/srv")
    assert (found.path, found.kind, found.home) == (b"/srv/caf\xe9\n", "file", name)
    assert found.modify_time_ns == 1_700_000_000_123_456_789
    assert found.modify_time.isoformat() == "2023-11-14T22:13:20.123456+00:00"
    assert list(location.entries(name)) == []


def test_a_protocol_is_read_to_its_end(agent, location):
    job = location.start_backup("docs", "FULL")
    agent.location.protocols[job.id] = [
        jobs_pb2.ProtocolLine(level=jobs_pb2.LEVEL_WARNING, code="FILE_UNREADABLE", text=str(n))
        for n in range(1200)
    ]
    lines = list(location.protocol(job))
    assert [line.text for line in lines] == [str(number) for number in range(1200)]
    assert {(line.level, line.code) for line in lines} == {("warning", "FILE_UNREADABLE")}


# --- changes ---


def test_paths_may_be_text_bytes_or_path_objects(agent, location):
    location.add_task("mail", "local", ["/srv/ä", b"/srv/\xff", PurePosixPath("/srv/mail")])
    assert location.task("mail").sources == ("/srv/ä".encode(), b"/srv/\xff", b"/srv/mail")
    with pytest.raises(TypeError, match="a list of paths"):
        location.add_task("one", "local", "/srv")


def test_a_modified_task_keeps_what_is_not_given(agent, location):
    location.modify_task("docs", sources=["/srv/new"])
    assert (location.task("docs").sources, location.task("docs").excludes) == (
        (b"/srv/new",),
        ("*.tmp",),
    )
    location.modify_task("docs", excludes=[])
    assert (location.task("docs").sources, location.task("docs").excludes) == ((b"/srv/new",), ())


def test_commands_of_a_task(agent, location):
    dumps = [command_line("shop.sql", "pg_dump 'the shop'"), shell_command("x.gz", "dump | gzip")]
    task = location.add_task("db", "local", [], commands=[*dumps, command("odd", [b"\xff", "ä"])])
    assert [each.argv for each in task.commands] == [
        (b"pg_dump", b"the shop"),
        (b"bash", b"-o", b"pipefail", b"-c", b"dump | gzip"),
        (b"\xff", "ä".encode()),
    ]
    assert location.modify_task("db", comment="stay").commands == task.commands
    assert location.modify_task("db", commands=dumps[:1]).commands == (dumps[0],)
    with pytest.raises(TypeError, match="a list of words"):
        command("one", "pg_dump shop")
    with pytest.raises(ValueError, match="quotation"):
        command_line("one", "pg_dump 'shop")


def test_a_client_goes_to_ssh_and_back(location):
    login = Ssh("fs-01", "/key", "SHA256:x")
    assert location.modify_client("local", ssh=login).ssh == login
    assert location.modify_client("local", "a comment").ssh == login
    with pytest.raises(ValueError, match="either local or"):
        location.modify_client("local", ssh=login, local=True)
    client = location.modify_client("local", local=True)
    assert (client.access, client.ssh, client.comment) == ("local", None, "a comment")


def test_a_change_does_not_undo_what_somebody_else_changed_meanwhile(agent, location):
    agent.on_call["UpdateTask"] = lambda: agent.location.put_task("docs", "local", [b"/theirs"])
    with pytest.raises(SesamError, match="was changed since it was read") as raised:
        location.modify_task("docs", sources=["/mine"])
    assert raised.value.reason == "CHANGED_MEANWHILE"
    assert location.task("docs").sources == (b"/theirs",)


def test_one_task_is_found_by_its_exact_name(agent, location):
    agent.location.put_task("docs 2", "local", [b"/x"])
    assert location.task("docs").name == "docs"
    with pytest.raises(SesamError, match='no task "doc"'):
        location.task("doc")


def test_clients_and_tasks_are_added_and_removed(location):
    location.add_client("second", comment="x")
    location.add_task("more", "second", [b"/more"], comment="y")
    with pytest.raises(SesamError, match=r'"second" still has tasks \(more\)'):
        location.remove_client("second")
    location.remove_task("more")
    location.remove_client("second")
    assert [client.name for client in location.clients()] == ["local"]
    assert [task.name for task in location.tasks()] == ["docs"]


def test_a_backup_is_waited_for_and_its_saveset_restored(agent, location, tmp_path):
    agent.location.endings = [jobs_pb2.JOB_STATE_OK, jobs_pb2.JOB_STATE_WARNING]
    job = location.wait(location.start_backup("docs", "FULL"))
    assert (job.state, job.is_usable, job.type, job.files) == ("ok", True, "FULL", 10)
    assert location.saveset(job.saveset) == next(location.savesets(task="docs"))
    restored = location.wait(location.restore(job.saveset, tmp_path, [b"/srv/docs/\xff"]))
    assert (restored.state, restored.target) == ("warning", os.fsencode(tmp_path))
    assert list(requests_of(agent, "StartRestore")[0].paths) == [b"/srv/docs/\xff"]


def test_how_a_restore_is_wanted(agent, location, tmp_path):
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    saveset = location.wait(location.start_backup("docs", "FULL")).saveset
    usual = location.restore(saveset, tmp_path)
    assert (usual.overwrite, usual.dry_run, usual.target_client) == ("always", False, "")
    wanted = {"overwrite": "if_older", "dry_run": True, "client": "other"}
    job = location.restore(saveset, tmp_path, **wanted)
    assert (job.overwrite, job.dry_run, job.target_client) == ("if_older", True, "other")
    with pytest.raises(SesamError, match="always, never, if_older, rename"):
        location.restore(saveset, tmp_path, overwrite="sometimes")


def test_a_restore_without_paths_is_of_everything_and_of_no_paths_a_mistake(
    agent, location, tmp_path
):
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    job = location.wait(location.start_backup("docs", "FULL"))
    with pytest.raises(ValueError, match="paths is empty"):
        location.restore(job.saveset, tmp_path, [])
    assert not requests_of(agent, "StartRestore")
    location.restore(job.saveset, tmp_path)
    location.restore(job.saveset, tmp_path, None)
    assert [list(request.paths) for request in requests_of(agent, "StartRestore")] == [[], []]


def test_mistakes_of_the_program_are_told_from_refusals(location, tmp_path):
    with pytest.raises(TypeError, match="a job, or what names it as text, is needed, not 99999"):
        location.wait(99999)
    with pytest.raises(TypeError, match="a saveset, or what names it as text"):
        location.restore(1, tmp_path)
    with pytest.raises(ValueError, match="surrogates not allowed"):
        location.start_backup("\udcff", "FULL")


def test_a_cancelled_job_ends_unusable(location):
    job = location.start_backup("docs", "FULL")
    location.cancel(job)
    ended = location.wait(job)
    assert (ended.state, ended.is_usable) == ("cancelled", False)
    with pytest.raises(SesamError, match=f"Job {job.id} has already ended"):
        location.cancel(job)


def test_tokens_and_credentials_are_given_and_ended(agent, location):
    token = location.create_token("monitor")
    with connect(agent.address, token=token.token, fingerprint=agent.fingerprint) as other:
        assert other.role == "monitor"
        newest = next(location.credentials())
        assert location.revoke(newest).revoke_time is not None
        with pytest.raises(SesamError, match="was revoked"):
            list(other.tasks())
    with pytest.raises(SesamError, match="admin, operator, backup, restore, monitor"):
        location.create_token("root")
