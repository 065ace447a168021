"""The alert rules before their judge: promtool."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest

from infra.observe.prometheus import Programs

OBSERVE: Final = Path(__file__).parents[3] / "infra" / "observe"
pytestmark = pytest.mark.prometheus


def promtool(programs: Programs, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [programs.promtool, *arguments], cwd=OBSERVE, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_configuration_and_the_rules_are_valid(programs: Programs) -> None:
    done = promtool(programs, "check", "config", "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_should_and_not_before(programs: Programs) -> None:
    done = promtool(programs, "test", "rules", "alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_judge_can_say_no(programs: Programs, tmp_path: Path) -> None:
    rules = (OBSERVE / "alerts.yml").read_text()
    stories = (OBSERVE / "alerts_test.yml").read_text()
    (tmp_path / "alerts.yml").write_text(rules.replace("memcube_lag_age_seconds) > 15", "memcube_x) > 15"))
    (tmp_path / "alerts_test.yml").write_text(stories)
    assert promtool(programs, "test", "rules", str(tmp_path / "alerts_test.yml")).returncode == 1
