"""POSIX shell that brings restored files into their places at a client. Pure.

All of a restore comes below a control directory first, `.sesam-….new` on the file system of the
target, where nobody looks for it. It holds

    tree      what tar has made
    data      what hard links need whose own data were not asked for
    pid       the process that moves, while it does
    olds      what was moved out of the way: places, each ended by NUL
    holders   directories `.sesam-….old` beside places, each ended by NUL

Files are renamed over the ones that they replace, and directories that are not there yet as a
whole: at every instant each place has its old or its new version. What stands in the place of a
directory waits in a holder beside it. On another file system a copy is made in a holder first.

Once begun, the moving goes on to its end whatever becomes of the connection.
"""

from collections.abc import Sequence

from server_agent.adapters.ssh import scripts
from server_agent.domain.overwriting import OverwriteRule

END = b"that is all"
PUT_BACK = b"PUT_BACK"
LEFT = b"LEFT_ASIDE"
REPLACED = b"REPLACED"
IN_THE_WAY = b"IN_THE_WAY"
NOT_RESTORED = b"NOT_RESTORED"
NO_DIRECTORY = b"NO_DIRECTORY"

_HOW = {
    OverwriteRule.ALWAYS: b"-f",
    OverwriteRule.NEVER: b"-n",
    OverwriteRule.IF_OLDER: b"-u",
    OverwriteRule.RENAME: b"-n",
}
_LINKS_AT_ONCE = 999  # a multiple of the three words that each has

_BEGIN = b"""
LC_ALL=C
export LC_ALL
name=$1 target=$2 common=$3
umask 022
mkdir -p -- "$target/" || exit 1
target=$(cd -P -- "$target" && pwd -P && echo .) || exit 1
target=${target%??}
base=${target%/}$common
until [ "$base" = "${target%/}" ] || { [ -d "$base/" ] && [ -w "$base/" ]; }; do
    base=${base%/*}
done
base=$(cd -P -- "$base/" && pwd -P && echo .) || exit 1
base=${base%??}
control=${base%/}/$name
mkdir -m 700 -- "$control" || exit 1
if mkdir -- "$control/tree" "$control/data.new" && mv -t "$control/tree" -- "$control/data.new" &&
    mv -T -- "$control/tree/data.new" "$control/data"
then
    :
else
    rm -rf -- "$control"
    exit 1
fi
printf '%s\\0' "$target" "$control"
"""

