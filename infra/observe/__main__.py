"""`python -m infra.observe --fetch | --write | --check`: Prometheus for the tests, and the dashboard."""

from __future__ import annotations

import argparse
import os
import sys

from infra.errors import InfraError
from infra.observe.prometheus import NEEDED, bring_prometheus


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.observe", description="What makes MemCube seen.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--fetch", action="store_true", help="bring Prometheus, if it is not here")
    what.add_argument("--write", action="store_true", help="write the dashboard anew from its code")
    what.add_argument("--check", action="store_true", help="exit status 1 if the committed one is stale")
    options = parser.parse_args()
    return _fetch() if options.fetch else _dashboard(write=options.write)


def _fetch() -> int:
    try:
        programs = bring_prometheus(os.environ)
    except InfraError as error:
        _say(str(error))
        return 1 if os.environ.get(NEEDED) else 0
    _say(f"Prometheus: {programs.prometheus}")
    return 0


def _dashboard(*, write: bool) -> int:
    # Grafana's builders are a tool of development: `--fetch` must not need them.
    from infra.observe.dashboard import FILE, overview  # noqa: PLC0415

    made = overview()
    if write:
        FILE.write_text(made)
        return 0
    if FILE.read_text() == made:
        return 0
    _say(f"{FILE} is not what its code makes: run `python -m infra.observe --write` and commit it")
    return 1


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
