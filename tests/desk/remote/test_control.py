"""The desk's switches where they are obeyed: nothing leaves a desk that may only look."""

import asyncio
import importlib
import pkgutil
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

import sesam_api.v1
from sesam_master.core import farm_edits
from sesam_master.core.control_source import LockState, PassphraseNeeded, WrongPassphrase
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.farms import ROOT, FarmError, Farms, Marks, Switches
from sesam_master.core.gateway import JobQuery
from sesam_master.core.records import BackupType
from sesam_master.core.registry import KeepingError, Registration, RegistrationChange
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import Connection
from sesam_master.remote import calls
from sesam_master.remote.session import Link
from sesam_master.storage.farm_file import FarmFile
from sesam_master.storage.lock_file import LockFile
from tests.desk.remote.rig import PATIENT, HubRig
from tests.fakes.agent_server import FakeAgent

REMOTE = Path(calls.__file__).parent
# What an agent may be asked without a request id: nothing there is another after it.
READING = (
    *("List", "Get", "Watch", "Read", "Follow", "Find", "Search", "Compare", "Export"),
    *("Preview", "Test", "Check", "WriteCalendarFile"),
)
OBSERVES = Marks(switches=Switches(observes=True))
OFF = Marks(switches=Switches(is_off=True))


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        running.location.put_client("local")
        running.location.put_task("docs", "local", [b"/srv"])
        yield running


def order(location_id: str) -> BackupOrder:
    return BackupOrder(StartObject(location_id, task="docs"), BackupType.FULL)


def new_id() -> str:
    return str(uuid.uuid4())


def mark(rig: HubRig, path: str, marks: Marks) -> Farms:
    return rig.ask(
        rig.hub.gateway.change_farms(
            lambda farms: farm_edits.mark_farm(farms, farms.find(path) or ROOT, marks)
        )
    )


# -- observe only


def test_nothing_is_started_where_the_desk_only_observes(agent: FakeAgent) -> None:
    rig = HubRig(PATIENT)
    here = rig.register(agent, farm="EMEA / DACH")
    with rig, FakeAgent("Beta") as beta:
        gateway = rig.hub.gateway
        rig.until(here, Connection.ON)
        mark(rig, "EMEA", OBSERVES)
        rig.wait(lambda: rig.state(here).control.observed_by == "EMEA")
        for asked in (
            gateway.order_backup(order(here), new_id()),
            gateway.cancel_job(here, "1", new_id()),
            gateway.answer_medium(here, "USB00001", is_loaded=True, request_id=new_id()),
        ):
            with pytest.raises(LocationError) as caught:
                rig.ask(asked)
            assert (caught.value.trouble, caught.value.metadata) == (
                Trouble.OBSERVED,
                {"by": "EMEA"},
            )
        assert {name for name, _request in agent.calls} <= {"Watch"}, "nothing was sent"
        rig.ask(gateway.jobs(here, JobQuery(), "", False))
        assert agent.calls[-1][0] == "ListJobs", "it may be looked at"

        mark(rig, "EMEA", Marks())
        rig.ask(gateway.order_backup(order(here), new_id()))
        assert agent.calls[-1][0] == "StartBackup"
        assert rig.connections(here)[-1] is Connection.ON, "the connection stood all the time"
        assert beta.calls == []


def rpcs() -> Iterator[tuple[str, Any]]:
    """Every RPC of the contract, and the descriptor of its request."""
    for module in pkgutil.iter_modules(sesam_api.v1.__path__):
        if module.name.endswith("_pb2"):
            found = importlib.import_module(f"sesam_api.v1.{module.name}")
            for service in found.DESCRIPTOR.services_by_name.values():
                for method in service.methods:
                    yield f"{service.name}.{method.name}", method.input_type


LAB = Registration("lab", "Lab", "", "h", 1, b"", "")


@dataclass
class Observed:
    """What `calls` needs of a session of a location that is only observed."""

    registration: Registration = LAB
    trouble: None = None
    observed_by: str | None = ""
    code: str = ""

    @property
    def link(self) -> Link:
        return Link(self, ())  # type: ignore[arg-type]

    @property
    def sent(self) -> set[Any]:
        return set()


