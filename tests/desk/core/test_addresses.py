"""Addresses as people write them."""

import pytest

from sesam_master.core.addresses import (
    DEFAULT_PORT,
    join_address,
    parse_address,
    parse_host,
    plain_host,
)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("hamburg.example:7400", "hamburg.example", 7400),
        ("  192.0.2.7:1 \n", "192.0.2.7", 1),
        ("hamburg", "hamburg", DEFAULT_PORT),
        ("under_score.example.:65535", "under_score.example.", 65535),
        ("[2001:db8::1]:7400", "2001:db8::1", 7400),
        ("[2001:db8::1]", "2001:db8::1", DEFAULT_PORT),
        ("2001:db8::1", "2001:db8::1", DEFAULT_PORT),
        ("fe80::1%eth0", "fe80::1%eth0", DEFAULT_PORT),
        ("münchen.example:7400", "münchen.example", 7400),
    ],
)
def test_an_address_has_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert parse_address(text) == (host, port)
    assert parse_address(join_address(host, port)) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ":7400",
        "h:",
        "h:0",
        "h:65536",
        "h:x",
        "h:٣",
        "h:1:2",
        "h:" + "9" * 5000,
        "a b",
        "https://h:7400",
        "user@h",
        "[2001:db8::1",
        "[2001:db8::1]7400",
        "[h]:7400",
        "[]",
        "a..b",
        "-h",
        "x" * 64,
        "\x1b[31m",
        "h\x00",
    ],
)
def test_what_is_no_address_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expected .*\.$"):
        parse_address(text)


def test_a_host_may_have_the_brackets_of_an_address() -> None:
    assert parse_host(" [2001:db8::1] ") == "2001:db8::1"
    assert parse_host("hamburg.example ") == "hamburg.example"
    for text in ("", "a b", "h:1", "[h]"):
        with pytest.raises(ValueError, match="Expected a name"):
            parse_host(text)


def test_names_in_other_scripts_go_over_the_wire_in_ascii() -> None:
    assert plain_host("münchen.example") == "xn--mnchen-3ya.example"
    assert plain_host("2001:db8::1") == "2001:db8::1"
