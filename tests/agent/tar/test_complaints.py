"""Every line of find and tar is understood, or is an error."""

import pytest

from server_agent.adapters.tar import complaints
from server_agent.adapters.tar.names import member_key, unescaped
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted

MEMBERS = (b"/srv/a", b"/srv/a: b", b"/a")


def is_member(path: bytes) -> bool:
    return path in MEMBERS


SAVING = [
    (b"tar: srv/a: Cannot open: Permission denied", b"/srv/a", "UNREADABLE", "Permission denied"),
    (b"tar: srv/a: Cannot stat: No such file or directory", b"/srv/a", "VANISHED", "vanished"),
    (b"tar: srv/a: File removed before we read it", b"/srv/a", "VANISHED", "vanished"),
    (b"tar: srv/a: file changed as we read it", b"/srv/a", "CHANGED_WHILE_READ", "changed"),
    (
        b"tar: srv/a: File shrank by 4096 bytes; padding with zeros",
        b"/srv/a",
        "CUT_WHILE_READ",
        "lost 4096 bytes",
    ),
    (
        b"tar: srv/a: File shrank by 1 byte; padding with zeros",
        b"/srv/a",
        "CUT_WHILE_READ",
        "lost 1 bytes",
    ),
    (
        b"tar: srv/a: Read error at byte 8192, while reading 10240 bytes: Input/output error",
        b"/srv/a",
        "UNREADABLE",
        "from byte 8192 on",
    ),
    (
        b"tar: srv/a: Warning: Cannot llistxattrat: Permission denied",
        b"/srv/a",
        "ATTRIBUTES_UNREADABLE",
        "attributes",
    ),
    *(
        (
            b"tar: srv/a: Warning: Cannot %s: Input/output error" % call,
            b"/srv/a",
            "ATTRIBUTES_UNREADABLE",
            "Input/output error",
        )
        for call in (b"flistxattr", b"fgetxattr", b"lgetxattrat", b"acl_get_file_at")
    ),
    (b"tar: srv/a: Cannot frobnicate: No reason", b"/srv/a", "TAR", "Cannot frobnicate"),
    (b"tar: srv/a: b: looks odd", b"/srv/a: b", "TAR", "says: looks odd"),
    (
        rb"tar: srv/a: Cannot open\n\377: Cannot open: Permission denied",
        b"/srv/a: Cannot open\n\xff",
        "UNREADABLE",
        "Permission denied",
    ),
    (b"tar: ./: file changed as we read it", b"/", "CHANGED_WHILE_READ", "changed"),
]


@pytest.mark.parametrize(("line", "path", "code", "text"), SAVING)
def test_what_tar_says_of_a_file_that_it_saves(
    line: bytes, path: bytes, code: str, text: str
) -> None:
    message = complaints.of_saving_tar(line, is_member)
    assert message is not None
    assert (message.level, message.path, message.code) == (Level.WARNING, path, code)
    assert quoted(path) in message.text
    assert text in message.text


@pytest.mark.parametrize(
    "line",
    [
        b"tar: -: Cannot write: No space left on device",
        b"tar: Error opening archive: Bad file descriptor",
        b"tar: /tmp/names: Cannot frobnicate",
        b"something else altogether",
    ],
)
def test_what_is_not_about_a_file_is_an_error(line: bytes) -> None:
    message = complaints.of_saving_tar(line, is_member)
    assert message is not None
    assert (message.level, message.path) == (Level.ERROR, None)
    assert message.text == line.decode()


