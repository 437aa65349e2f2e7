"""POSIX shell for the client. Pure.

No argument ever goes through the shell of the account, which may be any: that one only starts
/bin/sh, which says who it is and then reads a script of a known length from its input. A script is
one compound command, so that one that was cut is a mistake and nothing of it runs.
"""

from collections.abc import Sequence

TOKEN = "SESAM_CALL"  # in the environment of all that a call starts
_KILL_ROUNDS = 5


def quoted(argument: bytes) -> bytes:
    """An argument of any bytes but NUL as a word of a POSIX shell."""
    return b"'" + argument.replace(b"'", b"'\\''") + b"'"


def words(arguments: Sequence[str | bytes]) -> bytes:
    return b" ".join(
        quoted(word.encode("utf-8", "surrogateescape") if isinstance(word, str) else word)
        for word in arguments
    )


def mark(token: str) -> str:
    """The first word of a call, by which it is told from all that a login may say before."""
    return f"sesam-{token}"


def greeting(token: str, script_bytes: int) -> str:
    """The command for the shell of the account, free of what any shell takes for its own."""
    return (
        f"exec env {TOKEN}={token} /bin/sh -c"
        " 'echo $1 $$; echo $1 >&2; eval \"$(dd bs=1 count=$2 2>/dev/null)\"'"
        f" sh {mark(token)} {script_bytes}"
    )


def fed_program(command: bytes, umask: int) -> bytes:
    """A program that reads its input from the agent, and ends when that ends."""
    own = b"umask %03o\n" % umask if umask >= 0 else b""
    return b"{\n%bexec %b\n}\n" % (own, command)


def program(command: bytes, input_bytes: int) -> bytes:
    """A program whose input has a known length. What comes after it is only the end of the
    connection: with that all of the call is killed, also what is silent. 255 is how ssh says that
    it failed itself."""
    head = b"head -c %d <&3; " % input_bytes if input_bytes else b""
    return (
        b"{\nexec 3<&0\n"
        b"{ %b{ cat <&3; kill -KILL -$$; } >/dev/null 2>&1 & } | %b 3<&-\n"
        b"status=$?\n[ $status -lt 255 ] || status=254\nexit $status\n}\n" % (head, command)
    )


def script(body: bytes, arguments: Sequence[bytes] = ()) -> bytes:
    """A script with its positional arguments, that goes on to its end by itself."""
    return b"{\nset -- %b\n%b\n}\n" % (words(arguments), body.strip())


def end_programs(token: str, pid: int) -> bytes:
    """Kills all of a call: its process group, if its leader is still there, and whatever has its
    token. Fails where that cannot be told: a system without /proc shows no environments."""
    body = f"""
[ -r /proc/self/environ ] || exit 1
if grep -q {TOKEN}={token} /proc/{pid}/environ 2>/dev/null; then kill -KILL -{pid}; fi
round=0
while [ $round -lt {_KILL_ROUNDS} ]; do
    found=$(grep -l {TOKEN}={token} /proc/[0-9]*/environ 2>/dev/null)
    [ "$found" ] || exit 0
    [ $round -eq 0 ] || sleep 1
    for file in $found; do
        file=${{file#/proc/}}
        kill -KILL "${{file%/environ}}" 2>/dev/null
    done
    round=$((round + 1))
done
exit 1
"""
    return script(body.encode("ascii"))