# What each process that moves has to know. `control`, `target` (empty for the root), `name` and
# `how` come from its environment; `how` is what mv does with what came to a place since the agent
# looked there: -f, or -n and -u, which leave in the tree what they do not move.
_FUNCTIONS = b"""
say() { printf '%s\\0' "$@" >>"$control/said"; }
is_there() { [ -e "$1" ] || [ -L "$1" ]; }
device() { stat -Lc %d -- "${1:-/}"; }
hold() {
    holder=$1/${name%.new}.old
    [ -d "$holder" ] && return
    printf '%s\\0' "$holder" >>"$control/holders"
    mkdir -m 700 -- "$holder" && mkdir -- "$holder/old" "$holder/new"
}
aside() {
    hold "${1%/*}" || return
    was=
    [ ! -L "$1" ] || was=$(readlink -- "$1")
    printf '%s\\0' "$1" "$holder/old/${1##*/}" >>"$control/olds"
    sync "$control/olds" 2>/dev/null || sync
    mv -T -- "$1" "$holder/old/${1##*/}"
}
way() {
    [ -d "${1:-/}" ] && return
    way "${1%/*}" || return
    if is_there "$1" && [ "$how" != -f ]; then return 1; fi
    if is_there "$1"; then aside "$1" || return; say REPLACED "${1#"$target"}" "$was"; fi
    mkdir -m 755 -- "$1"
}
put() {
    if [ "$(device "${2%/*}")" = "$own" ]; then
        mv -T -- "$1" "$2"
        return
    fi
    hold "${2%/*}" || return
    if cp -a -T -- "$1" "$holder/new/put" && sync && mv -T -- "$holder/new/put" "$2"; then
        rm -rf -- "$1"
    else
        rm -rf -- "$holder/new/put"
    fi
}
move() {
    if [ "$(device "$1")" = "$own" ]; then
        xargs -0 -r mv $how -t "${1:-/}" --
        return
    fi
    cat >"$control/list"
    hold "$1" || return
    if xargs -0 -r cp -a -t "$holder/new" -- <"$control/list" && sync; then
        find "$holder/new" -mindepth 1 -maxdepth 1 -print0 | xargs -0 -r mv $how -t "${1:-/}" --
        xargs -0 -r sh -c "$functions
came \\"\\$@\\"" sh "$holder/new" <"$control/list"
    fi
    find "$holder/new" -mindepth 1 -delete
}
came() {
    new=$1
    shift
    for file do is_there "$new/${file##*/}" || rm -f -- "$file"; done
}
may_go() {
    case $how in
    -f) ;;
    -u) [ "$(find "$1" -prune -newer "$2")" ] ;;
    *) false ;;
    esac
}
makes_room() {
    [ "$how" != -n ] || [ -L "$1" ] || [ ! -d "$1" ] || return
    [ -L "$1" ] || [ ! -d "$1" ] || rmdir -- "$1" 2>/dev/null
}
files() {
    for file in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        [ -L "$file" ] || { [ -e "$file" ] && [ ! -d "$file" ]; } || continue
        makes_room "$2/${file##*/}" && printf '%s\\0' "$file"
    done | move "$2"
}
merge() {
    for directory do
        [ -d "$directory" ] || continue
        place=$target${directory#"$control/tree"}
        if [ -L "$place" ] || { [ -e "$place" ] && [ ! -d "$place" ]; }; then
            may_go "$directory" "$place" && aside "$place" && put "$directory" "$place" &&
                say REPLACED "${place#"$target"}" "$was"
        elif [ ! -d "${place:-/}" ]; then
            put "$directory" "$place"
        else
            files "$directory" "$place"
        fi
    done
}
unmade() {
    for directory do
        place=$target${directory#"$control/tree"}
        if [ -L "$place" ] || [ ! -d "${place:-/}" ]; then
            say NO_DIRECTORY "${place#"$target"}" ''
        fi
    done
}
unmoved() {
    for file do
        place=$target${file#"$control/tree"}
        if [ -d "$place" ] && [ ! -L "$place" ]; then
            say IN_THE_WAY "${place#"$target"}" ''
        else
            say NOT_RESTORED "${place#"$target"}" ''
        fi
    done
}
give_back() {
    while [ $# -gt 1 ]; do
        if is_there "$2"; then
            if ! is_there "$1"; then
                mv -T -- "$2" "$1" && say PUT_BACK "${1#"$target"}" ''
            elif [ "$finished" ]; then
                rm -f -- "$2"
            else
                say LEFT_ASIDE "${1#"$target"}" "$2"
            fi
        fi
        shift 2
    done
}
"""

# The old version of a file that could not be replaced was never moved. What stood in the place of a
# directory goes back if that did not come.
_TIDY = b"""
each() { xargs -0 -r sh -c "$functions
$1 \\"\\$@\\"" sh; }
tidy() {
    [ ! -e "$control/olds" ] || each give_back <"$control/olds"
    if [ -e "$control/holders" ]; then
        xargs -0 -r sh -c 'for holder do
            rm -rf -- "$holder/new"
            rmdir -- "$holder/old" "$holder" 2>/dev/null
        done' sh <"$control/holders"
    fi
}
"""

_COMMIT = b"""
trap '' HUP INT TERM PIPE
LC_ALL=C
functions=%b
control=$1 target=$2 name=$3 how=$4 finished=
own=$(stat -Lc %%d -- "$control")
export LC_ALL functions control target name how own finished
shift 4
eval "$functions"
%b
echo $$ >"$control/pid"
: >"$control/said"
exec 2>"$control/errors"
[ "$(id -u)" = 0 ] || find "$control/tree" -type d ! -perm -700 -exec chmod u+rwx {} +
sync -f "$control" 2>/dev/null || sync
for source do
    staged=$control/tree${source%%/}
    is_there "$staged" || continue
    [ "$source" = / ] || way "$target${source%%/*}"
    if [ -d "$staged" ] && [ ! -L "$staged" ]; then
        find "$staged" -type d -print0 >"$control/directories"
        each merge <"$control/directories"
        each unmade <"$control/directories"
    else
        place=$target$source
        makes_room "$place" && printf '%%s\\0' "$staged" | move "${place%%/*}"
    fi
done
find "$control/tree" ! -type d -print0 | each unmoved
if [ -e "$control/holders" ]; then sync; else sync -f "$control" 2>/dev/null || sync; fi
finished=yes
tidy
exec 5<"$control/said" 6<"$control/errors"
rm -rf -- "$control"
cat <&5
printf '%%s\\0' '%b'
cat <&6
"""

