"""The command line. `memcube --help`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry of the command `memcube`."""
    # In here: `import gateway.cli` alone, as the tests and the tools do, should cost nothing.
    from gateway.cli.app import app  # noqa: PLC0415

    try:
        app(prog_name="memcube")  # however it was started: completion asks by this name
    except Exception as fault:
        if os.environ.get("MEMCUBE_DEBUG"):
            raise
        print(f"error: a fault in MemCube: {type(fault).__name__}: {fault}", file=sys.stderr)  # noqa: T201
        print("to see where, set MEMCUBE_DEBUG=1 and run it again; then please report it", file=sys.stderr)  # noqa: T201
        sys.exit(1)
