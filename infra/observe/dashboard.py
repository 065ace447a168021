"""The overview dashboard, built from `infra.observe.rows` with Grafana's own builders."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    GraphTresholdsStyleMode,
    LegendDisplayMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
)

from infra.observe.panels import Panel
from infra.observe.rows import ROWS

FILE: Final = Path(__file__).with_name("memcube.json")
# Whatever Prometheus the reader has: chosen at the top of the dashboard.
_SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHT: Final = 7


def overview() -> str:
    """The dashboard as JSON, as it is committed."""
    board = (
        dashboard.Dashboard("MemCube")
        .uid("memcube")
        .description("Is memory alive, and if not, where to look. Each panel says what to do.")
        .tags(["memcube"])
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .refresh("30s")
        .time("now-1h", "now")
        .timezone("browser")
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    number = 0
    for row in ROWS:
        board = board.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            number += 1
            made = _figure(panel) if panel.figure else _graph(panel)
            board = board.with_panel(made.id(number))
    return JSONEncoder(sort_keys=True, indent=2).encode(board.build()) + "\n"


def _graph(panel: Panel) -> timeseries.Panel:
    legend = common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST)
    made = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.does)
        .unit(panel.unit)
        .datasource(_SOURCE)
        .height(_HEIGHT)
        .span(panel.span)
        .min(0)
        .legend(legend)
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .targets([*_targets(panel)])
    )
    if panel.warn is not None or panel.bad is not None:
        style = common.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.LINE)
        made = made.thresholds(_thresholds(panel)).thresholds_style(style)
    return made


def _figure(panel: Panel) -> stat.Panel:
    return (
        stat.Panel()
        .title(panel.title)
        .description(panel.does)
        .unit(panel.unit)
        .datasource(_SOURCE)
        .height(_HEIGHT)
        .span(panel.span)
        .color_mode(BigValueColorMode.BACKGROUND)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_thresholds(panel))
        .targets([*_targets(panel)])
    )


def _targets(panel: Panel) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery()
        .expr(query.expr)
        .legend_format(query.legend)
        .datasource(_SOURCE)
        .range()
        .ref_id(chr(ord("A") + number))
        for number, query in enumerate(panel.queries)
    ]


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    """The first step has no value: it holds from minus infinity on."""
    colours = [("yellow", panel.warn), ("red", panel.bad)]
    limits = [(colour, value) for colour, value in colours if value is not None]
    if panel.falling:
        # Read upwards: red up to the bad limit, yellow up to the other, then green.
        rising = sorted(limits, key=lambda limit: limit[1])
        names = [colour for colour, _ in rising] + ["green"]
        steps = [Threshold(None, names[0])]
        steps += [Threshold(value, name) for (_, value), name in zip(rising, names[1:], strict=True)]
    else:
        steps = [Threshold(None, "green"), *(Threshold(value, colour) for colour, value in limits)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
