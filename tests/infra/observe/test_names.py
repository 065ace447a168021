"""The names: metrics, labels, what the dashboard and the alerts ask for, and what the guide says of them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from infra.observe import dashboard
from infra.observe.rows import ROWS
from memcube import metrics
from memcube.errors import Refused, SealBroken
from schemas.errors import ContractError
from streams.guard import Reason

ROOT: Final = Path(__file__).parents[3]
OBSERVE: Final = ROOT / "infra" / "observe"
GUIDE: Final = (ROOT / "docs" / "operations.md").read_text()
OURS: Final = {name: m for name, m in vars(metrics).items() if isinstance(m, MetricWrapperBase)}
# What every process of Python and every scrape brings along.
FOREIGN: Final = {
    "up",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
}
NAME: Final = re.compile(r"\b(?:memcube_\w+|process_\w+|up)\b(?=[{\[) ]|$)")


def told_names() -> set[str]:
    """The names of all series that our metrics can have."""
    names = set()
    for metric in OURS.values():
        (family,) = metric.describe()
        if isinstance(metric, Counter):
            names.add(f"{family.name}_total")
        elif isinstance(metric, Histogram):
            names |= {f"{family.name}_{end}" for end in ("bucket", "count", "sum")}
        else:
            names.add(family.name)
    return names


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((OBSERVE / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    board = json.loads((OBSERVE / "memcube.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for rule in alerts():
        yield rule["expr"]


# --- metrics ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", OURS.values(), ids=OURS)
def test_a_metric_says_its_unit_and_teaches(metric: MetricWrapperBase) -> None:
    (family,) = metric.describe()
    assert family.name.startswith("memcube_")
    assert len(family.documentation) > 20, "a sentence that tells what it counts"
    if isinstance(metric, Histogram):
        assert family.name.endswith("_seconds")
    assert not re.search(r"_(ms|millis|minutes|kb|mb|duration)\b", family.name)


@pytest.mark.parametrize("metric", OURS.values(), ids=OURS)
def test_a_label_takes_only_what_is_bounded(metric: MetricWrapperBase) -> None:
    assert set(metric._labelnames) <= set(metrics.LABELS)
    assert not set(metric._labelnames) & {"user", "subject", "tenant", "cube", "event", "id", "text"}


def test_metrics_are_defined_in_one_place() -> None:
    for path, call in calls():
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name in {"Counter", "Gauge", "Histogram", "Summary", "Info"} and call.args:
            first = call.args[0]
            is_metric = isinstance(first, ast.Constant) and str(first.value).startswith("memcube_")
            assert not is_metric or path == ROOT / "memcube" / "metrics.py", (path, call.lineno)


def test_every_use_of_a_label_is_of_its_closed_set() -> None:
    """What stands in the code as text is compared; a reason, whose set is open, has its one door."""
    seen = 0
    for path, call in calls():
        func = call.func
        if not (isinstance(func, ast.Attribute) and func.attr == "labels"):
            continue
        name = func.value.attr if isinstance(func.value, ast.Attribute) else getattr(func.value, "id", "")
        if name not in OURS:
            assert path == ROOT / "memcube" / "metrics.py", f"{path}:{call.lineno}: labels of what?"
            continue
        seen += 1
        assert len(call.args) == len(OURS[name]._labelnames), (path, call.lineno)
        for label, given in zip(OURS[name]._labelnames, call.args, strict=True):
            allowed = metrics.LABELS[label]
            if isinstance(given, ast.Constant):
                assert allowed is None or given.value in allowed, (path, call.lineno, given.value)
            else:
                assert label != "reason" or path.name == "metrics.py", (path, call.lineno)
    assert seen > 20


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for room in ("memcube", "processors", "streams", "gateway", "infra"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield path, node


def test_every_reason_of_a_dead_letter_has_its_name() -> None:
    own = {error.reason for error in [*under(ContractError), *under(Refused), SealBroken]}
    assert own | set(Reason) == set(metrics.REASONS) - {metrics.OTHER}


def under(error: Any) -> list[Any]:
    return [error, *(deeper for child in error.__subclasses__() for deeper in under(child))]


def test_a_reason_that_nobody_foresaw_is_counted_as_other() -> None:
    before = (
        REGISTRY.get_sample_value("memcube_deadletters_total", {"role": "memory", "reason": "other"}) or 0
    )
    metrics.dead_letter("memory", "ana lives in hamburg")
    after = REGISTRY.get_sample_value("memcube_deadletters_total", {"role": "memory", "reason": "other"})
    assert after == before + 1


# --- dashboard and alerts ----------------------------------------------------------------------------


def test_the_committed_dashboard_is_what_its_code_makes() -> None:
    stale = "run `python -m infra.observe --write` and commit infra/observe/memcube.json"
    assert dashboard.FILE.read_text() == dashboard.overview(), stale


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_names_metrics_that_exist(expression: str) -> None:
    named = set(NAME.findall(re.sub(r'"[^"]*"', '""', expression)))
    assert named, expression
    assert named <= told_names() | FOREIGN, named - told_names() - FOREIGN


def test_every_metric_is_shown_or_stands_behind_an_alert() -> None:
    used = set().union(*(NAME.findall(expression) for expression in expressions()))
    for metric in OURS.values():
        (family,) = metric.describe()
        assert any(name.startswith(family.name) for name in used) or metric is metrics.POSITION, family.name


def test_a_panel_says_its_unit_and_what_to_do() -> None:
    for row in ROWS:
        for panel in row.panels:
            assert panel.unit, panel.title
            assert panel.does.endswith("."), panel.title
            assert len(panel.does) > 15, panel.title


def test_panels_do_not_overlap_and_ask_whatever_prometheus_the_reader_has() -> None:
    board = json.loads(dashboard.FILE.read_text())
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
        for target in panel.get("targets", ()):
            assert target["datasource"]["uid"] == "${datasource}", panel["title"]
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource"]


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_to_do_and_has_its_place_in_the_guide(rule: dict[str, Any]) -> None:
    told = rule["annotations"]
    assert set(told) == {"summary", "description", "runbook_url"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert told["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"
    assert f"#### {rule['alert']}\n" in GUIDE


def test_every_alert_has_a_story_in_the_unit_tests() -> None:
    stories = (OBSERVE / "alerts_test.yml").read_text()
    assert [rule["alert"] for rule in alerts() if rule["alert"] not in stories] == []


# --- the guide ---------------------------------------------------------------------------------------


def test_the_guide_lists_every_metric_with_its_labels_and_no_other() -> None:
    rows = {
        match[1]: {label for label in match[2].split(", ") if label}
        for match in re.finditer(r"^\| `(memcube_\w+)` \| ([a-z, ]*) ?\|", GUIDE, re.MULTILINE)
    }
    real = {}
    for metric in OURS.values():
        (family,) = metric.describe()
        name = f"{family.name}_total" if isinstance(metric, Counter) else family.name
        real[name] = set(metric._labelnames)
    assert {name: {label.strip() for label in labels} for name, labels in rows.items()} == real


def test_gauges_and_counters_are_named_for_what_they_are() -> None:
    for metric in OURS.values():
        (family,) = metric.describe()
        if isinstance(metric, Gauge):
            assert not family.name.endswith("_total"), family.name
