"""The components of a real agent as a desk reads and changes them."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sesam_master.core.component_rules import faults
from sesam_master.core.components import (
    Component,
    Components,
    DataStore,
    Drive,
    MediaPool,
    Retention,
)
from sesam_master.core.draft import bare
from sesam_master.core.errors import LocationError
from sesam_master.core.records import (
    Access,
    BackupType,
    Client,
    CommandSource,
    ExcludeKind,
    Ssh,
    Task,
    TaskOptions,
    TimeReference,
)
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import JobState
from tests.desk.remote.rig import PATIENT, HubRig
from tests.e2e.agent_process import AgentProcess
from tests.e2e.test_desk_and_agent import enrol

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIIDqtU0YRZH1UgkAPvEfSJ9P0C0m2m1cBVB7pS8yq1aM"
SSH = Ssh("10.0.0.7", 2222, "backup", "/root/.ssh/id", f"ssh-ed25519 {KEY}", 30)


class Site:
    """A real agent at a desk, with a directory `data`."""

    def __init__(self, rig: HubRig, agent: AgentProcess, place: Path) -> None:
        self.rig = rig
        self.here = enrol(rig, agent)
        self.gateway = rig.hub.gateway
        self.data = place / "data"
        self.agent = agent
        self.place = place
        self.data.mkdir()

    def whole(self) -> Components:
        return self.rig.ask(self.gateway.components(self.here))

    def add(self, item: Component) -> Component:
        return self.rig.ask(self.gateway.add_component(self.here, item))

    def change(self, item: Component) -> Component:
        return self.rig.ask(self.gateway.change_component(self.here, item))

    def remove(self, item: Component) -> None:
        self.rig.ask(self.gateway.remove_component(self.here, item))

    def refused(self, coroutine: object) -> LocationError:
        with pytest.raises(LocationError) as caught:
            self.rig.ask(coroutine)  # type: ignore[arg-type]
        return caught.value

    def back_up(self, task: str) -> JobState:
        """A full backup, to its end."""
        order = BackupOrder(StartObject(self.here, task=task), BackupType.FULL)
        made = self.rig.ask(self.gateway.order_backup(order, str(uuid.uuid4())))
        key = made.jobs[0].id

        def state() -> JobState:
            picture = self.rig.state(self.here).picture
            job = picture.jobs.get(key) if picture is not None else None
            return job.state if job is not None and not job.is_open else JobState.UNKNOWN

        self.rig.wait(lambda: state() is not JobState.UNKNOWN)
        return state()


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        place = Path(directory)
        agent = AgentProcess(place / "root", place)
        agent.start()
        try:
            with HubRig(PATIENT) as rig:
                yield Site(rig, agent, place)
        finally:
            agent.close()


def test_a_task_made_at_the_desk_is_backed_up(site: Site) -> None:
    odd = os.fsencode(site.data) + b"/odd \xe4\xff\n"
    os.mkdir(odd)
    for name in (b"keep.txt", b"leave.tmp"):
        Path(os.fsdecode(odd + b"/" + name)).write_bytes(b"x" * 100)
    site.add(Client("here", Access.LOCAL, "by the desk"))
    task = site.add(Task("odd", "here", (odd,), ("*.tmp",), ""))
    before = site.whole()

    assert site.back_up("odd") is JobState.OK

    whole = site.whole()
    assert task in whole.tasks
    held = [medium for medium in whole.media or () if medium.savesets]
    assert [(medium.savesets, medium.pool) for medium in held] == [(1, "DISK")]
    assert held[0].stored_bytes > 0
    assert held[0].init_time is not None
    assert before.media is not None
    found = site.rig.ask(site.gateway.savesets(site.here, "odd", ""))
    assert found.savesets[0].label == held[0].label
    assert found.savesets[0].sources == (odd,)
    page = site.rig.ask(site.gateway.entries(site.here, found.savesets[0].name, odd, ""))
    assert [entry.path for entry in page.entries] == [odd + b"/keep.txt"]


def test_a_new_agent_has_what_a_backup_needs(site: Site) -> None:
    whole = site.whole()

    assert [drive.name for drive in whole.drives] == ["Drive_1"]
    assert [pool.name for pool in whole.pools or ()] == ["DISK"]
    assert whole.pools is not None
    assert whole.pools[0].drive_group == whole.drives[0].group
    assert whole.stores is not None
    store = whole.stores[0]
    assert (store.name, store.fault) == ("Store_1", "")
    assert store.fill is not None
    assert 0 <= store.fill <= 1


def test_every_option_of_a_task_and_a_login_come_back(site: Site) -> None:
    options = TaskOptions(
        ExcludeKind.REGEX,
        b"/etc/\xe4",
        skip_cache_directories=True,
        skip_nodump=True,
        one_file_system=True,
        accept_size_change=(r"\.log$",),
        time_reference=TimeReference.DATABASE,
        without_interfaces=True,
        backup_even_if_pre_fails=True,
    )
    client = Client("web", Access.SSH, "x", SSH, locked=True)
    dump = CommandSource("ü.sql", (b"dump", b"\xff", b""))
    sources = (b"/srv/\xff", b"/a\nb")
    task = Task("all", "web", sources, ("a|b", " c "), "x", options, commands=(dump,))
    assert (faults(client, is_new=True), faults(task, is_new=True)) == ([], [])

    assert bare(site.add(client)) == client
    made = site.add(task)
    assert bare(made) == task
    assert isinstance(made, Task)
    plain = replace(task, options=TaskOptions(), sources=(b"/x",), commands=())
    other = site.change(replace(plain, etag=made.etag))
    assert bare(other) == plain
    late = site.refused(site.gateway.change_component(site.here, made))
    assert late.reason == "CHANGED_MEANWHILE"
    site.remove(other)
    assert "all" not in [one.name for one in site.whole().tasks]


def test_data_stores_drives_and_pools_are_made_changed_and_removed(site: Site) -> None:
    path = os.fsencode(site.place / "second")
    store = site.add(DataStore("Store_2", path, 80, "second"))
    drive = site.add(Drive("Drive_2", 3, active=True, group="Fast", data_store="Store_2"))
    pool = site.add(MediaPool("KEEP", "Fast", Retention(7, 2, 4, 12, 3)))
    assert (site.place / "second").is_dir()
    assert isinstance(store, DataStore)
    assert isinstance(drive, Drive)
    assert isinstance(pool, MediaPool)
    assert store.capacity_bytes

    for item, changed in (
        (store, replace(store, high_water_mark=70)),
        (drive, replace(drive, active=False)),
        (pool, replace(pool, retention=Retention(8))),
    ):
        assert bare(site.change(changed)) == bare(changed)
        assert site.refused(site.gateway.remove_component(site.here, item)).reason == (
            "CHANGED_MEANWHILE"
        )
    whole = site.whole()
    assert whole.stores is not None
    assert whole.pools is not None
    in_use = site.gateway.remove_component(site.here, whole.stores[1])
    assert site.refused(in_use).reason == "STORE_IN_USE"
    for item in (whole.pools[1], whole.drives[1], whole.stores[1]):
        site.remove(item)
    assert (site.place / "second").is_dir()
    left = site.whole()
    assert (len(left.drives), len(left.stores or ()), len(left.pools or ())) == (1, 1, 1)


def test_a_medium_is_protected_and_only_an_empty_one_is_deleted(site: Site) -> None:
    site.add(Client("here", Access.LOCAL, ""))
    site.add(Task("data", "here", (os.fsencode(site.data),), (), ""))
    assert site.back_up("data") in (JobState.OK, JobState.WARNING)
    medium = next(one for one in site.whole().media or () if one.savesets)

    changed = site.change(replace(medium, write_protected=True, comment="keep"))

    assert changed == replace(medium, etag=changed.etag, write_protected=True, comment="keep")
    refused = site.refused(site.gateway.remove_component(site.here, changed))
    assert refused.reason == "MEDIUM_IN_USE"


def test_the_desk_hears_of_what_others_change(site: Site) -> None:
    site.whole()
    site.add(MediaPool("KEEP", "Drives"))
    site.rig.wait(lambda: any(getattr(e, "is_media_changed", False) for e in site.rig.events))
    before = len(site.rig.events)
    site.add(Drive("Drive_2", 1, active=True))
    site.rig.wait(
        lambda: any(getattr(e, "is_media_changed", False) for e in site.rig.events[before:])
    )


IMPOSSIBLE: tuple[Component, ...] = (
    Client("-x", Access.LOCAL, ""),
    Client("web", Access.SSH, "", replace(SSH, host="")),
    Client("web", Access.SSH, "", replace(SSH, key_file="id")),
    Client("web", Access.SSH, "", replace(SSH, host_key="ssh-ed25519 x")),
    Client("web", Access.SSH, "", replace(SSH, user="-x")),
    DataStore("Store_2", b"relative"),
    DataStore("Store_2", b"/"),
    DataStore("Store_2", b"/a/../b"),
    MediaPool("KEEP12345", "Drives"),
    MediaPool("with blank", "Drives"),
    Drive("Drive_2", 1, active=True, group=" "),
    Task("t", "", (b"/a",), (), ""),
    Task("t", "here", (), (), ""),
    Task("t", "here", (b"a",), (), ""),
    Task("t", "here", (b"/a", b"/a/b"), (), ""),
    Task("t", "here", (b"/a/", b"/a"), (), ""),
    Task("t", "here", (b"/a//b",), (), ""),
    Task("t", "here", (b"/\0",), (), ""),
    Task("t", "here", (b"/a",), ("(",), "", TaskOptions(ExcludeKind.REGEX)),
    Task("t", "here", (b"/a",), (), "", TaskOptions(exclude_file=b"x")),
    Task("t", "here", (b"/a",), (), "", TaskOptions(accept_size_change=("*",))),
)


def test_what_the_desk_calls_a_fault_the_agent_refuses(site: Site) -> None:
    site.add(Client("here", Access.LOCAL, ""))

    for item in IMPOSSIBLE:
        assert faults(item, is_new=True), item
        refused = site.refused(site.gateway.add_component(site.here, item))
        assert refused.reason in ("INVALID_ARGUMENT", "CLIENT_NOT_FOUND"), item
