"""The file of the index of names: damaged, of another kind, full, cut off in the middle."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from server_agent.adapters.names.index import NameIndex
from server_agent.adapters.names.schema import MARKS
from server_agent.domain.errors import NoSpace
from server_agent.domain.finding import Wanted
from server_agent.ports.names import NameQuery, NamesLost
from tests.contract.names_history import enter, row, saveset

F1 = saveset(1)
ALL = NameQuery(Wanted.of("*"))
ROOT = Path(__file__).parents[3]


def rows(count: int) -> list[tuple[bytes, bytes, str, int, int, str | None]]:
    return [row(b"/srv/%03d/%06d" % (n // 500, n), F1.name) for n in range(count)]


def filled(file: Path, count: int = 3000) -> None:
    with closing(NameIndex(file)) as names:
        enter(names, F1, rows(count))


def found(names: NameIndex) -> int:
    total, position = 0, None
    while True:
        page = names.find(ALL, position, 1000)
        total += len(page.files)
        position = page.next_position
        if position is None:
            return total


def table(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(sql)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no database": lambda file: file.write_bytes(b"something else" * 1000),
    "empty": lambda file: file.write_bytes(b""),
    "cut off": lambda file: os.truncate(file, 20_000),
    "of a later program": lambda file: table(file, "PRAGMA user_version = 99"),
    "of something else": lambda file: table(file, "PRAGMA application_id = 99"),
    "of another Unicode": lambda file: table(file, "UPDATE fold SET unicode = '1.0'"),
    "without a table": lambda file: table(file, "DROP TABLE fold"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_what_cannot_be_used_is_thrown_away_and_can_be_filled_again(
    kind: str, tmp_path: Path
) -> None:
    file = tmp_path / "names.db"
    filled(file)
    DAMAGES[kind](file)
    with closing(NameIndex(file)) as names:
        with pytest.raises(NamesLost, match=r"names\.db"):
            found(names)
        assert names.whole() == frozenset()
        assert found(names) == 0
        enter(names, F1, rows(10))
        assert found(names) == 10
    assert {path.name for path in tmp_path.iterdir()} == {"names.db"}


def test_the_log_of_a_file_that_is_gone_is_not_taken_for_that_of_the_next(tmp_path: Path) -> None:
    """A kill while the file is thrown away, or a person who removes only what bears the name."""
    file = tmp_path / "names.db"
    words = [
        "import os, signal, pathlib",
        "from tests.agent.names.test_index_file import NameIndex, enter, rows, saveset",
        f"names = NameIndex(pathlib.Path({str(file)!r}))",
        "[enter(names, saveset(number), rows(200)) for number in range(1, 4)]",
        "os.kill(os.getpid(), signal.SIGKILL)",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(words)], cwd=ROOT, check=False)
    assert (tmp_path / "names.db-wal").stat().st_size > 0
    file.unlink()
    with closing(NameIndex(file)) as names:
        assert (names.whole(), found(names)) == (frozenset(), 0)


def test_a_file_that_somebody_removes_is_noticed_by_who_reads_and_by_who_writes(
    tmp_path: Path,
) -> None:
    """What was entered is entered again, and not only believed to be there."""
    file = tmp_path / "names.db"
    for act in (found, lambda names: enter(names, saveset(2), rows(10))):
        with closing(NameIndex(file)) as names:
            enter(names, F1, rows(10))
            file.unlink()
            with pytest.raises(NamesLost):
                look_after(act, names)
            enter(names, saveset(3), rows(20))
            assert (names.whole(), found(names)) == ({saveset(3).name}, 20)
        file.unlink()


def look_after(act: Callable[[NameIndex], object], names: NameIndex) -> None:
    """Who writes goes on with the file that was open; the next look sees that it is gone."""
    act(names)
    names.whole()


def test_damaged_pages_are_noticed_by_who_reads_and_by_who_writes(tmp_path: Path) -> None:
    for act in (found, lambda names: enter(names, saveset(2), rows(3000))):
        file = tmp_path / "names.db"
        file.unlink(missing_ok=True)
        filled(file)
        content = bytearray(file.read_bytes())
        for page in range(3, len(content) // 8192):
            content[page * 8192 : page * 8192 + 200] = b"\xa5" * 200
        file.write_bytes(content)
        with closing(NameIndex(file)) as names:
            with pytest.raises(NamesLost):
                act(names)
            assert names.whole() == frozenset()


def test_a_missing_file_is_made_for_its_user_only(tmp_path: Path) -> None:
    file = tmp_path / "names.db"
    with closing(NameIndex(file)) as names:
        assert not file.exists()
        assert found(names) == 0
        enter(names, F1, rows(1))
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_what_was_entered_is_there_for_the_next_agent(tmp_path: Path) -> None:
    filled(tmp_path / "names.db", 100)
    with closing(NameIndex(tmp_path / "names.db")) as names:
        assert (names.whole(), found(names)) == ({F1.name}, 100)


def test_a_reader_does_not_wait_for_who_enters(tmp_path: Path) -> None:
    with closing(NameIndex(tmp_path / "names.db")) as names:
        enter(names, F1, rows(10))
        with names._file.write() as connection:
            connection.execute("DELETE FROM version")
            assert found(names) == 10


def test_many_threads_search_while_savesets_are_entered(tmp_path: Path) -> None:
    with closing(NameIndex(tmp_path / "names.db")) as names:
        enter(names, F1, rows(200))
        ended, wrong = threading.Event(), []

        def search() -> None:
            while not ended.is_set():
                count = found(names)
                if not 200 <= count <= 220:
                    wrong.append(count)

        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(2, 22):
            made = saveset(number)
            enter(names, made, [*rows(200), row(b"/srv/new-%d" % number, made.name)], 50)
        ended.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert found(names) == 220


def test_a_page_ends_when_so_many_versions_were_looked_at(tmp_path: Path) -> None:
    with closing(NameIndex(tmp_path / "names.db")) as names:
        for number in range(1, 101):
            made = saveset(number)
            changed = [row(b"/srv/%03d.log" % n, made.name, size=number) for n in range(128)]
            enter(names, made, changed)
        page = names.find(ALL, None, 1000)
        assert 0 < len(page.files) < 128
        assert {file.versions for file in page.files} == {100}
        assert found(names) == 128


def test_a_long_text_needs_no_look_at_all_that_begin_alike(tmp_path: Path) -> None:
    with closing(NameIndex(tmp_path / "names.db")) as names:
        same = [row(b"/srv/quarterly-report-%04d.pdf" % n, F1.name) for n in range(3000)]
        enter(names, F1, [*same, row(b"/srv/quarterly-report-xyz.pdf", F1.name)])
        page = names.find(NameQuery(Wanted.of("Quarterly-Report-xyz.p")), None, 10)
        assert [file.path for file in page.files] == [b"/srv/quarterly-report-xyz.pdf"]
        assert page.next_position is None  # few were looked at


def test_who_enters_learns_that_the_file_was_thrown_away_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "names.db"
    with closing(NameIndex(file)) as names:
        enter(names, F1, rows(10))

        def enter_meanwhile() -> None:
            with names._file.write() as connection:
                connection.execute("UPDATE saveset SET position = 'x'")
                # A reader finds it damaged and replaces it.
                for path in tmp_path.iterdir():
                    path.unlink()
                file.write_bytes(b"no database" * 1000)
                with pytest.raises(NamesLost):
                    found(names)

        with pytest.raises(NamesLost, match="meanwhile"):
            enter_meanwhile()
        assert names.whole() == frozenset()
        enter(names, F1, rows(10))
        assert found(names) == 10


def test_what_was_forgotten_leaves_the_file(tmp_path: Path) -> None:
    def count(name: str) -> int:
        with closing(sqlite3.connect(tmp_path / "names.db")) as connection:
            (number,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
        return int(number)

    with closing(NameIndex(tmp_path / "names.db")) as names:
        enter(names, F1, [row(b"/old/a", F1.name), row(b"/srv/b", F1.name)])
        enter(names, saveset(2), [row(b"/srv/b", F1.name, size=2)])
        names.forget([F1.name])
        assert (count("path"), count("version")) == (2, 3)
        while names.tidy():
            pass
        assert (count("path"), count("version"), count("dir"), count("saveset")) == (1, 1, 1, 1)


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path) -> None:
    with closing(NameIndex(tmp_path / "names.db")) as names:
        enter(names, F1, rows(100))
        with names._file.write() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(NoSpace, match=r"names\.db"):
            enter(names, saveset(2), rows(3000))
        assert (names.whole(), found(names)) == ({F1.name}, 100)


KILLED = """
import sys
from pathlib import Path
from server_agent.adapters.names.index import NameIndex
from tests.agent.names.test_index_file import F1, rows

