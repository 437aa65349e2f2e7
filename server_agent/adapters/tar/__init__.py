"""Backup engine over GNU find and tar: a seekable zstd file and a SQLite listing a saveset."""
