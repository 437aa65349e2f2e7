"""ClientFileService."""

import contextlib
from collections.abc import AsyncGenerator
from typing import TypeVar

from server_agent.domain.errors import ClientUnusable, WrongLocation
from server_agent.domain.jobs import Progress
from server_agent.ports import EngineError
from server_agent.ports.client_files import (
    ClientEntry,
    LeftOutBy,
    LeftOutCause,
    WalkDone,
    WalkEvent,
)
from server_agent.ports.clock import Clock
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.steps import TooLong
from server_agent.rpc.workers import Workers
from server_agent.service.client_files import ClientFiles
from sesam_api.v1 import client_files_pb2 as pb

T = TypeVar("T")

DIRECTORIES_AT_ONCE = 4
DIRECTORY_SECONDS = 60.0
WALKS_AT_ONCE = 2
WALK_SECONDS = 3600.0

CAUSES = {
    LeftOutCause.EXCLUDE: pb.LEFT_OUT_CAUSE_EXCLUDE,
    LeftOutCause.EXCLUDE_FILE: pb.LEFT_OUT_CAUSE_EXCLUDE_FILE,
    LeftOutCause.OTHER_EXCLUDES: pb.LEFT_OUT_CAUSE_OTHER_EXCLUDES,
    LeftOutCause.CACHES: pb.LEFT_OUT_CAUSE_CACHE_DIRECTORIES,
    LeftOutCause.NO_DUMP: pb.LEFT_OUT_CAUSE_NODUMP,
    LeftOutCause.OTHER_FILE_SYSTEMS: pb.LEFT_OUT_CAUSE_OTHER_FILE_SYSTEMS,
    LeftOutCause.KERNEL_FILE_SYSTEMS: pb.LEFT_OUT_CAUSE_KERNEL_FILE_SYSTEMS,
    LeftOutCause.OWN_FILES: pb.LEFT_OUT_CAUSE_OWN_FILES,
    LeftOutCause.SOCKETS: pb.LEFT_OUT_CAUSE_SOCKETS,
    LeftOutCause.UNREADABLE: pb.LEFT_OUT_CAUSE_UNREADABLE,
}


class ClientFileServicer:
    def __init__(
        self, files: ClientFiles, location_id: str, clock: Clock, workers: Workers
    ) -> None:
        self._files = files
        self._location_id = location_id
        self._clock = clock
        self._workers = workers
        self._directories = workers.steps(DIRECTORIES_AT_ONCE, DIRECTORY_SECONDS)
        self._walks = workers.steps(WALKS_AT_ONCE, WALK_SECONDS)

    async def ListClientDirectory(
        self, message: pb.ListClientDirectoryRequest, _call: Call
    ) -> pb.ListClientDirectoryResponse:
        client = lists.text("client", message.client)

        async def answer(size: int) -> pb.ListClientDirectoryResponse:
            try:
                page = await self._directories.one(
                    lambda control: self._files.directory(
                        client, message.directory, message.page_token or None, size, control
                    )
                )
            except TooLong:
                detail = f"It did not answer within {DIRECTORY_SECONDS:.0f} seconds."
                raise ClientUnusable(client=client, detail=detail) from None
            return pb.ListClientDirectoryResponse(
                entries=map(_entry, page.entries),
                next_page_token=page.next_token or "",
                total=page.total,
                is_cut=page.is_cut,
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def TestExcludes(
        self, message: pb.TestExcludesRequest, _call: Call
    ) -> AsyncGenerator[pb.TestExcludesResponse, None]:
        if message.location_id not in ("", self._location_id):
            raise WrongLocation(asked=message.location_id, here=self._location_id)
        request = await self._workers.read(
            self._files.request,
            lists.text("client", message.client),
            tuple(message.sources),
            tuple(message.excludes),
            convert.options_from_wire(message.options),
            lists.text("task", message.task),
        )
        not_compared = self._files.why_not_compared(request, message.task)
        waiting = pb.WalkProgress(waiting=self._walks.are_all_busy)
        yield pb.TestExcludesResponse(progress=waiting)
        walk = self._walks.of(lambda control: self._files.walk(request, control))
        try:
            async with contextlib.aclosing(walk) as events:
                async for event in events:
                    yield self._event(event, not_compared)
        except EngineError as error:
            failure = pb.WalkFailure(code=error.code, text=error.text)
            yield pb.TestExcludesResponse(failure=failure)
        except TooLong:
            text = f"the walk was given up after {WALK_SECONDS / 60:.0f} minutes"
            failure = pb.WalkFailure(code="TOO_LONG", text=f"{text}. Test fewer sources at once")
            yield pb.TestExcludesResponse(failure=failure)

    def _event(self, event: WalkEvent, not_compared: str) -> pb.TestExcludesResponse:
        if isinstance(event, Progress):
            progress = pb.WalkProgress(entries=event.files_done or 0)
            return pb.TestExcludesResponse(progress=progress)
        if isinstance(event, LeftOutBy):
            return pb.TestExcludesResponse(left_out=_left_out(event))
        return pb.TestExcludesResponse(result=self._result(event, not_compared))

    def _result(self, done: WalkDone, not_compared: str) -> pb.WalkResult:
        return pb.WalkResult(
            kept_files=done.kept_files,
            kept_bytes=done.kept_bytes,
            kept_directories=done.kept_directories,
            left_files=done.left_files,
            left_bytes=done.left_bytes,
            largest=[
                pb.DirectorySize(path=each.path, files=each.files, bytes=each.size)
                for each in done.largest
            ],
            warnings=map(_text, done.warnings),
            end_time=convert.timestamp(self._clock.now()),
            compared_with=done.compared_with or None,
            changed_files=done.changed_files,
            changed_bytes=done.changed_bytes,
            not_compared=not_compared,
        )


def _text(text: str) -> str:
    """What an exclude file has need be no text."""
    return convert.text(text.encode("utf-8", "surrogateescape"))


def _left_out(item: LeftOutBy) -> pb.LeftOut:
    return pb.LeftOut(
        cause=CAUSES[item.cause],
        pattern=_text(item.pattern),
        hits=item.hits,
        files=item.files,
        bytes=item.size,
        examples=item.examples,
    )


def _entry(item: ClientEntry) -> pb.ClientEntry:
    return pb.ClientEntry(
        name=item.name,
        kind=convert.ENTRY_KINDS[item.kind],
        size=item.size,
        modify_time=convert.timestamp_of_ns(item.modify_time_ns),
        mode=item.mode,
        link_target=item.link_target,
        is_mount=item.is_mount,
        readable=item.is_readable,
    )
