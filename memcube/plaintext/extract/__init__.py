"""Extraction of memories from conversation turns: rules by default, offline and deterministic."""

from memcube.plaintext.extract.dates import warm_up
from memcube.plaintext.extract.rules import MAX_CANDIDATES, Candidate, Earlier, Turn, extract

__all__ = ["MAX_CANDIDATES", "Candidate", "Earlier", "Turn", "extract", "warm_up"]
