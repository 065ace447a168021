"""What models there are on this machine, told without loading any."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from memcube.errors import ModelMissing
from memcube.models import catalogue, load_language_model, smollm2
from memcube.settings import DEFAULT_MODEL, ModelSettings


def put(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(1000))
    return folder


def test_the_default_comes_first_and_says_how_to_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smollm2, "weights", lambda: None)
    (entry,) = catalogue.catalogue(tmp_path)
    assert entry.name == DEFAULT_MODEL
    assert not entry.installed
    assert entry.folder is None
    assert "make setup-models" in entry.note
    assert not catalogue.installed(DEFAULT_MODEL, tmp_path)


def test_a_wheel_that_is_not_converted_yet_counts_as_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smollm2, "weights", lambda: tmp_path / "weights.gguf")
    (entry,) = catalogue.catalogue(tmp_path)
    assert entry.installed
    assert entry.folder is None
    assert "half a minute" in entry.note
    assert catalogue.installed(DEFAULT_MODEL, tmp_path)


def test_a_converted_model_stands_in_its_folder(tmp_path: Path) -> None:
    folder = put(smollm2.folder(tmp_path))
    (entry,) = catalogue.catalogue(tmp_path)
    assert (entry.installed, entry.folder, entry.bytes) == (True, folder, 1002)
    assert catalogue.folder_of(DEFAULT_MODEL, tmp_path) == folder


def test_what_was_put_into_the_cache_is_listed_and_half_made_ones_are_not(tmp_path: Path) -> None:
    folder = put(tmp_path / "models" / "own")
    put(tmp_path / "models" / ".smollm2-half")
    (tmp_path / "models" / "graph").mkdir()
    assert [entry.name for entry in catalogue.catalogue(tmp_path)] == [DEFAULT_MODEL, "own"]
    assert catalogue.folder_of("own", tmp_path) == folder


def test_a_model_is_found_by_its_folder(tmp_path: Path) -> None:
    folder = put(tmp_path / "elsewhere" / "tiny")
    assert catalogue.folder_of(str(folder), tmp_path) == folder
    assert catalogue.installed(str(folder), tmp_path)


@pytest.mark.parametrize("name", ["llama", "../models", "/nowhere/at/all", "x" * 5000, "a\0b"])
def test_a_name_of_nothing_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="memcube models list"):
        catalogue.folder_of(name, tmp_path)
    assert not catalogue.installed(name, tmp_path)


def test_without_torch_loading_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "available", lambda: False)
    with pytest.raises(ModelMissing, match="make setup-models"):
        load_language_model(ModelSettings())


def test_listing_models_loads_no_torch(tmp_path: Path) -> None:
    told = (
        "import sys; from pathlib import Path; from memcube.models import catalogue;"
        f" catalogue.catalogue(Path({str(tmp_path)!r})); catalogue.available();"
        " assert not {'torch', 'transformers'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", told], check=True)


@pytest.mark.models
def test_a_device_that_is_not_here_is_told() -> None:
    from memcube.errors import Setup

    with pytest.raises(Setup, match="MEMCUBE_MODEL_DEVICE"):
        load_language_model(ModelSettings(device="nonsense"))
