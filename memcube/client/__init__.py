"""The Python client: `from memcube import Client, AsyncClient`. Needs httpx and the contract, nothing else.

What it gives back stands in `answers` and `updates`, what it raises is drawn in `errors`.
"""

from __future__ import annotations

from memcube.client.answers import (
    Added,
    Change,
    Cube,
    Done,
    Forgotten,
    Found,
    History,
    Memory,
    Opened,
    Origin,
    Outcome,
)
from memcube.client.asynchronous import AsyncClient
from memcube.client.errors import (
    BadAnswer,
    BadCall,
    Busy,
    ClientError,
    Conflict,
    ConnectionFailed,
    Erased,
    Invalid,
    NotFound,
    NotYet,
    Problem,
    TimedOut,
    TooLarge,
    Unavailable,
)
from memcube.client.retries import Retries
from memcube.client.sync import Client
from memcube.client.turns import Message
from memcube.client.updates import Missed, Removed, Update, Updated

__all__ = [
    "Added",
    "AsyncClient",
    "BadAnswer",
    "BadCall",
    "Busy",
    "Change",
    "Client",
    "ClientError",
    "Conflict",
    "ConnectionFailed",
    "Cube",
    "Done",
    "Erased",
    "Forgotten",
    "Found",
    "History",
    "Invalid",
    "Memory",
    "Message",
    "Missed",
    "NotFound",
    "NotYet",
    "Opened",
    "Origin",
    "Outcome",
    "Problem",
    "Removed",
    "Retries",
    "TimedOut",
    "TooLarge",
    "Unavailable",
    "Update",
    "Updated",
]
