"""What a gateway does with components: the one over the wire and the one of the screens' tests do
the same."""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sesam_api.v1 import drives_pb2, tasks_pb2
from sesam_master.core.components import (
    Component,
    Components,
    DataStore,
    Drive,
    MediaPool,
    Medium,
    Retention,
)
from sesam_master.core.components_source import ComponentsSource
from sesam_master.core.draft import bare
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import (
    Access,
    Client,
    CommandSource,
    ExcludeKind,
    Ssh,
    Task,
    TaskOptions,
    TimeReference,
)
from sesam_master.core.states import Connection
from sesam_master.remote import convert, convert_components
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent
from tests.fakes.components import new_site
from tests.fakes.gateway import FakeGateway

WEB = Client(
    "web",
    Access.SSH,
    "x",
    Ssh("10.0.0.7", 2222, "backup", "/k", "ssh-ed25519 AAAA", 0),
    locked=True,
)
TASK = Task(
    "home",
    "local",
    (b"/srv/\xff", b"/a\nb"),
    ("*.tmp", " x"),
    "all",
    commands=(CommandSource("ü.sql", (b"dump", b"\xff", b"")),),
)
OPTIONS = TaskOptions(
    ExcludeKind.REGEX,
    b"/etc/\xe4",
    skip_cache_directories=True,
    skip_nodump=True,
    one_file_system=True,
    accept_size_change=(r"\.log$",),
    time_reference=TimeReference.ARCHIVE_BIT,
    without_interfaces=True,
    backup_even_if_pre_fails=True,
)
DRIVE = Drive("Drive_2", 3, active=False, comment="c", group="Fast", data_store="Store_2")
STORE = DataStore("Store_2", b"/backup/\xff", 80, "second")
POOL = MediaPool("KEEP", "Fast", Retention(7, 2, 4, 12, 3), "long")
MEDIUM = Medium(
    "DISK00001",
    pool="DISK",
    data_store="Store_1",
    init_time=datetime(2026, 1, 5, tzinfo=UTC),
    etag="1",
    savesets=4,
    stored_bytes=99,
    newest_sesam_day="2026-11-22",
    eol="2026-12-23",
)
EMPTY = Medium("DISK00002", pool="DISK", data_store="Store_1", etag="1")


@dataclass
class Asked:
    """A gateway, a new location with two media, and how to wait for answers."""

    source: ComponentsSource
    here: str
    ask: Callable[[Coroutine[Any, Any, Any]], Any]

    def whole(self) -> Components:
        found: Components = self.ask(self.source.components(self.here))
        return found

    def add(self, item: Component) -> Any:
        return self.ask(self.source.add_component(self.here, item))

    def change(self, item: Component) -> Any:
        return self.ask(self.source.change_component(self.here, item))

    def remove(self, item: Component) -> None:
        self.ask(self.source.remove_component(self.here, item))

    def refused(self, coroutine: Coroutine[Any, Any, Any]) -> LocationError:
        with pytest.raises(LocationError) as caught:
            self.ask(coroutine)
        assert caught.value.trouble is Trouble.REJECTED
        return caught.value


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("It waits for something.")


def _in_memory() -> Iterator[Asked]:
    site = replace(new_site("a"), media=(MEDIUM, EMPTY))
    yield Asked(FakeGateway(sites={"a": site}), "a", _at_once)


def _over_the_wire() -> Iterator[Asked]:
    with FakeAgent("Alpha") as agent:
        _lay_ready(agent)
        prepared = HubRig()
        here = prepared.register(agent)
        with prepared:
            prepared.until(here, Connection.ON)
            yield Asked(prepared.hub.gateway, here, prepared.ask)


def _lay_ready(agent: FakeAgent) -> None:
    location, site = agent.location, new_site("")
    location.put_client("local")
    location.drives["Drive_1"] = drives_pb2.Drive(name="Drive_1", streams=2, active=True, etag="1")
    for store in site.stores or ():
        message = convert_components.store_message(store)
        message.capacity_bytes = store.capacity_bytes or 0
        message.free_bytes = store.free_bytes or 0
        location.stores[store.name] = message
    for pool in site.pools or ():
        location.pools[pool.name] = convert_components.pool_message(pool)
    for medium in (MEDIUM, EMPTY):
        held = convert_components.medium_message(medium)
        held.pool, held.data_store = medium.pool, medium.data_store
        held.savesets, held.stored_bytes = medium.savesets, medium.stored_bytes
        held.newest_sesam_day, held.eol = medium.newest_sesam_day, medium.eol
        if medium.init_time is not None:
            held.init_time.FromDatetime(medium.init_time)
        location.media[medium.label] = held


@pytest.fixture(params=[_in_memory, _over_the_wire], ids=["memory", "wire"])
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    yield from request.param()


