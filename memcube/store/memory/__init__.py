"""The recall index that lives in the memory of one process, and nowhere else."""

from memcube.store.memory.index import InMemoryRecallIndex

__all__ = ["InMemoryRecallIndex"]
