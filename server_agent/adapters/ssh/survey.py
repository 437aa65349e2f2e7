"""Whether a client over SSH can be used, and what some paths are there: one script and its answer.

The answer is fields that end in NUL: see `_BODY` for their order.
"""

from collections.abc import Iterator, Sequence

from server_agent.adapters.ssh import refusals, scripts
from server_agent.adapters.tar.client import Look, Survey
from server_agent.adapters.tar.extraction import TAR_EXTRACT
from server_agent.adapters.tar.scan import FORMAT
from server_agent.adapters.tar.transfer import TAR_CREATE
from server_agent.domain.quoting import printable
from server_agent.domain.reach import Ssh

_NEEDED = (b"find", b"tar", b"head", b"cat", b"grep", b"readlink", b"mv", b"xargs")
_PACKAGE = {b"find": "findutils", b"xargs": "findutils", b"tar": "tar", b"grep": "grep"}
_END = b"that is all"
_HINT = (
    "Install GNU findutils, tar, coreutils and grep there (Debian, Ubuntu, RHEL: findutils tar"
    " coreutils grep; Alpine: apk add findutils tar coreutils grep), so that they come first in the"
    " PATH of that account's logins. BusyBox and BSD have programs of the same names that cannot do"
    " what is needed"
)

_BODY = b"""
LC_ALL=C TZ=UTC
export LC_ALL TZ
for name in %(needed)b; do
    if command -v $name >/dev/null; then printf '%%s\\0' ''; else printf '%%s\\0' $name; fi
done
if find_says=$(find / -maxdepth 0 -printf %(format)b 2>&1 >/dev/null); then
    find_says=
else
    find_says=${find_says:-nothing}
fi
printf '%%s\\0' "$find_says"
tar_says=$(%(create)b --files-from=/dev/null 2>&1 >/dev/null)
printf '%%s\\0' $? "$tar_says"
tar_says=$(head -c 10240 /dev/zero | %(extract)b 2>&1 >/dev/null)
printf '%%s\\0' $? "$tar_says"
printf '%%s\\0' "$(id -u)" "$(id -g)" "$(cat /proc/self/mountinfo 2>/dev/null)"
for path do
    if kind=$(find "$path" -maxdepth 0 -printf %%y 2>/dev/null); then
        case $path in
        */*[!/]*) above=${path%%/*} ;;
        *) above=/ ;;
        esac
        above=$(readlink -f -- "${above:-/}" && echo .)
        place=$(readlink -f -- "$path" && echo .)
        inside=$(find -H "$path/" -mindepth 1 -maxdepth 1 -printf x -quit 2>/dev/null)
        printf '%%s\\0' "$kind" '' "$above" "$place" "$inside"
    else
        printf '%%s\\0' '' "$(find "$path" -maxdepth 0 2>&1 >/dev/null)" '' '' ''
    fi
done
printf '%%s\\0' '%(end)b'
"""


def script(paths: Sequence[bytes]) -> bytes:
    """Looks at the client and at paths there."""
    body = _BODY % {
        b"needed": b" ".join(_NEEDED),
        b"format": scripts.quoted(FORMAT),
        b"create": scripts.words(TAR_CREATE),
        b"extract": scripts.words(TAR_EXTRACT),
        b"end": _END,
    }
    return scripts.script(body, [path.rstrip(b"/") or b"/" for path in paths])


def read(client: Ssh, answer: bytes, paths: Sequence[bytes]) -> Survey:
    """What the script has answered.

    Raises:
        EngineError: CLIENT_UNFIT.
    """
    *fields, rest = answer.split(b"\0")
    if rest or not fields or fields[-1] != _END:
        raise refusals.unfit(client, f"its /bin/sh is no POSIX shell. {_HINT}")
    found = iter(fields)
    warnings = list(_unfit_programs(client, found))
    uid, gid = int(next(found)), int(next(found))
    mount_table = next(found)
    looks = {path: _look(path, found) for path in paths}
    return Survey(mount_table, looks, uid, gid, tuple(warnings))


def _unfit_programs(client: Ssh, fields: Iterator[bytes]) -> Iterator[str]:
    """Sentences about what they cannot do. Raises EngineError if that is too much."""
    missing = [name.decode("ascii") for name in (next(fields) for _ in _NEEDED) if name]
    if missing:
        raise refusals.unfit(client, f"it has no {', '.join(missing)}. {_HINT}")
    find_says = next(fields)
    if find_says:
        raise refusals.unfit(client, f"its find is not GNU find: it {_says(find_says)}. {_HINT}")
    for doing in ("saved", "restored"):
        status, says = next(fields), next(fields)
        if status != b"0":
            what = f"its tar is not GNU tar, or too old: it {_says(says)}. {_HINT}"
            raise refusals.unfit(client, what)
        if says:
            yield f"not everything can be {doing}: the client's tar {_says(says)}"


def _says(text: bytes) -> str:
    first = text.strip().split(b"\n")[0]
    return f'says "{printable(first)[:200]}"'


def _look(path: bytes, fields: Iterator[bytes]) -> Look:
    kind, complaint, above, place, inside = (next(fields) for _ in range(5))
    if not kind:
        return Look("", printable(complaint.rpartition(b": ")[2]))
    name = path.rstrip(b"/").rpartition(b"/")[2]
    above, place = (each.removesuffix(b".").removesuffix(b"\n") for each in (above, place))
    return Look(
        kind.decode("ascii"),
        "",
        place=above.rstrip(b"/") + b"/" + name if above else path,
        leads_to=place or path,
        has_entries=bool(inside),
    )
