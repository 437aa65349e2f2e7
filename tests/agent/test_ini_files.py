"""What `sm.ini` may say, and what is said when it cannot be used."""

from pathlib import Path

import pytest

from server_agent.ini_files import InstallationError
from server_agent.installation import find_installation
from tests.agent.installations import make


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("[SERVER]\n", "[OTHER]\n", "no name in section [SERVER]"),
        ("port = 0", "port = eighty", 'port in section [SERVER] is "eighty"'),
        ("port = 0", "port = 65536", "from 1 to 65535"),
        ("port = 0", "port =", "no port in section [SERVER]"),
        ("gv_ro = /", "gv_ro = ", "gv_ro in section [PATHS]"),
        (
            "plain_days = 7",
            "plain_days = week",
            'listings_plain_days in section [NEWDAY] is "week"',
        ),
        ("plain_days = 7", "plain_days = 36501", "from 0 to 36500"),
        ("[PATHS]\n", "", "not a usable ini file"),
        ("[STORE]\n", "[STORE]\n[STORE]\n", "not a usable ini file"),
    ],
)
def test_a_damaged_sm_ini(tmp_path: Path, was: str, becomes: str, said: str) -> None:
    made = make(tmp_path / "root")
    text = made.sm_ini.read_text()
    assert was in text
    made.sm_ini.write_text(text.replace(was, becomes))
    with pytest.raises(InstallationError) as refused:
        find_installation(tmp_path / "root", {})
    assert str(made.sm_ini) in str(refused.value)
    assert said in str(refused.value)


def test_an_sm_ini_of_an_older_agent_says_nothing_about_newday(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    text = made.sm_ini.read_text()
    made.sm_ini.write_text(text.replace("[NEWDAY]\nlistings_plain_days = 7\n", ""))
    assert find_installation(tmp_path / "root", {}).listings_plain_days == 7
    made.sm_ini.write_text(text.replace("plain_days = 7", "plain_days = 30"))
    assert find_installation(tmp_path / "root", {}).listings_plain_days == 30


def test_an_sm_ini_that_is_no_text(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    made.sm_ini.write_bytes(b"\xff\xfe")
    with pytest.raises(InstallationError, match="not text in UTF-8"):
        find_installation(tmp_path / "root", {})


@pytest.mark.parametrize("name", ["pre_post_seconds", "notice_seconds"])
def test_how_long_interface_programs_may_run(tmp_path: Path, name: str) -> None:
    made = make(tmp_path / "root")
    usual = getattr(made, name)
    text = made.sm_ini.read_text()
    made.sm_ini.write_text(text.replace(f"{name} = {usual}", f"{name} = 5"))
    assert getattr(find_installation(tmp_path / "root", {}), name) == 5
    made.sm_ini.write_text(text.replace("[INTERFACES]", "[OTHERS]"))
    assert getattr(find_installation(tmp_path / "root", {}), name) == usual
    for wrong in ("0", "-1", "week", "604801", "\N{SUPERSCRIPT TWO}"):
        made.sm_ini.write_text(text.replace(f"{name} = {usual}", f"{name} = {wrong}"))
        with pytest.raises(InstallationError, match=rf"{name} in section \[INTERFACES\] is"):
            find_installation(tmp_path / "root", {})


def test_variables_of_programs_keep_their_letter_case(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    assert made.environment == {}
    with made.sm_ini.open("a") as stream:
        stream.write('ORACLE_SID = orcl\nOracle_Home=/opt/a b\nEMPTY =\nurl = "x:y=%z"\n')
    assert find_installation(tmp_path / "root", {}).environment == {
        "ORACLE_SID": "orcl",
        "Oracle_Home": "/opt/a b",
        "EMPTY": "",
        "url": '"x:y=%z"',
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("A B = 1", '"A B" in section [ENVIRONMENT] cannot be the name'),
        ("1A = 1", '"1A" in section [ENVIRONMENT] cannot be the name'),
        ("SESAM_JOB = 1", "SESAM_JOB in section [ENVIRONMENT] begins with SESAM"),
        ("A = \0", "the value of A in section [ENVIRONMENT] holds a NUL"),
        ("A = 1\nA = 2", "not a usable ini file"),
        ("A", "not a usable ini file"),
    ],
)
def test_a_variable_that_cannot_be_one(tmp_path: Path, line: str, said: str) -> None:
    made = make(tmp_path / "root")
    text = made.sm_ini.read_text()
    made.sm_ini.write_text(text.replace("[ENVIRONMENT]\n", f"[ENVIRONMENT]\n{line}\n"))
    with pytest.raises(InstallationError) as refused:
        find_installation(tmp_path / "root", {})
    assert said in str(refused.value)
    assert str(made.sm_ini) in str(refused.value)
