"""The record in one SQLite file: the embedded default."""

from memcube.store.sqlite.record import SQLiteCubeStore

__all__ = ["SQLiteCubeStore"]
