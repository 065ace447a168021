"""Every error of the domain, drawn.

MemcubeError
├── Refused                    the caller asked for something that cannot be: nothing was changed
│   ├── NoSuchCube             no cube of this id in this subject
│   ├── CubeErased             the cube was erased; only its id and state are left
│   ├── NothingToUndo          the event changed nothing, or what it did cannot be undone
│   └── IllegalTransition      the lifecycle has no step from this state to that
├── Unopenable                 sealed bytes cannot be opened
│   ├── KeyDestroyed           their key was destroyed: they are erased for ever
│   └── SealBroken             wrong key, wrong place or changed bytes
├── Setup                      something is missing on this machine; the message names the remedy
│   ├── ModelMissing           the embedding model's files are not installed
│   └── NotRunning             no running system answers for this data folder
├── StoreFault                 the record could not be read or written; the process retries, then exits
└── ImpossiblePosition         the log and the record contradict each other: a person must decide
    ├── TopicRecreated         the position belongs to another topic of the same name
    ├── PositionPastEnd        the record has read further than the log reaches
    └── PositionBeforeStart    the log no longer holds what the record has yet to read
"""

from __future__ import annotations


class MemcubeError(Exception):
    """Base of all errors of the domain."""


class Refused(MemcubeError):
    """Asked for something that cannot be; nothing was changed."""

    reason = "refused"


class NoSuchCube(Refused):
    reason = "no-such-cube"


class CubeErased(Refused):
    reason = "cube-erased"


class NothingToUndo(Refused):
    reason = "nothing-to-undo"


class IllegalTransition(Refused):
    reason = "illegal-transition"


class Unopenable(MemcubeError):
    """Sealed bytes cannot be opened."""

    reason = "unopenable"


class KeyDestroyed(Unopenable):
    reason = "key-destroyed"


class SealBroken(Unopenable):
    reason = "seal-broken"


class Setup(MemcubeError):
    """Something is missing on this machine."""


class ModelMissing(Setup):
    pass


class NotRunning(Setup):
    pass


class StoreFault(MemcubeError):
    """The record could not be read or written."""


class ImpossiblePosition(MemcubeError):
    """The log and the record contradict each other. Nothing was applied.

    This ends the role (exit status 3) and is not restarted: each message names the remedy.
    """

    exit_status = 3


class TopicRecreated(ImpossiblePosition):
    pass


class PositionPastEnd(ImpossiblePosition):
    pass


class PositionBeforeStart(ImpossiblePosition):
    pass
