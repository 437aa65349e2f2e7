"""Calls to one location: deadline, one repetition of a lost answer, and the agent's reason."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.remote.channel import Metadata, location_error
from sesam_master.remote.session import Link, Session

Answer = TypeVar("Answer", bound=Message)
Result = TypeVar("Result")
Call = Callable[[grpc.aio.Channel], Any]

MOST_PAGES = 200  # of 1000: no location has so much of one kind
_LOST = frozenset({Trouble.UNREACHABLE, Trouble.NO_ANSWER})


def new_request_id() -> str:
    return str(uuid.uuid4())


async def send(
    channel: grpc.aio.Channel,
    metadata: Metadata,
    location_id: str,
    call: Call,
    request: Message,
    seconds: float,
) -> Any:
    """One try. Raises LocationError."""
    try:
        return await call(channel)(request, metadata=metadata, timeout=seconds)
    except grpc.aio.AioRpcError as error:
        raise location_error(location_id, error) from error
    except grpc.aio.UsageError as error:  # the channel was closed before the call
        raise LocationError(Trouble.UNREACHABLE, location_id) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # The session closed its channel, which cancels the calls on it.
        raise LocationError(Trouble.UNREACHABLE, location_id) from error


async def read(session: Session, call: Call, request: Message, seconds: float) -> Any:
    """Asks for what changes nothing. Raises LocationError."""
    return await _send_over(_link(session), session, call, request, seconds)


async def stream(
    session: Session, call: Call, request: Message, seconds: float
) -> AsyncGenerator[Any, None]:
    """The messages of a stream that has an end; whoever stops reading cancels the call. Raises
    LocationError."""
    link, location_id = _link(session), session.registration.location_id
    _obey(session, request)
    messages = None
    try:
        messages = call(link.channel)(request, metadata=link.metadata, timeout=seconds)
        async for message in messages:
            yield message
    except grpc.aio.AioRpcError as error:
        raise location_error(location_id, error) from error
    except grpc.aio.UsageError as error:  # the channel was closed before the call
        raise LocationError(Trouble.UNREACHABLE, location_id) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # The session closed its channel, which cancels the calls on it.
        raise LocationError(Trouble.UNREACHABLE, location_id) from error
    finally:
        if messages is not None:
            messages.cancel()


async def pages(
    session: Session, call: Call, request: Callable[[str], Message], seconds: float
) -> AsyncIterator[Any]:
    """The answers of a list, page after page to its end; `request` makes the question that goes on
    at a token. Raises LocationError, INTERNAL for a list without an end: what is cut off would look
    whole."""
    token = ""
    for _ in range(MOST_PAGES):
        answer = await read(session, call, request(token), seconds)
        yield answer
        token = answer.next_page_token
        if not token:
            return
    raise LocationError(Trouble.INTERNAL, session.registration.location_id)


async def to_its_end(sent: set[asyncio.Task[Result]], work: Coroutine[Any, Any, Result]) -> Result:
    """Its result. It goes on also when nobody waits for it any more, such as a window that was
    closed: what was sent may have happened, so that it is not cut short. `sent` holds it until
    then."""
    task = asyncio.create_task(work)
    sent.add(task)
    task.add_done_callback(sent.discard)
    # Else asyncio reports the failure of one that nobody waits for as forgotten.
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return await asyncio.shield(task)


async def change(session: Session, call: Call, request: Message, seconds: float) -> Any:
    """Asks for a change; the request must carry a request id. If the answer was lost, the same
    request is sent once more. Raises LocationError: NO_ANSWER if it may have happened."""
    return await to_its_end(session.sent, _change(session, call, request, seconds))


async def _change(session: Session, call: Call, request: Message, seconds: float) -> Any:
    link = _link(session)  # without one nothing is sent, and nothing can have happened
    code, session.code = session.code, ""
    coded = _with_code(call, code) if code else call

    async def once_more() -> Any:
        async with asyncio.timeout(seconds):
            await session.is_proved.wait()
        return await read(session, coded, request, seconds)

    return await repeated(
        lambda: _send_over(link, session, coded, request, seconds),
        once_more,
        session.registration.location_id,
    )


def _with_code(call: Call, code: str) -> Call:
    """The same call with a one-time code, which is good for its repetition, too."""

    def coded(channel: grpc.aio.Channel) -> Any:
        method = call(channel)
        return lambda message, metadata, timeout: method(
            message, metadata=(*metadata, ("sesam-otp", code)), timeout=timeout
        )

    return coded


async def repeated(
    first: Callable[[], Awaitable[Any]],
    second: Callable[[], Awaitable[Any]],
    location_id: str,
    reason: str = "",
) -> Any:
    """Sends the second if the answer of the first was lost; both carry the same request id. Raises
    LocationError: NO_ANSWER with the reason if it may have happened."""
    try:
        return await first()
    except LocationError as lost:
        if lost.trouble not in _LOST:
            raise
    try:
        return await second()
    except TimeoutError as error:
        raise LocationError(Trouble.NO_ANSWER, location_id, reason) from error
    except LocationError as lost:
        if lost.trouble in _LOST or lost.trouble is Trouble.OBSERVED:
            raise LocationError(Trouble.NO_ANSWER, location_id, reason) from lost
        raise


async def _send_over(
    link: Link, session: Session, call: Call, request: Message, seconds: float
) -> Any:
    location_id = session.registration.location_id
    _obey(session, request)
    return await send(link.channel, link.metadata, location_id, call, request, seconds)


def _obey(session: Session, request: Message) -> None:
    """Whatever changes something carries a request id, by contract; so none of it leaves a desk
    that only observes the location. Raises LocationError OBSERVED."""
    if session.observed_by is None or "request_id" not in request.DESCRIPTOR.fields_by_name:
        return
    location_id = session.registration.location_id
    raise LocationError(Trouble.OBSERVED, location_id, metadata={"by": session.observed_by})


def _link(session: Session) -> Link:
    if session.link is not None:
        return session.link
    trouble = session.trouble
    metadata = {"step": trouble.step, "found": trouble.detail} if trouble else {}
    raise LocationError(Trouble.UNREACHABLE, session.registration.location_id, metadata=metadata)