def test_a_new_location_has_what_every_one_has(asked: Asked) -> None:
    whole, new = asked.whole(), new_site(asked.here)

    assert whole == replace(new, media=(MEDIUM, EMPTY), as_of=whole.as_of)
    assert not whole.is_kept


@pytest.mark.parametrize(
    "item",
    [WEB, TASK, replace(TASK, options=OPTIONS), DRIVE, STORE, POOL],
    ids=["client", "task", "options", "drive", "store", "pool"],
)
def test_every_field_comes_back_as_it_was_given(asked: Asked, item: Component) -> None:
    made = asked.add(item)

    assert made.etag
    assert bare(made) == item
    whole = asked.whole()
    everything = (*whole.clients, *whole.tasks, *whole.drives, *(whole.stores or ()))
    assert made in (*everything, *(whole.pools or ()))


@pytest.mark.parametrize(
    ("item", "changes"),
    [
        (WEB, {"access": Access.LOCAL, "ssh": None, "locked": False}),
        (TASK, {"sources": (b"/x",), "options": OPTIONS, "comment": ""}),
        (DRIVE, {"streams": 9, "active": True}),
        (STORE, {"high_water_mark": 100}),
        (POOL, {"retention": Retention(0, 0, 0, 0, 0)}),
    ],
    ids=["client", "task", "drive", "store", "pool"],
)
def test_a_change_of_another_version_is_refused(
    asked: Asked, item: Component, changes: dict[str, Any]
) -> None:
    first = asked.add(item)
    second = asked.change(replace(first, **changes))

    assert bare(second) == replace(item, **changes)
    assert second.etag != first.etag
    for late in (
        asked.source.change_component(asked.here, first),
        asked.source.remove_component(asked.here, first),
    ):
        error = asked.refused(late)
        assert (error.reason, error.metadata["name"]) == ("CHANGED_MEANWHILE", item.name)
    asked.remove(second)
    whole = asked.whole()
    assert whole == replace(new_site(asked.here), media=(MEDIUM, EMPTY), as_of=whole.as_of)


def test_of_a_medium_protection_and_comment_are_changed(asked: Asked) -> None:
    changed = asked.change(replace(bare(MEDIUM), etag="1", write_protected=True, comment="kept"))

    assert changed == replace(MEDIUM, etag=changed.etag, write_protected=True, comment="kept")
    assert changed.etag != "1"
    asked.remove(EMPTY)
    assert asked.whole().media == (changed,)


@pytest.mark.parametrize(
    ("reason", "about", "question"),
    [
        ("ALREADY_EXISTS", "local", lambda s, at: s.add_component(at, replace(WEB, name="local"))),
        ("ALREADY_EXISTS", "DISK", lambda s, at: s.add_component(at, replace(POOL, name="DISK"))),
        ("CLIENT_NOT_FOUND", "web", lambda s, at: s.change_component(at, WEB)),
        ("TASK_NOT_FOUND", "home", lambda s, at: s.remove_component(at, TASK)),
        ("DRIVE_NOT_FOUND", "Drive_2", lambda s, at: s.change_component(at, DRIVE)),
        ("STORE_NOT_FOUND", "Store_2", lambda s, at: s.remove_component(at, STORE)),
        ("POOL_NOT_FOUND", "KEEP", lambda s, at: s.change_component(at, POOL)),
        ("MEDIUM_NOT_FOUND", "x", lambda s, at: s.change_component(at, Medium("x"))),
    ],
)
def test_a_refusal_has_its_reason(
    asked: Asked,
    reason: str,
    about: str,
    question: Callable[[ComponentsSource, str], Coroutine[Any, Any, Any]],
) -> None:
    error = asked.refused(question(asked.source, asked.here))

    assert error.reason == reason
    assert about in error.metadata.values()


def test_a_client_with_tasks_is_not_removed(asked: Asked) -> None:
    asked.add(TASK)
    client = asked.whole().clients[0]
    error = asked.refused(asked.source.remove_component(asked.here, client))

    assert (error.reason, error.metadata) == (
        "CLIENT_IN_USE",
        {"client": "local", "tasks": "home"},
    )


def test_what_this_desk_does_not_know_is_none_and_is_never_sent() -> None:
    message = convert_components.options_message(TaskOptions())
    message.exclude_kind = 77
    read = convert.task(_task_message(message))

    assert read.options.exclude_kind is None
    with pytest.raises(KeyError):
        convert_components.options_message(read.options)


def test_an_older_agent_says_no_options_and_no_group() -> None:
    assert convert.task(_task_message(None)).options == TaskOptions()
    drive = convert_components.drive(drives_pb2.Drive(name="d", streams=1, active=True))
    assert (drive.group, drive.data_store) == ("Drives", "Store_1")


def _task_message(options: Any) -> Any:
    return tasks_pb2.Task(name="home", client="local", options=options)
