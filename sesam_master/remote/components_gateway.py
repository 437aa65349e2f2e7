"""What the screens ask of a location's components and do with them, over the sessions' channels."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from sesam_api.v1 import drives_pb2, loaders_pb2, media_pb2, tasks_pb2, topology_pb2
from sesam_api.v1.drives_pb2_grpc import DriveServiceStub
from sesam_api.v1.loaders_pb2_grpc import LoaderServiceStub
from sesam_api.v1.media_pb2_grpc import MediaServiceStub
from sesam_api.v1.tasks_pb2_grpc import TaskServiceStub
from sesam_api.v1.topology_pb2_grpc import TopologyServiceStub
from sesam_master.core.components import (
    AnyComponent,
    Component,
    Components,
    DataStore,
    Drive,
    Loader,
    MediaPool,
    Medium,
)
from sesam_master.core.errors import LocationError
from sesam_master.core.records import Access, Client, Task
from sesam_master.remote import calls, convert, convert_components
from sesam_master.remote.roster import Roster
from sesam_master.remote.session import Session
from sesam_master.remote.times import Times

PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class _Kind:
    """How objects of one kind go over the wire.

    Attributes:
        field, listed: their name in answers, and in those of lists.
        word: in the names of the calls, which belong to `stub` and take messages of `requests`.
        created, updated: the fields of these requests.
    """

    field: str
    listed: str
    word: str
    list_word: str
    stub: Callable[..., Any]
    requests: Any
    record: Callable[[Any], Any]
    created: Callable[[Any], dict[str, Any]]
    updated: Callable[[Any], dict[str, Any]]

    def call(self, verb: str) -> tuple[calls.Call, Callable[..., Message]]:
        """A call and the request that it takes."""
        name = f"{verb}{self.list_word if verb == 'List' else self.word}"
        request: Callable[..., Message] = getattr(self.requests, f"{name}Request")
        return lambda channel: getattr(self.stub(channel), name), request


def _client_fields(client: Client) -> dict[str, Any]:
    fields = {
        "name": client.name,
        "access": convert.ACCESS_NUMBERS[client.access],
        "comment": client.comment,
        "locked": client.locked,
    }
    if client.access is Access.SSH and client.ssh is not None:
        fields["ssh"] = convert_components.ssh_message(client.ssh)
    return fields


def _task_fields(task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "sources": task.sources,
        "excludes": task.excludes,
        "comment": task.comment,
        "options": convert_components.options_message(task.options),
    }


def _created_task(task: Task) -> dict[str, Any]:
    commands = convert_components.command_messages(task.commands)
    return _task_fields(task) | {"client": task.client, "commands": commands}


def _updated_task(task: Task) -> dict[str, Any]:
    commands = convert_components.command_messages(task.commands)
    return _task_fields(task) | {
        "etag": task.etag,
        "commands": tasks_pb2.CommandSources(commands=commands),
    }


def _with_etag(fields: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    return lambda item: fields(item) | {"etag": item.etag}


def _whole(field: str, message: Callable[[Any], Message]) -> Callable[[Any], dict[str, Any]]:
    return lambda item: {field: message(item)}


def _kind_of_messages(
    *names: str,
    stub: Callable[..., Any],
    requests: Any,
    record: Callable[[Any], Any],
    message: Callable[[Any], Message],
) -> _Kind:
    """Of objects that are sent as one message."""
    field, listed, word, list_word = names
    fields = _whole(field, message)
    return _Kind(field, listed, word, list_word, stub, requests, record, fields, fields)


_KINDS: dict[type, _Kind] = {
    Client: _Kind(
        *("client", "clients", "Client", "Clients", TopologyServiceStub, topology_pb2),
        convert.client,
        _client_fields,
        _with_etag(_client_fields),
    ),
    Task: _Kind(
        *("task", "tasks", "Task", "Tasks", TaskServiceStub, tasks_pb2),
        convert.task,
        _created_task,
        _updated_task,
    ),
    Drive: _kind_of_messages(
        *("drive", "drives", "Drive", "Drives"),
        stub=DriveServiceStub,
        requests=drives_pb2,
        record=convert_components.drive,
        message=convert_components.drive_message,
    ),
    DataStore: _kind_of_messages(
        *("data_store", "data_stores", "DataStore", "DataStores"),
        stub=MediaServiceStub,
        requests=media_pb2,
        record=convert_components.store,
        message=convert_components.store_message,
    ),
    MediaPool: _kind_of_messages(
        *("pool", "pools", "MediaPool", "MediaPools"),
        stub=MediaServiceStub,
        requests=media_pb2,
        record=convert_components.pool,
        message=convert_components.pool_message,
    ),
    Medium: _kind_of_messages(
        *("medium", "media", "Medium", "Media"),
        stub=MediaServiceStub,
        requests=media_pb2,
        record=convert_components.medium,
        message=convert_components.medium_message,
    ),
    Loader: _kind_of_messages(
        *("loader", "loaders", "Loader", "Loaders"),
        stub=LoaderServiceStub,
        requests=loaders_pb2,
        record=convert_components.loader,
        message=convert_components.loader_message,
    ),
}


class ComponentsGateway:
    """Implements core.components_source.ComponentsSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def components(self, location_id: str) -> Components:
        self._roster.registration(location_id)
        try:
            session = self._roster.session(location_id)
            found = await asyncio.gather(*(self._all_of(session, kind) for kind in _KINDS.values()))
        except LocationError:
            kept = self._roster.remembered(location_id)
            if kept is None or self._roster.is_on(location_id):
                raise
            live, as_of = kept
            return _remembered(location_id, live.component_messages(), as_of)
        clients, tasks, drives, stores, pools, media, loaders = found
        return Components(
            *(location_id, clients, tasks, drives, stores, pools, media),
            as_of=datetime.now(UTC),
            loaders=loaders,
        )

    async def components_of(
        self, location_id: str, kind: type[AnyComponent]
    ) -> tuple[AnyComponent, ...]:
        session = self._roster.session(location_id)
        return await self._all_of(session, _KINDS[kind])

    async def add_component(self, location_id: str, item: AnyComponent) -> AnyComponent:
        kind = _KINDS[type(item)]
        made: AnyComponent = await self._put_component(
            location_id, kind, "Create", kind.created(item)
        )
        return made

    async def change_component(self, location_id: str, item: AnyComponent) -> AnyComponent:
        kind = _KINDS[type(item)]
        made: AnyComponent = await self._put_component(
            location_id, kind, "Update", kind.updated(item)
        )
        return made

    async def remove_component(self, location_id: str, item: Component) -> None:
        field = "label" if isinstance(item, Medium) else "name"
        fields = {field: item.name, "etag": item.etag}
        await self._change_component(location_id, _KINDS[type(item)], "Delete", fields)

    async def _put_component(
        self, location_id: str, kind: _Kind, verb: str, fields: dict[str, Any]
    ) -> Any:
        answer = await self._change_component(location_id, kind, verb, fields)
        return kind.record(getattr(answer, kind.field))

    async def _change_component(
        self, location_id: str, kind: _Kind, verb: str, fields: dict[str, Any]
    ) -> Any:
        call, request = kind.call(verb)
        message = request(location_id=location_id, request_id=calls.new_request_id(), **fields)
        session = self._roster.session(location_id)
        # A loader is looked into before it is entered.
        seconds = self._times.robot if kind.field == "loader" else self._times.call
        return await calls.change(session, call, message, seconds)

    async def _all_of(self, session: Session, kind: _Kind) -> tuple[Any, ...]:
        call, request = kind.call("List")
        answers = calls.pages(
            session,
            call,
            lambda token: request(page_size=PAGE_SIZE, page_token=token),
            self._times.list_call,
        )
        messages = [message async for answer in answers for message in getattr(answer, kind.listed)]
        return _records(kind, messages)


def _records(kind: _Kind, messages: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(map(kind.record, messages), key=lambda record: record.name))


def _remembered(
    location_id: str, messages: dict[str, Iterable[Any]], as_of: datetime
) -> Components:
    """What a watch tells is kept; the rest is not told by it."""
    clients, tasks, drives = (
        _records(kind, messages[kind.listed])
        for kind in map(_KINDS.__getitem__, (Client, Task, Drive))
    )
    return Components(
        *(location_id, clients, tasks, drives, None, None, None), as_of=as_of, is_kept=True
    )
