"""What the command line tells about itself: completion, help, and the page that documents it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from gateway.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
COMMAND = (sys.executable, "-m", "gateway.cli")


def commands(group: Any, *before: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *before, name)
        else:
            yield " ".join(("memcube", *before, name))


def completed(shell: str, line: str) -> str:
    """What the program answers a shell that completes this line."""
    words = line.split(" ")
    env = {
        **os.environ,
        "_MEMCUBE_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    return subprocess.run(COMMAND, capture_output=True, text=True, env=env, check=False).stdout


def test_the_page_lists_every_command_and_no_other() -> None:
    rows = re.findall(r"^\| `(memcube [^`]+)` \| [^|]+ \|$", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(commands(get_command(app)))


def test_the_page_names_every_format() -> None:
    help_text = subprocess.run([*COMMAND, "import", "--help"], capture_output=True, text=True, check=True)
    [formats] = re.findall(r"auto\|[a-z|]+", "".join(help_text.stdout.split()))
    assert formats in PAGE.read_text()
    for name in formats.split("|")[1:]:
        assert f"| `{name}` |" in PAGE.read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_that_are_loaded_late(shell: str) -> None:
    top = completed(shell, "memcube ")
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert name in top
    assert "up" in completed(shell, "memcube u")
    assert "tail" not in completed(shell, "memcube u")


def test_a_shell_completes_options_values_and_groups() -> None:
    assert "--gateway-port" in completed("bash", "memcube up --").split()
    assert completed("bash", "memcube import --format ch").split() == ["chatgpt"]
    assert completed("bash", "memcube cubes ").split() == ["list", "show", "history"]


def test_completion_is_installed_for_the_shell_that_asks(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path)}
    asked = f"{' '.join(COMMAND)} --install-completion; true"  # not the last: bash would make way for it
    told = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, env=env, check=True)
    assert "bash completion installed" in told.stdout
    script = (tmp_path / ".bash_completions" / "memcube.sh").read_text()
    assert "_MEMCUBE_COMPLETE=complete_bash" in script
    assert script.rstrip().endswith("memcube")
