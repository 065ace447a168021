"""Bringing Prometheus: what is on PATH, what apt brings, and what is said when neither can be had."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from infra.errors import PrometheusError
from infra.observe.__main__ import main
from infra.observe.prometheus import NEEDED, bring_prometheus, find_prometheus


def program(folder: Path, name: str, script: str = "exit 0") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir(exist_ok=True)
    return {"PATH": str(tmp_path / "bin"), "MEMCUBE_CACHE": str(tmp_path / "cache")}


def test_what_is_installed_is_used(tmp_path: Path) -> None:
    for name in ("prometheus", "promtool"):
        program(tmp_path / "bin", name)
    assert bring_prometheus(env(tmp_path)).promtool == tmp_path / "bin" / "promtool"
    assert not (tmp_path / "cache").exists()


def test_one_of_the_two_is_not_enough(tmp_path: Path) -> None:
    program(tmp_path / "bin", "prometheus")
    assert find_prometheus(env(tmp_path)) is None


def test_a_machine_without_apt_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(
        PrometheusError, match=r"no apt-get to fetch it with.*put `prometheus` and `promtool`"
    ):
        bring_prometheus(env(tmp_path))


def test_an_apt_that_reaches_nothing_is_quoted(tmp_path: Path) -> None:
    program(tmp_path / "bin", "apt-get", "echo 'E: Failed to fetch prometheus'; exit 100")
    program(tmp_path / "bin", "dpkg-deb")
    with pytest.raises(PrometheusError, match=r"update` failed \(E: Failed to fetch prometheus\)"):
        bring_prometheus(env(tmp_path))
    assert find_prometheus(env(tmp_path)) is None


def test_a_package_is_unpacked_into_the_cache_once(tmp_path: Path) -> None:
    download = 'for last; do :; done; [ "$last" = prometheus ] && : > prometheus_2_amd64.deb'
    unpack = 'mkdir -p "$3/usr/bin"; cp "$0" "$3/usr/bin/prometheus"; cp "$0" "$3/usr/bin/promtool"'
    program(tmp_path / "bin", "apt-get", download)
    program(tmp_path / "bin", "dpkg-deb", unpack)
    for tool in ("mkdir", "cp"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    found = bring_prometheus(env(tmp_path))
    assert found.prometheus.is_relative_to(tmp_path / "cache")
    (tmp_path / "bin" / "apt-get").unlink()
    assert bring_prometheus(env(tmp_path)) == found


def test_in_ci_it_is_an_error_and_elsewhere_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in env(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["infra.observe", "--fetch"])
    monkeypatch.delenv(NEEDED, raising=False)
    assert main() == 0
    assert "cannot run without it" in capsys.readouterr().err
    monkeypatch.setitem(os.environ, NEEDED, "1")
    assert main() == 1
