"""Finding an installation, making one, and what is said when that does not work."""

import os
import shutil
import stat
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.identity import load_identity, load_secret
from server_agent.adapters.tar.store import check_label
from server_agent.domain.interfaces import ALARM, DISASTER, NOTIFY, POST, PRE
from server_agent.ini_files import InstallationError
from server_agent.installation import find_installation
from tests.agent.installations import make, tree

# --- made -----------------------------------------------------------------------------------------


def test_what_is_made_is_found(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "root"
    made = make(root, "Büro 1", "0.0.0.0", 11401)
    assert find_installation(root, {"SESAM2000_INI": "/somewhere/else"}) == made
    assert find_installation(None, {"SESAM2000_INI": str(root / "sesam2000.ini")}) == made
    assert (made.name, made.host, made.port) == ("Büro 1", "0.0.0.0", 11401)
    assert uuid.UUID(made.location_id).version == 4
    assert made.label == "DISK00001"
    check_label(made.store, made.label, made.location_id)
    for part in (made.ini, made.db, made.prepost, made.work, made.tmp, made.lis, made.lgc):
        assert part.is_dir()
        assert part.is_relative_to(made.var)
    assert made.stpd.is_dir()
    assert made.prot.is_dir()


def test_the_manuals_two_trees(tmp_path: Path) -> None:
    make(tmp_path / "root")
    directories = {
        str(path.relative_to(tmp_path / "root"))
        for path in (tmp_path / "root").rglob("*")
        if path.is_dir()
    }
    assert directories >= {
        *("bin/sesam", "bin/sms", "bin/gui", "bin/db", "skel/templates"),
        *("var/ini", "var/db", "var/log/lgc", "var/log/sms", "var/lis", "var/prot"),
        *("var/prepost", "var/tmp", "var/work/sem", "store/DISK00001"),
    }


def test_the_templates_of_the_interfaces_are_there_and_switched_off(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    templates = {file.name: file for file in (made.gv_ro / "skel/templates").iterdir()}
    assert set(templates) == {PRE, POST, NOTIFY, ALARM, DISASTER}
    for name, file in templates.items():
        assert stat.S_IMODE(file.stat().st_mode) == 0o755
        assert not (made.gv_ro / "bin/sesam" / name).exists()


def test_it_comes_with_identity_and_an_empty_catalogue(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    assert load_identity(made.ini, made.location_id).location_id == made.location_id
    assert len(load_secret(made.ini)) == 32
    catalogue = SqlCatalogue(made.catalogue_url)
    with catalogue.read() as view:
        assert view.revision() == 0
    catalogue.close()
    assert (made.db / "sesam_db.sdb").is_file()


def test_two_locations_are_two(tmp_path: Path) -> None:
    assert make(tmp_path / "a").location_id != make(tmp_path / "b").location_id


@pytest.fixture(params=[0o000, 0o077])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
def test_who_may_read_what(tmp_path: Path) -> None:
    made = make(tmp_path / "root")

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    for private in (made.db, made.lis, made.tmp, made.prot, made.private, made.store):
        assert mode(private) == 0o700
    for secret in ("agent.key", "agent.secret"):
        assert mode(made.ini / secret) == 0o600
    assert mode(made.db / "sesam_db.sdb") == 0o600
    for public in (made.anchor, made.sm_ini, made.ini / "sesam2000.profile"):
        assert mode(public) == 0o644
    for open_directory in (made.anchor.parent, made.gv_ro / "bin/sesam", made.var, made.ini):
        assert mode(open_directory) == 0o755


def test_a_shell_reads_the_ini_and_the_profile(tmp_path: Path) -> None:
    made = make(tmp_path / 'it\'s $HOME "x" `y`')
    script = '. "$1" && . "$2" && printf "%s\\n" "$SM_INI" "$SM_BIN_SESAM" "$SESAM2000_INI" "$PATH"'
    profile = made.ini / "sesam2000.profile"
    out = subprocess.run(
        ["sh", "-euc", script, "sh", made.anchor, profile],
        env={"PATH": "/bin:/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stderr == ""
    assert out.stdout.splitlines() == [
        str(made.sm_ini),
        str(made.gv_ro / "bin/sesam"),
        str(made.anchor),
        f"{made.gv_ro}/bin/sesam:/bin:/usr/bin",
    ]


def test_the_commands_are_at_hand(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    for command in ("sesam-agent", "sm_cmd"):
        assert os.access(made.gv_ro / "bin/sesam" / command, os.X_OK)


def test_an_empty_directory_and_a_link_to_one_will_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    made = make(tmp_path / "link")
    assert made.anchor == (tmp_path / "empty/sesam2000.ini").resolve()
    assert find_installation(tmp_path / "link", {}).location_id == made.location_id


# --- refused --------------------------------------------------------------------------------------


def test_an_installation_is_not_made_twice(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root)
    before = tree(root)
    with pytest.raises(InstallationError, match=r"an agent's directory already\. Nothing was chan"):
        make(root, "other")
    assert tree(root) == before


def test_what_was_half_made_is_told_from_what_is_somebody_elses(tmp_path: Path) -> None:
    """The setup cannot know whether savesets of a lost anchor are in it."""
    for name in ("bin", "skel", "var", "sesam2000.ini.new"):
        (tmp_path / name).mkdir()
    with pytest.raises(InstallationError, match=r"no sesam2000\.ini, which .* remove it and try"):
        make(tmp_path)
    assert (tmp_path / "var").is_dir()
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InstallationError, match="not an agent's directory"):
        make(tmp_path)


def test_a_directory_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InstallationError, match="not empty"):
        make(tmp_path)
    assert tree(tmp_path) == {"letter.txt": b"dear"}


@pytest.mark.parametrize(
    ("name", "host", "port", "said"),
    [
        ("", "localhost", 1, 'name ""'),
        ("a/b", "localhost", 1, 'name "a/b"'),
        ("a\nb", "localhost", 1, "letters, digits"),
        ("x" * 129, "localhost", 1, "1 to 128"),
        ("a", "", 1, 'host ""'),
        ("a", "two words", 1, 'host "two words"'),
        ("a", "localhost", -1, "port -1"),
        ("a", "localhost", 65536, "from 1 to 65535"),
    ],
)
def test_settings_that_cannot_be_used(
    tmp_path: Path, name: str, host: str, port: int, said: str
) -> None:
    with pytest.raises(InstallationError) as refused:
        make(tmp_path / "root", name, host, port)
    assert said in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["new\nline", "blank ", "no text \udcff"])
def test_a_root_that_an_ini_file_cannot_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(InstallationError, match="printable"):
        make(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_root_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file/root"):
        with pytest.raises(InstallationError, match=r"Not a directory\. Choose another"):
            make(root)


@pytest.mark.parametrize("existed", [True, False])
def test_nothing_of_a_failed_one_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existed: bool
) -> None:
    root = tmp_path / "root"
    if existed:
        root.mkdir()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(InstallationError, match=r"No space left.*removed again"):
        make(root)
    assert root.exists() is existed
    assert tree(tmp_path) == ({"root": None} if existed else {})


# --- not found, or damaged ------------------------------------------------------------------------


def test_no_agent_in_the_root(tmp_path: Path) -> None:
    with pytest.raises(InstallationError) as refused:
        find_installation(tmp_path / "my root", {})
    assert str(refused.value) == (
        f"No agent at {tmp_path}/my root: {tmp_path}/my root/sesam2000.ini does not exist. "
        f"Make one with: sesam-agent --root '{tmp_path}/my root' init --name NAME"
    )


def test_a_relative_root_is_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = make(Path("root"))
    assert made.anchor == tmp_path.resolve() / "root/sesam2000.ini"
    assert find_installation(Path("root"), {}) == made


def test_a_variable_that_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(InstallationError) as refused:
        find_installation(None, {"SESAM2000_INI": str(tmp_path / "x.ini")})
    assert f"{tmp_path}/x.ini" in str(refused.value)
    assert "SESAM2000_INI" in str(refused.value)


def test_a_directory_in_the_place_of_the_anchor(tmp_path: Path) -> None:
    with pytest.raises(InstallationError) as refused:
        find_installation(None, {"SESAM2000_INI": str(tmp_path)})
    assert str(refused.value).startswith(f"{tmp_path} is a directory, but a file is needed there.")
    assert "SESAM2000_INI names the file itself" in str(refused.value)


def test_nothing_said_and_nothing_there() -> None:
    if Path("/etc/sesam2000.ini").exists():
        pytest.skip("this machine has an agent of its own")
    for environ in ({}, {"SESAM2000_INI": ""}):
        with pytest.raises(InstallationError, match=r"/etc/sesam2000\.ini does not exist.*--root"):
            find_installation(None, environ)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no line SM_INI="),
        ("SM_INI=relative/sm.ini\n", "absolute path"),
        ("SM_INI='open\n", "quotes"),
        ("SM_INI=/a /b\n", "no line SM_INI="),
        ("SM_INI=/nowhere/sm.ini\n", "/nowhere/sm.ini cannot be read"),
    ],
)
def test_a_damaged_anchor(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "sesam2000.ini").write_text(content)
    with pytest.raises(InstallationError) as refused:
        find_installation(tmp_path, {})
    assert said in str(refused.value)


def test_an_anchor_written_by_hand(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    (tmp_path / "sesam2000.ini").write_text(
        f'# ours\n  export SM_INI="{made.sm_ini}"  # here\nOTHER=1\n'
    )
    assert find_installation(tmp_path, {}).sm_ini == made.sm_ini


def moved_by_hand(root: Path, was: Path, *files: str) -> None:
    """Does what the message says."""
    for file in files:
        text = (root / file).read_text()
        (root / file).write_text(text.replace(str(was), str(root)))


def test_a_copy_is_refused_while_the_original_is_there(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "root", copy)
    said = rf"{copy} is a copy of the agent's directory {tmp_path}/root.*--root {tmp_path}/root\."
    for root, environ in ((copy, {}), (None, {"SESAM2000_INI": str(copy / "sesam2000.ini")})):
        with pytest.raises(InstallationError, match=said):
            find_installation(root, environ)
    moved_by_hand(copy, tmp_path / "root", "sesam2000.ini")
    with pytest.raises(InstallationError, match=said):
        find_installation(copy, {})
    assert find_installation(tmp_path / "root", {}) == made


def test_a_moved_one_is_refused_until_its_ini_files_say_so(tmp_path: Path) -> None:
    made = make(tmp_path / "root")
    root = tmp_path / "root.new"
    (tmp_path / "root").rename(root)
    with pytest.raises(InstallationError) as refused:
        find_installation(root, {})
    text = str(refused.value)
    assert text.startswith(f"{root} was moved or copied: its ini files name {tmp_path}/root, and")
    files = ("sesam2000.ini", "var/ini/sm.ini", "var/ini/sesam2000.profile")
    assert text.endswith(f"in these files: {', '.join(str(root / file) for file in files)}")
    for file in files[:2]:
        with pytest.raises(InstallationError, match="was moved or copied"):
            find_installation(root, {})
        moved_by_hand(root, tmp_path / "root", file)
    found = find_installation(root, {})
    assert (found.location_id, found.var) == (made.location_id, root / "var")
    check_label(found.store, found.label, found.location_id)


def test_another_way_to_the_same_place_is_no_copy(tmp_path: Path) -> None:
    made = make(tmp_path / "deep/root")
    (tmp_path / "way").symlink_to("deep")
    (tmp_path / "anchor.ini").symlink_to("way/root/sesam2000.ini")
    for root, environ in (
        (tmp_path / "way/root", {}),
        (None, {"SESAM2000_INI": str(tmp_path / "way/root/sesam2000.ini")}),
        (None, {"SESAM2000_INI": str(tmp_path / "anchor.ini")}),
    ):
        assert find_installation(root, environ).sm_ini == made.sm_ini
