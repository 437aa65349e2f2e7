"""Man pages and completion follow the commands."""

import argparse
import re
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from server_agent.commands import sm_setup
from server_agent.commands.documents import PARSERS, man_page, write_documents

DAY = date(2026, 3, 4)
REPOSITORY = Path(__file__).parents[3]


def options_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """All option strings, those of verbs too."""
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from options_of(verb)


def plain(page: str) -> str:
    """The text of a page without what roff makes of it."""
    return re.sub(r"\\f[A-Z]", "", page).replace("\\-", "-")


def test_every_command_has_its_documents() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert set(PARSERS) == set(project["scripts"])


@pytest.mark.parametrize("program", PARSERS)
def test_a_page_has_every_option(program: str) -> None:
    page = plain(man_page(PARSERS[program](), DAY))
    assert f'.TH {program.upper()} "1" "2026-03-04"' in page.replace("\\", "")
    name = re.search(r"\.SH NAME\n(.*)", page)
    assert name is not None
    assert re.fullmatch(rf"{program} - \w.*[^.]", name[1])
    missing = [
        option
        for option in set(options_of(PARSERS[program]())) - {"-h", "--help"}
        if option not in page
    ]
    assert missing == []


def test_bash_completes_verbs_and_options(tmp_path: Path) -> None:
    files = write_documents(tmp_path, DAY)
    assert len(files) == 3 * len(PARSERS)
    for file in files:
        if file.parent.name == "completions":
            subprocess.run(["bash", "-n", file], check=True, timeout=60)
    script = (
        f". '{tmp_path}/bash-completion/completions/sm_main'\n"
        "COMP_WORDS=(sm_main rest); COMP_CWORD=1; _shtab_sm_main; echo ${COMPREPLY[@]}\n"
        "COMP_WORDS=(sm_main stop --d); COMP_CWORD=2; _shtab_sm_main; echo ${COMPREPLY[@]}\n"
    )
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["restart", "--drain"]


def test_they_need_no_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SESAM2000_INI", str(tmp_path / "nothing"))
    assert sm_setup.main(["documents", "--to", str(tmp_path / "share")]) == 0
    assert f"{3 * len(PARSERS)} files written below {tmp_path}/share" in capsys.readouterr().out
    (tmp_path / "file").touch()
    assert sm_setup.main(["documents", "--to", str(tmp_path / "file")]) == 1
    assert "cannot be written: Not a directory. Name another" in capsys.readouterr().err
