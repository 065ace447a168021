from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processors.conversation import Conversation


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Conversation]:
    conversation = Conversation(tmp_path)
    yield conversation
    conversation.close()
