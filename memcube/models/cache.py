"""Where models keep what can be made again: graphs, converted weights."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """MEMCUBE_CACHE, or the user's cache folder."""
    return Path(os.environ.get("MEMCUBE_CACHE") or platformdirs.user_cache_dir("memcube"))
