"""Imported ahead of torch by test modules that cannot be read without it: they are skipped, with a word."""

from __future__ import annotations

import os
from typing import Final

import pytest

from memcube.models.catalogue import available

MODELS_NEEDED: Final = "MEMCUBE_MODELS_NEEDED"
TOLD: Final = "no language model here: `make setup-models` installs one"


def torch_needed() -> None:
    """Leave the module out where torch is not installed; where it must be, its import fails."""
    if not available() and not os.environ.get(MODELS_NEEDED):
        pytest.skip(TOLD, allow_module_level=True)