RPCS = dict(rpcs())


@pytest.mark.parametrize("name", sorted(RPCS))
def test_no_rpc_that_changes_something_passes(name: str) -> None:
    request_type = RPCS[name]
    request = GetMessageClass(request_type)()
    is_reading = name.partition(".")[2].startswith(READING)
    assert is_reading == ("request_id" not in request_type.fields_by_name)
    reached: list[Message] = []

    async def answer(asked: Message, **_more: object) -> Message:
        reached.append(asked)
        return asked

    async def messages(asked: Message) -> Any:
        yield await answer(asked)

    class Streaming:
        def __init__(self, asked: Message, **_more: object) -> None:
            self._messages = messages(asked)

        def __aiter__(self) -> Any:
            return self._messages

        def cancel(self) -> None:
            return None

    async def stream(site: Any) -> None:
        async for _message in calls.stream(site, lambda _channel: Streaming, request, 1.0):
            pass

    site: Any = Observed()
    for asked in (
        calls.read(site, lambda _channel: answer, request, 1.0),
        calls.change(site, lambda _channel: answer, request, 1.0),
        stream(site),
    ):
        if is_reading:
            asyncio.run(asked)
        else:
            with pytest.raises(LocationError) as caught:
                asyncio.run(asked)
            assert caught.value.trouble is Trouble.OBSERVED
    assert len(reached) == (3 if is_reading else 0)


def test_every_call_of_the_desk_goes_that_way() -> None:
    """Nobody else uses a session's channel; the watch, the enrolment of what is not listed yet and
    the doctor have channels of their own."""
    direct = re.compile(r"\.link\b|calls\.send\(|\bchannel_to\(|pinned_channel\(")
    found = {path.name for path in REMOTE.glob("*.py") if direct.search(path.read_text())}
    assert found == {"calls.py", "channel.py", "doctor.py", "enrolment.py", "session.py"}


def test_an_answer_that_was_lost_before_is_not_said_to_be_unsent() -> None:
    async def lost() -> None:
        raise LocationError(Trouble.NO_ANSWER, "lab")

    async def observed() -> None:
        raise LocationError(Trouble.OBSERVED, "lab")

    with pytest.raises(LocationError) as caught:
        asyncio.run(calls.repeated(lost, observed, "lab"))
    assert caught.value.trouble is Trouble.NO_ANSWER, "it may have happened"


# -- off


def test_a_farm_that_is_off_is_not_connected_to(agent: FakeAgent) -> None:
    rig = HubRig()
    here = rig.register(agent, farm="EMEA / DACH")
    rig.farms.change(lambda _none: Farms().adopted(rig.registry.load()))
    rig.farms.change(lambda farms: farm_edits.mark_farm(farms, farms.find("EMEA") or "", OFF))
    with rig:
        rig.until(here, Connection.OFF)
        assert agent.calls == []
        with pytest.raises(LocationError) as caught:
            rig.ask(rig.hub.gateway.order_backup(order(here), new_id()))
        assert caught.value.trouble is Trouble.OFF
        with pytest.raises(FarmError, match="off by the farm EMEA"):
            rig.ask(rig.hub.gateway.change_registration(here, RegistrationChange(is_on=True)))
        mark(rig, "EMEA", Marks())
        rig.until(here, Connection.ON)
        mark(rig, "", OFF)
        rig.until(here, Connection.OFF)
        assert rig.fleet.farms.root == OFF


def test_a_location_that_is_enrolled_lies_where_it_is_said(agent: FakeAgent) -> None:
    rig = HubRig()
    with rig:
        host, _, port = agent.address.rpartition(":")
        gateway = rig.hub.gateway
        presented = rig.ask(gateway.look(host, int(port)))
        token = agent.enrolment_token()
        added = rig.ask(gateway.enrol(presented, token, "", "EMEA / DACH"))
        assert rig.farms.load().path(rig.farms.load().places[added.location_id].farm) == (
            "EMEA / DACH"
        )
        rig.until(added.location_id, Connection.ON)
        rig.ask(gateway.remove_registration(added.location_id))
        rig.wait(lambda: not rig.fleet.locations)
        assert rig.farms.load().places == {}


