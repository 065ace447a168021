"""Extraction of memories from conversation turns: rules by default, offline and deterministic."""

from memcube.plaintext.extract.dates import warm_up
from memcube.plaintext.extract.rules import MAX_CANDIDATES, extract
from memcube.plaintext.extract.turns import Candidate, Earlier, Turn

__all__ = ["MAX_CANDIDATES", "Candidate", "Earlier", "Turn", "extract", "warm_up"]
