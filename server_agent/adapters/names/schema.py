"""What the index of names consists of.

client   one row each; `next_path` is the id of the next path, which is never used twice
line     the savesets of one task of one client; `next_place` numbers them as they are entered
saveset  `place` in its line; `is_whole`: all is entered; `is_gone`: forgotten, but still what
         others build on; `reached_..` and `position` say how far it is entered
home     names of savesets that hold data
dir      directories that hold something, by their full path
path     each path once; the ids of a client's paths lie behind `FIRST_PATH` times its own id
version  kind, size and time of a path in a run of savesets of one line: those with places from
         `first` to `last`, or with `last` = 0 from `first` on. A saveset in which nothing has
         changed costs no row. `home` is that of the first saveset: see `holders`.
word     three characters each of the folded names, between `BEGIN` and `END`, by id of the path
untidy   clients of which savesets were forgotten, and up to which path that was removed
"""

import unicodedata

FORMAT = 1
APPLICATION_ID = 0x53534E4D  # "SSNM", tells `file` and us what it is
FIRST_PATH = 1 << 32  # more paths than that of one client do not fit
# Around a name in the index of words; in no name, since what cannot be printed is escaped there.
BEGIN, END = "\x02", "\x03"

# The words are of this version of Unicode; with another one, other letters may be the same.
_UNICODE = unicodedata.unidata_version

SCHEMA = f"""
PRAGMA page_size = 8192;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
PRAGMA journal_mode = WAL;
CREATE TABLE fold(unicode TEXT);
INSERT INTO fold VALUES ('{_UNICODE}');
CREATE TABLE client(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next_path INTEGER DEFAULT 1);
CREATE TABLE line(
    id INTEGER PRIMARY KEY, client INTEGER, task TEXT, next_place INTEGER DEFAULT 1,
    UNIQUE (client, task)
);
CREATE TABLE saveset(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, line INTEGER, place INTEGER, base TEXT,
    sesam_day TEXT, start_us INTEGER, number INTEGER, is_whole INTEGER, is_gone INTEGER,
    reached_dir BLOB, reached_leaf INTEGER, reached_name BLOB, position TEXT, UNIQUE (line, place)
);
CREATE TABLE home(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE dir(id INTEGER PRIMARY KEY, client INTEGER, path BLOB, UNIQUE (client, path));
CREATE TABLE path(id INTEGER PRIMARY KEY, dir INTEGER, name BLOB);
CREATE UNIQUE INDEX path_in_dir ON path(dir, name);
CREATE TABLE version(
    path INTEGER, line INTEGER, last INTEGER, first INTEGER, kind TEXT, size INTEGER,
    modify_ns INTEGER, home INTEGER, PRIMARY KEY (path, line, last)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE word USING fts5(
    name, content='', detail=none, columnsize=0, tokenize='trigram case_sensitive 1'
);
CREATE TABLE untidy(client INTEGER PRIMARY KEY, position INTEGER);
"""

# What a file must say of itself to be read: see `FORMAT`, `APPLICATION_ID` and `_UNICODE`.
MARKS_OF = (
    "SELECT (SELECT application_id FROM pragma_application_id),"
    " (SELECT user_version FROM pragma_user_version), (SELECT unicode FROM fold)"
)
MARKS = (APPLICATION_ID, FORMAT, _UNICODE)