# -- who may change it


def locked(tmp_path: Path) -> HubRig:
    rig = HubRig()
    rig.lock = LockFile(tmp_path / "desk-lock.json")
    rig.lock.set("", "open sesame", LockState(True))
    rig.over(rig.registry, rig.credentials, rig.pictures)
    return rig


def test_who_does_not_know_the_passphrase_changes_nothing(agent: FakeAgent, tmp_path: Path) -> None:
    rig = locked(tmp_path)
    here = rig.register(agent)
    with rig:
        gateway = rig.hub.gateway
        rig.until(here, Connection.ON)
        before = rig.farms.load()

        def observe(farms: Farms) -> Farms:
            return farm_edits.mark_farm(farms, ROOT, OBSERVES)

        for passphrase, error in (("", PassphraseNeeded), ("wrong", WrongPassphrase)):
            with pytest.raises(error):
                rig.ask(gateway.change_farms(observe, passphrase))
        for change in (RegistrationChange(is_on=False), RegistrationChange(farm="EMEA")):
            with pytest.raises(PassphraseNeeded):
                rig.ask(gateway.change_registration(here, change))
        assert rig.farms.load() == before
        rig.ask(gateway.change_registration(here, RegistrationChange(name="Vienna")))

        rig.ask(gateway.change_farms(observe, "open sesame"))
        rig.ask(gateway.change_registration(here, RegistrationChange(farm="EMEA")))
        rig.ask(gateway.close_changes())
        with pytest.raises(PassphraseNeeded):
            rig.ask(gateway.change_farms(lambda farms: farms))
        with pytest.raises(WrongPassphrase):
            rig.ask(gateway.set_lock("", "another one", LockState(True)))
        rig.ask(gateway.check_passphrase("open sesame"))


def test_the_passphrase_holds_for_five_minutes(tmp_path: Path) -> None:
    time = [1000.0]
    rig = HubRig(clock=lambda: time[0])
    rig.lock = LockFile(tmp_path / "desk-lock.json")
    rig.lock.set("", "open sesame", LockState(True))
    rig.over(rig.registry, rig.credentials, rig.pictures)
    with rig:
        gateway = rig.hub.gateway
        rig.ask(gateway.change_farms(lambda farms: farms, "open sesame"))
        time[0] += 299
        rig.ask(gateway.change_farms(lambda farms: farms))
        time[0] += 1
        with pytest.raises(PassphraseNeeded):
            rig.ask(gateway.change_farms(lambda farms: farms))


def test_what_is_set_on_a_deleted_location_is_not_lost_to_who_may_not_change_it(
    agent: FakeAgent, tmp_path: Path
) -> None:
    rig = locked(tmp_path)
    here = rig.register(agent)
    with rig:
        gateway = rig.hub.gateway
        rig.ask(
            gateway.change_farms(
                lambda farms: farm_edits.mark_location(farms, here, OBSERVES), "open sesame"
            )
        )
        rig.ask(gateway.close_changes())
        rig.ask(gateway.remove_registration(here))
        rig.wait(lambda: not rig.fleet.locations)
        assert rig.fleet.farms.control(here).observed_by == ""


# -- the file


def test_switches_are_kept_from_one_start_to_the_next(agent: FakeAgent, tmp_path: Path) -> None:
    path = tmp_path / "farms.json"
    for number in range(2):
        rig = HubRig()
        rig.farms = FarmFile(path)  # type: ignore[assignment]
        rig.over(rig.registry, rig.credentials, rig.pictures)
        here = rig.register(agent, farm="EMEA")
        with rig:
            rig.until(here, Connection.ON)
            if number == 0:
                mark(rig, "EMEA", OBSERVES)
            assert rig.state(here).control.observed_by == "EMEA"
            assert rig.state(here).registration.farm == "EMEA"


