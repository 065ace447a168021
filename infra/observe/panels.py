"""What a panel is, and the questions to Prometheus that panels are made of."""

from __future__ import annotations

from typing import Final

import msgspec

RATE: Final = "$__rate_interval"
"""Grafana's: long enough for a rate at this zoom and scrape interval."""


class Query(msgspec.Struct, frozen=True):
    """An expression, and how its lines are called."""

    expr: str
    legend: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: Grafana's word. `warn` and `bad`: from where on it is yellow and red; `falling`: below it.

    `figure`: one large number for each line instead of a graph. `span`: of 24 columns.
    """

    title: str
    does: str
    unit: str
    queries: tuple[Query, ...]
    warn: float | None = None
    bad: float | None = None
    falling: bool = False
    figure: bool = False
    span: int = 8


class Row(msgspec.Struct, frozen=True):
    title: str
    panels: tuple[Panel, ...]


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Of a counter, a second, summed by labels."""
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{_where(where)}[{RATE}]))"


def added(metric: str, by: str) -> str:
    """Of a counter, in the last hour, summed by labels."""
    return f"sum by ({by}) (increase({metric}[1h]))"


def quantile(level: str, metric: str, by: str = "", where: str = "") -> str:
    """Of a histogram, by labels."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({level}, sum by ({labels}) (rate({metric}_bucket{_where(where)}[{RATE}])))"


def _where(selector: str) -> str:
    return f"{{{selector}}}" if selector else ""


def levels(metric: str, where: str) -> tuple[Query, ...]:
    """What half, most and nearly all stay below."""
    return tuple(
        Query(quantile(level, metric, where=where), name)
        for level, name in (("0.5", "half"), ("0.95", "95 %"), ("0.99", "99 %"))
    )
