"""A real Prometheus that watches a running system, and what its HTTP API answers."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from infra.observe.prometheus import Programs
from infra.ports import LOOPBACK, free_port
from infra.process import spawn

OBSERVE: Final = Path(__file__).parents[2] / "infra" / "observe"
# Grafana fills it in by the zoom; here it spans enough scrapes of a second each.
RATE_INTERVAL: Final = "15s"
_STOP_S: Final = 10


def hastened(config: str, rules: str) -> tuple[str, str]:
    """The committed files for a test of seconds: scrape and evaluate each second, and `for:` two of them.

    These two substitutions are all; expressions, thresholds and windows stay.
    """
    return (
        re.sub(r"(scrape_interval|scrape_timeout|evaluation_interval): \d+s", r"\1: 1s", config),
        re.sub(r"for: \d+m", "for: 2s", rules),
    )


class Prometheus:
    """Runs in the data folder's company: that is where `up` has written its targets."""

    def __init__(self, programs: Programs, data: Path, work: Path) -> None:
        config, rules = hastened(
            (OBSERVE / "prometheus.yml").read_text(), (OBSERVE / "alerts.yml").read_text()
        )
        (data / "prometheus.yml").write_text(config)
        (data / "alerts.yml").write_text(rules)
        self._log = work / "prometheus.log"
        port = free_port()
        argv = [
            str(programs.prometheus),
            f"--config.file={data / 'prometheus.yml'}",
            f"--storage.tsdb.path={work / 'tsdb'}",
            f"--web.listen-address={LOOPBACK}:{port}",
        ]
        with self._log.open("ab") as output:
            self._process = spawn(argv, output)
        self._http = httpx.Client(base_url=f"http://{LOOPBACK}:{port}", trust_env=False, timeout=10)

    def told(self) -> str:
        return self._log.read_text()[-3000:]

    def targets(self) -> dict[str, str]:
        """The health of each process that it scrapes."""
        active = self._get("/api/v1/targets")["activeTargets"]
        return {target["labels"]["process"]: target["health"] for target in active}

    def values(self, expression: str) -> list[float]:
        """What an expression gives now; nothing where there is nothing to tell."""
        query = expression.replace("$__rate_interval", RATE_INTERVAL)
        result = self._get("/api/v1/query", query=query)["result"]
        found = [float(series["value"][1]) for series in result]
        return [value for value in found if not math.isnan(value)]

    def firing(self) -> set[str]:
        alerts = self._get("/api/v1/alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def without_data(self, expressions: Sequence[str]) -> list[str]:
        return [expression for expression in expressions if not self.values(expression)]

    def answers(self) -> bool:
        try:
            return self._http.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._http.close()
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _get(self, path: str, **query: str) -> Any:
        answer = self._http.get(path, params=query).json()
        assert answer["status"] == "success", (query, answer)
        return answer["data"]