def test_a_desk_whose_farms_are_damaged_only_observes(agent: FakeAgent, tmp_path: Path) -> None:
    path = tmp_path / "farms.json"
    path.write_text("{")
    rig = HubRig()
    rig.farms = FarmFile(path)  # type: ignore[assignment]
    rig.over(rig.registry, rig.credentials, rig.pictures)
    here = rig.register(agent)
    with rig:
        rig.until(here, Connection.ON)
        with pytest.raises(LocationError) as caught:
            rig.ask(rig.hub.gateway.order_backup(order(here), new_id()))
        assert caught.value.trouble is Trouble.OBSERVED
        assert "farms.damaged-1.json" in rig.fleet.farms.root.comment


def test_farms_of_a_newer_desk_keep_this_one_from_starting(tmp_path: Path) -> None:
    path = tmp_path / "farms.json"
    path.write_text('{"kind": "sesam-master farms", "format": 99}')
    rig = HubRig()
    rig.farms = FarmFile(path)  # type: ignore[assignment]
    rig.over(rig.registry, rig.credentials, rig.pictures)
    with pytest.raises(KeepingError, match="format 99"):
        rig.hub.start()


@pytest.mark.logs_warnings
def test_what_cannot_be_kept_holds_until_the_end(agent: FakeAgent, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    rig = HubRig()
    rig.farms = FarmFile(tmp_path / "file" / "farms.json")  # type: ignore[assignment]

    class Full(FarmFile):
        def change(self, edit: Any) -> Farms:
            raise KeepingError("The disk is full.")

    rig.farms = Full(tmp_path / "farms.json")  # type: ignore[assignment]
    rig.over(rig.registry, rig.credentials, rig.pictures)
    here = rig.register(agent, farm="EMEA", is_on=False)
    with rig:
        rig.until(here, Connection.OFF)
        assert rig.state(here).registration.farm == "EMEA"
        with pytest.raises(KeepingError, match="full"):
            mark(rig, "EMEA", OBSERVES)
        assert rig.state(here).control.observed_by is None


def test_another_desk_of_the_profile_is_followed(agent: FakeAgent, tmp_path: Path) -> None:
    path = tmp_path / "farms.json"
    window, other = HubRig(), HubRig()
    for rig in (window, other):
        rig.farms = FarmFile(path)  # type: ignore[assignment]
        rig.over(window.registry, window.credentials, window.pictures)
    here = window.register(agent, farm="EMEA")
    with window, other:
        window.until(here, Connection.ON)
        mark(other, "EMEA", OBSERVES)
        window.wait(lambda: window.state(here).control.observed_by == "EMEA")
        with pytest.raises(LocationError) as caught:
            window.ask(window.hub.gateway.order_backup(order(here), new_id()))
        assert caught.value.trouble is Trouble.OBSERVED


def test_farms_are_exported_and_read(agent: FakeAgent, tmp_path: Path) -> None:
    rig = HubRig()
    rig.farms = FarmFile(tmp_path / "farms.json")  # type: ignore[assignment]
    rig.over(rig.registry, rig.credentials, rig.pictures)
    here = rig.register(agent, farm="EMEA")
    with rig:
        gateway, copy = rig.hub.gateway, str(tmp_path / "copy.json")
        rig.until(here, Connection.ON)
        rig.ask(gateway.export_farms(copy))
        assert rig.ask(gateway.read_farms(copy)) == rig.fleet.farms
        with pytest.raises(KeepingError):
            rig.ask(gateway.read_farms(str(tmp_path / "none.json")))


def test_a_rename_of_the_registry_is_followed_by_the_farms(agent: FakeAgent) -> None:
    rig = HubRig()
    here = rig.register(agent)
    with rig:
        rig.ask(rig.hub.gateway.change_registration(here, RegistrationChange(name="Vienna")))
        rig.wait(lambda: rig.state(here).registration.name == "Vienna")
        assert rig.farms.load().places[here].name == "Vienna"
