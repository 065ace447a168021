"""What the gateway and the model's process say to each other: `POST /generate`, answered in JSON lines.

The first line is a `Begun`, then come `Text`s, and the last is `Done` or `Failed`. Without torch: the gateway
reads it. Everything is checked where it arrives, since a process of another version may send it.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from memcube.models.prompt import Line, Message
from memcube.models.sampling import Finish, Sampling

Route = Literal["none", "text", "kv"]
Asked = Literal["auto", "none", "text", "kv"]
# What answers best of what fits; more of it makes the answer later and, of a small model, worse.
TEXT_TOKENS: Final = 256


class Block(msgspec.Struct, frozen=True):
    """A subject's block, as the record has it now: its id, its fingerprint, and its memories as they are."""

    id: str
    fingerprint: str
    lines: tuple[Line, ...]


class Generate(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is wanted.

    recalled: the memories that the prompt found, best first; those of the block among them.
    route: `auto` takes the block where that is quicker. exact: both routes read the same tokens, the block
    whole and behind it what was recalled and is not in it. text_tokens: memory on the text route otherwise.
    """

    subject: str
    messages: tuple[Message, ...]
    route: Asked
    sampling: Sampling
    exact: bool = False
    block: Block | None = None
    recalled: tuple[Line, ...] = ()
    text_tokens: int = TEXT_TOKENS


class Begun(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="begun"):
    """The prompt is put together. Comes before its prefill.

    route, reason: what is done, and why if not as asked ("no block", "stale: weights", ...).
    cubes: the memories in the prompt, in its order. cached_tokens: those that are not prefilled.
    rebuild: the block that was sent cannot be used any more, and is worth another job.
    """

    route: Route
    cubes: tuple[str, ...]
    memory_tokens: int
    prompt_tokens: int
    cached_tokens: int = 0
    reason: str | None = None
    rebuild: bool = False


class Text(msgspec.Struct, frozen=True, tag_field="kind", tag="text"):
    """Some more of the answer."""

    text: str


class Done(msgspec.Struct, frozen=True, tag_field="kind", tag="done"):
    """The answer is whole. tokens: of it. first_token_ms: from the arrival of the request."""

    finish: Finish
    tokens: int
    first_token_ms: float


class Failed(msgspec.Struct, frozen=True, tag_field="kind", tag="failed"):
    """No answer, or no more of it. status: of HTTP, as the gateway is to tell it."""

    title: str
    detail: str
    status: int = 500


Said = Begun | Text | Done | Failed


class About(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /model`: what is loaded. bytes_per_token: of its KV cache, in memory."""

    name: str
    fingerprint: str
    context: int
    bytes_per_token: int
    device: str
    dtype: str
    precision: Literal["float", "int8"]


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /prefetch`: a subject has begun to talk; load its block ahead of the first question."""

    subject: str
    block_id: str
    fingerprint: str