names, after, everything = NameIndex(Path(sys.argv[1])), None, rows(20000)
after = names.begun().get(F1.name)
for first in range(int(after or 0), 20000, 500):
    position = str(first + 500) if first + 500 < 20000 else None
    names.enter(F1, after, everything[first : first + 500], position)
    after = position
    print(position, flush=True)
"""


def test_it_goes_on_after_a_kill_at_any_instant(tmp_path: Path) -> None:
    file = tmp_path / "names.db"
    command = [sys.executable, "-c", KILLED, str(file)]
    for lines in (1, 4, 2, 7):
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": PATH}
        ) as process:
            assert process.stdout is not None
            for _ in range(lines):
                assert process.stdout.readline()
            process.kill()
        with closing(NameIndex(file)) as names:
            [position] = names.begun().values()
            assert int(position or 0) >= lines * 500
            assert found(names) == 0
    subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": PATH}
    )
    with closing(NameIndex(file)) as names:
        assert (names.whole(), names.begun()) == ({F1.name}, {})
        assert found(names) == 20000


def test_marks_fit_into_the_header(tmp_path: Path) -> None:
    filled(tmp_path / "names.db", 1)
    application, version, _ = MARKS
    header = (tmp_path / "names.db").read_bytes()[:100]
    # sqlite.org/fileformat2.html, section 1.3
    assert int.from_bytes(header[68:72]) == application
    assert int.from_bytes(header[60:64]) == version
    assert int.from_bytes(header[16:18]) == 8192


PATH = os.pathsep.join([str(ROOT), str(ROOT / "protos")])