_ABANDON = b"""
LC_ALL=C
functions=%b
name=$1 finished=
target=$(cd -P -- "$2/" 2>/dev/null && pwd -P && echo .) || exit 0
target=${target%%??}
target=${target%%/}
control=$target$3/$name
until [ -d "$control" ]; do
    base=${control%%/*}
    [ "$base" != "$target" ] || exit 0
    control=${base%%/*}/$name
done
export LC_ALL functions control target name finished
%b
waited=0
while [ $waited -lt %d ] && [ -e "$control/pid" ] &&
    grep -q %b= "/proc/$(cat "$control/pid" 2>/dev/null || echo none)/environ" 2>/dev/null
do
    sleep 1
    waited=$((waited + 1))
done
[ -d "$control" ] || exit 0
: >"$control/said"
tidy 2>/dev/null
cat "$control/said"
waited=0
until rm -rf -- "$control" 2>/dev/null || [ $waited -ge 5 ]; do
    sleep 1
    waited=$((waited + 1))
done
if [ -d "$control" ]; then printf '%%s\\0' LEFT_ASIDE '' "$control"; fi
"""

_LINK = b"""
LC_ALL=C
export LC_ALL
[ "$(id -u)" = 0 ] || find "$1" -type d ! -perm -700 -exec chmod u+rwx {} +
xargs -0 -r -n %d sh -c '
while [ $# -gt 2 ]; do
    mkdir -p -- "${3%%/*}" &&
        if [ "$1" = link ]; then ln -P -f -- "$2" "$3"; else mv -f -T -- "$2" "$3"; fi
    shift 3
done' sh
"""

_REMOVE = b"""
for file do
    [ "$(id -u)" = 0 ] || chmod u+rwx -- "${file%/*}"
    if [ -L "$file" ] || [ ! -d "$file" ]; then rm -f -- "$file" || exit; fi
done
"""


def holder_name(name: bytes) -> bytes:
    """Of the directories beside places, by that of the control directory."""
    return name.removesuffix(b".new") + b".old"


def begin(name: bytes, target: bytes, common: bytes) -> bytes:
    """Makes the target and, in its deepest directory that all sources share and that can be
    written, the control directory. Answers the former without symbolic links, and the latter.

    Args:
        name: of the control directory.
        common: what the sources have in common; absolute, or empty.
    """
    return scripts.script(_BEGIN, [name, target, common])


def link(tree: bytes) -> list[bytes]:
    """A program that gives hard links in the tree their data: it reads three words for each, "move"
    or "link", from where, and to where."""
    return [b"sh", b"-c", _LINK.strip() % _LINKS_AT_ONCE, b"sh", tree]


def remove(files: Sequence[bytes]) -> bytes:
    """Removes files of the tree, as far as they are there and no directories."""
    return scripts.script(_REMOVE, files)


def commit(
    control: bytes, target: bytes, name: bytes, sources: Sequence[bytes], rule: OverwriteRule
) -> bytes:
    """Moves all of the tree to the target. Answers triples of a code, a path as in the listing, and
    where it led if it was a link or where its old version is; then END, and what the programs had
    to complain of."""
    body = _COMMIT % (scripts.quoted(_FUNCTIONS), _TIDY, END)
    return scripts.script(body, [control, target.rstrip(b"/"), name, _HOW[rule], *sources])


def abandon(name: bytes, target: bytes, common: bytes, patience_seconds: int) -> bytes:
    """Removes what a restore has left that did not come to its end, and gives back what it had
    moved aside; waits for one that is still moving. Answers triples like `commit`; the last one's
    detail is the control directory if that could not be removed.

    Args:
        name, target, common: as `begin` had them.
    """
    body = _ABANDON % (
        *(scripts.quoted(_FUNCTIONS), _TIDY, patience_seconds),
        scripts.TOKEN.encode("ascii"),
    )
    return scripts.script(body, [name, target, common])
