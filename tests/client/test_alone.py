"""What the client drags in: the contract and an HTTP client. An application pays for no more."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import memcube
from memcube import AsyncClient, Client

ALLOWED = {"httpx", "httpx_sse", "msgspec", "schemas"}
ROOT = Path(__file__).parents[2]


def loaded_by(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(done.stdout.split())


def test_it_imports_the_contract_httpx_and_the_standard_library() -> None:
    found = set()
    for path in (ROOT / "memcube" / "client").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
    strange = {
        name
        for name in found
        if name.split(".")[0] not in ALLOWED | sys.stdlib_module_names
        and not name.startswith("memcube.client")
    }
    assert not strange


def test_importing_it_loads_no_other_room() -> None:
    loaded = loaded_by("from memcube import Client")
    assert "memcube.client" in loaded
    for other in (
        "memcube.cube",
        "memcube.errors",
        "gateway",
        "numpy",
        "apsw",
        "cryptography",
        "fastapi",
        "faust",
    ):
        assert other not in loaded


def test_importing_the_domain_loads_no_client() -> None:
    loaded = loaded_by("import memcube.cube")
    assert "httpx" not in loaded
    assert "memcube.client" not in loaded


def test_the_names_of_the_package() -> None:
    assert {"Client", "AsyncClient"} <= set(dir(memcube))
    with pytest.raises(AttributeError, match="Klient"):
        memcube.Klient  # noqa: B018


def test_each_package_that_ships_says_that_it_is_typed() -> None:
    for name in ("schemas", "memcube", "processors", "streams", "gateway", "infra", "bench"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        assert (Path(spec.submodule_search_locations[0]) / "py.typed").exists()


def public(twin: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(member)
        for name, member in vars(twin).items()
        if callable(member) and (not name.startswith("_") or name == "__init__")
    }


def test_the_twins_have_the_same_names_with_the_same_parameters() -> None:
    sync, asynchronous = public(Client), public(AsyncClient)
    assert sync.keys() == asynchronous.keys()
    differing = {"transport", "sleep"}  # of the one kind of I/O, or the other
    for name, signature in sync.items():
        mine = list(signature.parameters.values())
        its = list(asynchronous[name].parameters.values())
        assert [(p.name, p.kind, p.default) for p in mine] == [(p.name, p.kind, p.default) for p in its], name
        for one, other in zip(mine, its, strict=True):
            assert one.annotation == other.annotation or one.name in differing, (name, one)


def test_each_call_is_explained_at_both() -> None:
    for name in public(Client).keys() - {"__init__"}:
        assert getattr(Client, name).__doc__, name
        assert getattr(AsyncClient, name).__doc__ == getattr(Client, name).__doc__
