"""Every example of docs/client.md does what the page says, on a running system."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.system import MemCube

PAGE = Path(__file__).parents[2] / "docs" / "client.md"
EXAMPLE = re.compile(r"```python\n(?P<code>.*?)```(?:\n```text\n(?P<said>.*?)```)?", re.DOTALL)


def test_the_page_tells_the_truth(system: MemCube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMCUBE_URL", system.address["gateway"])
    page = PAGE.read_text().replace("127.0.0.1:9092", system.address["kafka"])
    names: dict[str, Any] = {"__name__": "docs"}
    examples = list(EXAMPLE.finditer(page))
    assert len(examples) >= 10
    wrong = []
    try:
        for example in examples:
            line = page[: example.start()].count("\n") + 1
            printed = StringIO()
            with redirect_stdout(printed):
                exec(compile("\n" * line + example["code"], str(PAGE), "exec"), names)  # noqa: S102
            wanted = ".*".join(re.escape(part) for part in (example["said"] or "").split("…"))
            if not re.fullmatch(wanted, printed.getvalue(), re.DOTALL):
                wrong.append(f"line {line} prints:\n{printed.getvalue()}")
    finally:
        names["client"].close()
    assert not wrong, "\n".join(wrong)


def test_every_call_has_its_example() -> None:
    page = PAGE.read_text()
    calls = {
        match
        for example in EXAMPLE.finditer(page)
        for match in re.findall(r"client\.(\w+)\(", example["code"])
    }
    assert calls >= {
        *("add", "remember", "feedback", "search", "get", "get_all", "history"),
        *("update", "delete", "delete_all", "undo", "updates", "open"),
    }
