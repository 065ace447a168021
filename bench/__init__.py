"""How fast, how large, how quick to start: measured on real processes. `python -m bench --help`."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Tells the person who waits what is being done now."""