def test_what_only_repeats_others_is_nothing() -> None:
    assert complaints.of_saving_tar(b"", is_member) is None
    line = b"tar: Exiting with failure status due to previous errors"
    assert complaints.of_saving_tar(line, is_member) is None
    assert complaints.of_restoring_tar(line, is_member) is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"tar: a: Cannot mknod: Operation not permitted", "NOT_RESTORED"),
        (b"tar: a: Cannot open: File exists", "NOT_RESTORED"),
        (b"tar: a: Cannot hard link to 'b': Operation not permitted", "NOT_RESTORED"),
        (b"tar: a: Cannot create symlink to 'b': Operation not supported", "NOT_RESTORED"),
        (
            b"tar: a: Cannot change ownership to uid 0, gid 0: Operation not permitted",
            "METADATA_NOT_RESTORED",
        ),
        (
            b"tar: setxattrat: Cannot set 'trusted.t' extended attribute for file 'a':"
            b" Operation not permitted",
            "METADATA_NOT_RESTORED",
        ),
        (
            b"tar: acl_set_file_at: Cannot set POSIX ACLs for file 'a': Operation not supported",
            "METADATA_NOT_RESTORED",
        ),
        (b"tar: a: Cannot utime: Operation not permitted", "METADATA_NOT_RESTORED"),
        (b"tar: a: Cannot change mode to rwxr-xr-x: Bad address", "METADATA_NOT_RESTORED"),
        (b"tar: a: Warning: Cannot acl_from_text: Invalid argument", "METADATA_NOT_RESTORED"),
        (b"tar: a: Cannot acl_set_fd: Operation not supported", "METADATA_NOT_RESTORED"),
        (b"tar: a: Warning: Cannot fsetxattr: Input/output error", "METADATA_NOT_RESTORED"),
        (b"tar: a: time stamp 2040-01-01 00:00:00 is 4.2 s in the future", "TIME_STAMP"),
        (b"tar: a: implausibly old time stamp 1600-01-01 00:00:00", "TIME_STAMP"),
        (b"tar: a: Is a directory", "NOT_RESTORED"),
        (b"tar: a: Cannot open: Is a directory", "NOT_RESTORED"),
        (b"tar: a: looks odd", "TAR"),
        (b"tar: a: Cannot write: No space left on device", "NO_SPACE"),
        (b"tar: a: Cannot mkdir: No space left on device", "NO_SPACE"),
        (b"tar: a: Cannot open: Disk quota exceeded", "NO_SPACE"),
        (b"tar: a: Wrote only 512 of 10240 bytes", "NO_SPACE"),
        (b"tar: a: skipping existing file", "STAYED"),
        (b"/usr/bin/tar: a: skipping existing file", "STAYED"),
    ],
)
def test_what_tar_says_of_a_file_that_it_restores(line: bytes, code: str) -> None:
    message = complaints.of_restoring_tar(line, is_member)
    assert message is not None
    assert (message.path, message.code) == (b"/a", code)
    assert message.level is (Level.INFO if code == "TIME_STAMP" else Level.WARNING)


def test_what_find_says() -> None:
    closed = complaints.of_find(rb"find: '/srv/it\'s\n\303\244': Permission denied")
    assert (closed.level, closed.code) == (Level.WARNING, "UNREADABLE")
    assert closed.path == "/srv/it's\nä".encode()
    assert closed.text == '"/srv/it\'s\\nä" cannot be read: Permission denied'
    gone = complaints.of_find(b"find: '/srv/a': No such file or directory")
    assert (gone.level, gone.code) == (Level.INFO, "VANISHED")
    loop = complaints.of_find(
        b"find: File system loop detected; '/srv/a\\n' is part of the same file system loop"
        b" as '/srv'."
    )
    assert (loop.level, loop.code, loop.path) == (Level.INFO, "LOOP", b"/srv/a\n")
    for line in (b"find: Invalid range end", b"find: WARNING: Hard link count is wrong for '/a'"):
        unknown = complaints.of_find(line)
        assert (unknown.level, unknown.code, unknown.path) == (Level.WARNING, "FIND", None)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"/srv/a b", '"/srv/a b"'),
        ("/srv/ä€".encode(), '"/srv/ä€"'),
        (b"/\xff\xfe", r'"/\xff\xfe"'),
        (b"/a\nb\x1b[0m\t", r'"/a\nb\x1b[0m\t"'),
        ("/\u202egnp".encode(), r'"/\u202egnp"'),
    ],
)
def test_paths_as_people_see_them(path: bytes, text: str) -> None:
    assert quoted(path) == text


@pytest.mark.parametrize(
    ("escaped", "name"),
    [
        (b"plain", b"plain"),
        (rb"\a\b\f\n\r\t\v\\\177\377\001", b"\a\b\f\n\r\t\v\\\x7f\xff\x01"),
        (rb"\\101", rb"\101"),
        (rb"\\\101", b"\\A"),
        (rb"a\ b", b"a b"),
    ],
)
def test_names_as_tar_prints_them(escaped: bytes, name: bytes) -> None:
    assert unescaped(escaped) == name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (b"./", (b"", 0, b"")),
        (b"file", (b"", 1, b"file")),
        (b"dir/", (b"", 0, b"dir")),
        (b"srv/a/file", (b"/srv/a", 1, b"file")),
        (b"srv/a/dir/", (b"/srv/a", 0, b"dir")),
    ],
)
def test_members_as_listings_keep_them(name: bytes, key: tuple[bytes, int, bytes]) -> None:
    assert member_key(name) == key
