"""What is said at the fields of a component."""

from dataclasses import replace

import pytest

from sesam_master.core.component_rules import faults
from sesam_master.core.components import Component, DataStore, Drive, MediaPool, Medium
from sesam_master.core.records import Access, Client, ExcludeKind, Ssh, Task, TaskOptions

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIIDqtU0YRZH1UgkAPvEfSJ9P0C0m2m1cBVB7pS8yq1aM"
LOGIN = Ssh("web.example", key_file="/k", host_key=f"web.example ssh-ed25519 {KEY} by hand")
TASK = Task("t", "c", (b"/",), ("(",), "")


@pytest.mark.parametrize(
    "item",
    [
        Client("web 01", Access.SSH, "", LOGIN),
        Client("w", Access.SSH, "", replace(LOGIN, host_key="SHA256:abc", user="")),
        Client("w", Access.LOCAL, "", replace(LOGIN, host="")),
        TASK,
        replace(TASK, sources=(b"/a", b"/a b", b"/ab/")),
        DataStore("S", b"/a/"),
        Drive("D", 1, active=True),
        MediaPool("POOL-1234"),
        Medium("DISK00001"),
        Task("", "c", (b"/",), (), ""),
    ],
)
def test_what_can_be_has_no_fault(item: Component) -> None:
    assert faults(item, is_new=True) == []


@pytest.mark.parametrize(
    ("item", "field", "said", "is_missing"),
    [
        (Client(" x", Access.LOCAL, ""), "name", "begins with a letter", False),
        (Client("x ", Access.LOCAL, ""), "name", "begins with a letter", False),
        (Client("x" * 129, Access.LOCAL, ""), "name", "at most 128", False),
        (Client("x", Access.SSH, ""), "host", "name or address", True),
        (Client("x", Access.SSH, "", replace(LOGIN, host="-oX")), "host", "address", False),
        (Client("x", Access.SSH, "", replace(LOGIN, user="a b")), "user", "account", False),
        (Client("x", Access.SSH, "", replace(LOGIN, key_file="k")), "key_file", "full path", False),
        (Client("x", Access.SSH, "", replace(LOGIN, host_key="x")), "host_key", "base64", False),
        (MediaPool("DISK00001"), "name", "five digits", False),
        (MediaPool("with blank"), "name", "letters, digits and _ . -", False),
        (DataStore("S", b""), "path", "full path", True),
        (DataStore("S", b"/"), "path", "/ cannot be one", False),
        (DataStore("S", b"a"), "path", "has to begin with /", False),
        (Drive("D", 1, active=True, group=""), "group", "at most 128", True),
        (replace(TASK, client=""), "client", "no client", True),
        (replace(TASK, sources=()), "sources", "no source", True),
        (replace(TASK, sources=(b"a",)), "sources", "has to begin with /", False),
        (replace(TASK, sources=(b"/a", b"/a/")), "sources", "there twice", False),
        (replace(TASK, sources=(b"/a/b", b"/a")), "sources", "inside “/a”", False),
        (replace(TASK, sources=(b"/x", b"/")), "sources", "inside “/”", False),
        (replace(TASK, sources=(b"/a/../b",)), "sources", "“..”", False),
        (replace(TASK, sources=(b"/\0",)), "sources", "\\x00", False),
        (replace(TASK, sources=(b"/" + b"a" * 4095,)), "sources", "4095 bytes", False),
        (
            replace(TASK, options=TaskOptions(ExcludeKind.REGEX)),
            "excludes",
            "“(” is no regular expression",
            False,
        ),
        (
            replace(TASK, options=TaskOptions(accept_size_change=("*",))),
            "accept_size_change",
            "no regular expression",
            False,
        ),
        (replace(TASK, options=TaskOptions(exclude_file=b"x")), "exclude_file", "full path", False),
    ],
)
def test_a_fault_names_its_field(item: Component, field: str, said: str, is_missing: bool) -> None:
    [fault] = [each for each in faults(item, is_new=True) if each.field == field]

    assert said in fault.words
    assert fault.words.endswith(".")
    assert fault.is_missing is is_missing


def test_the_name_of_what_is_there_is_right() -> None:
    assert faults(MediaPool("DISK00001"), is_new=False) == []
