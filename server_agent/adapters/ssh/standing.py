"""What stands at the target of a restore at a client over SSH."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from server_agent.adapters.ssh import refusals
from server_agent.adapters.ssh.client import SshClient
from server_agent.adapters.tar import private
from server_agent.adapters.tar.standing import Look, Wanted
from server_agent.adapters.tar.target import below
from server_agent.domain.overwriting import Standing
from server_agent.ports import Control

_NANOSECONDS = 10**9
# A record for each path that is there, in the order of the input: kind, kind behind a link, whether
# it is an empty directory, modify time, path.
_FIND = b"""
find "$@" -maxdepth 0 \\( -type d -empty -printf 'y' -o -printf 'n' \\) \\
    -printf ' %y %Y %T@ %p\\0' 2>/dev/null
:
"""
_LOOK = [b"sh", b"-c", b'xargs -0 -r sh -c "$1" sh && printf "\\0"', b"sh", _FIND.strip()]


def look_there(client: SshClient, target: bytes, words: Path, control: Control) -> Look:
    """For a target at a client. What cannot be seen counts as nothing. `words`: where a list is
    kept meanwhile.

    Raises, while it is gone through:
        EngineError: CLIENT_UNFIT, CLIENT_LOST and others.
        Cancelled: the control said so.
    """

    def look(
        wanted: Callable[[], Iterator[Wanted]],
    ) -> Iterator[tuple[Wanted, Standing | None]]:
        try:
            with open(words, "xb", opener=private.opener) as file:
                file.writelines(below(target, each.path) + b"\0" for each in wanted())
            found = _records(client, words, control)
            record = next(found, None)
            for each in wanted():
                place = below(target, each.path)
                if record is not None and record[-1] == place:
                    yield each, _standing(each, record)
                    record = next(found, None)
                else:
                    yield each, None
        finally:
            words.unlink(missing_ok=True)

    return look


def _records(client: SshClient, words: Path, control: Control) -> Iterator[list[bytes]]:
    rest, complaint, is_whole = b"", bytearray(), False
    with client.start(_LOOK, control, fed_from=words) as child:
        while child.talks:
            for output in child.ready():
                data = child.read(output)
                if output != "out":
                    complaint.extend(data)
                    continue
                *records, rest = (rest + data).split(b"\0")
                for record in records:
                    if not record:
                        is_whole = True
                    else:
                        yield record.split(b" ", 4)
        status = child.wait()
    if status or not is_whole:
        said = complaint.decode("utf-8", "backslashreplace").strip()
        reason = f"what is at the target cannot be seen: {said or f'find ended with {status}'}"
        raise refusals.unfit(client.reach, reason)


def _standing(wanted: Wanted, record: list[bytes]) -> Standing:
    is_empty, kind, leads_to, modified, _ = record
    is_directory = kind == b"d" or (wanted.key is None and leads_to == b"d")
    modify_ns = int(Decimal(modified.decode("ascii")) * _NANOSECONDS)
    return Standing(is_directory, modify_ns, is_directory and is_empty != b"y")
