"""The body of `POST /v1/chat/completions`: OpenAI's, as far as a text model with memory can keep to it.

What would change the answer and is not done here is refused by name; what would change nothing is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from gateway.http.requests import Ids
from gateway.http.strict import Strict
from memcube.models.prompt import Message
from memcube.models.sampling import Sampling
from memcube.models.wire import Asked

MAX_MESSAGES: Final = 1_000
# No local model answers longer, and whoever means "all there is" leaves it out.
MAX_ANSWER: Final = 32_768
DEFAULT_ANSWER: Final = Sampling().max_tokens
MAX_STOPS: Final = 4
_SEEDS: Final = 2**64
# Below, logits over it are no numbers any more, and the most likely word is taken in any case.
_COLDEST: Final = 1e-6

# What they may say, since it asks for nothing. Anything else in them asks for what is not done here.
_NEUTRAL: Final[Mapping[str, tuple[Any, ...]]] = {
    "n": (1,),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "function_call": ("none", "auto"),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "audio": (),
    "prediction": (),
    "web_search_options": (),
}
# Of their accounts, caches and prices: they change no answer.
_IGNORED: Final = frozenset(
    {
        "metadata",
        "parallel_tool_calls",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "safety_identifier",
        "service_tier",
        "user",
        "verbosity",
    }
)
# What an assistant's message holds beside its words when it is sent back as it came.
_ECHOED: Final = ("tool_calls", "function_call", "audio", "refusal", "annotations")


class TextPart(Strict):
    """A part of a message. Of OpenAI's kinds only text is read: no images, audio or files."""

    type: Literal["text"]
    text: str


class ChatMessage(Strict):
    """A turn. `developer` is the same as `system`. `name`: who says it."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | tuple[TextPart, ...]
    name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_tools(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        role = given.get("role")
        if isinstance(role, str) and role in {"tool", "function"}:
            raise ValueError(f"role {role!r} is not supported: this model calls no tools")
        if asked := [name for name in _ECHOED if given.get(name)]:
            raise ValueError(f"{asked[0]} is not supported: this model reads text only, and calls no tools")
        # Here, and not in the part: of a union pydantic tells of the first kind that does not fit.
        for part in content if isinstance(content := given.get("content"), list) else ():
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(kind, str) and kind != "text":
                raise ValueError(f"a part of type {kind[:40]!a} is not supported: this model reads text only")
        return {name: value for name, value in given.items() if name not in _ECHOED}

    @property
    def text(self) -> str:
        """Its words; parts stand below one another."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content)


class Remembering(Ids):
    """Whose memory is used, and how.

    `route`: how memory reaches the model; `auto` takes what is quicker, and `none` reads nothing. `exact`:
    text and KV read the very same tokens. `store` false is off the record: nothing is kept of it. `name`:
    who says the prompt, where the ids do not tell. The ids beside the subject's go with what is stored; the
    memory that is used is all of the subject's.
    """

    route: Asked = "auto"
    exact: bool = False
    store: bool | None = None
    name: str | None = None

    @property
    def named(self) -> bool:
        """Whether it says whose memory it is."""
        return any(value is not None for name, value in self.ids().items() if name != "tenant")


class StreamOptions(Strict):
    """`include_usage`: the tokens in a chunk of their own, the last one."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Completion(Strict):
    """A conversation that wants its next turn, as OpenAI's chat completions have it, and `memory`.

    Not supported, and refused where they ask for anything: tools and functions, images, audio and files,
    `n` above 1, `logprobs`, `logit_bias`, penalties, a `response_format` other than text. Without a
    `temperature` the most likely words are taken. `store` false is the same as in `memory`.
    """

    model: str = Field(min_length=1, max_length=256)
    messages: tuple[ChatMessage, ...] = Field(min_length=1, max_length=MAX_MESSAGES)
    memory: Remembering | None = None
    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    top_p: float | None = Field(None, ge=0, le=1, allow_inf_nan=False)
    max_tokens: int | None = Field(None, ge=1, le=MAX_ANSWER)
    max_completion_tokens: int | None = Field(None, ge=1, le=MAX_ANSWER)
    seed: int | None = Field(None, ge=-(2**63), le=2**63 - 1)
    stop: str | tuple[str, ...] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_they_mean_it(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        for name, neutral in _NEUTRAL.items():
            value = given.get(name)
            if value is not None and not any(value == one for one in neutral):
                raise ValueError(f"{name} is not supported{_may_be(neutral)}: leave it out")
        return {name: value for name, value in given.items() if name not in _NEUTRAL and name not in _IGNORED}

    @model_validator(mode="after")
    def _whole(self) -> Completion:
        if self.messages[-1].role != "user":
            raise ValueError(
                f"the last message is of role {self.messages[-1].role!r}: it must be what the user says"
            )
        if not all(_is_text(text) for text in (*self.stops, *(one.text for one in self.messages))):
            raise ValueError("a text holds a lone surrogate, which is no character: send valid Unicode")
        if len(self.stops) > MAX_STOPS or not all(self.stops):
            raise ValueError(f"stop takes up to {MAX_STOPS} texts, none of them empty")
        if self.memory is not None and {self.store, self.memory.store} == {True, False}:
            raise ValueError(
                "store and memory.store contradict each other: say once whether this may be kept"
            )
        return self

    @property
    def stops(self) -> tuple[str, ...]:
        if self.stop is None:
            return ()
        return (self.stop,) if isinstance(self.stop, str) else self.stop

    @property
    def prompt(self) -> ChatMessage:
        """What the user says now."""
        return self.messages[-1]

    @property
    def kept(self) -> bool:
        """Whether what is said here may be stored."""
        return self.store is not False and (self.memory is None or self.memory.store is not False)

    def turns(self) -> tuple[Message, ...]:
        """The conversation in the template's roles."""
        return tuple(
            Message("system" if one.role == "developer" else one.role, one.text) for one in self.messages
        )

    def sampling(self, seed: int) -> Sampling:
        """How to draw; `seed` where the request names none."""
        return Sampling(
            max_tokens=self.max_completion_tokens or self.max_tokens or DEFAULT_ANSWER,
            temperature=self.temperature if self.temperature and self.temperature >= _COLDEST else 0.0,
            top_p=1.0 if self.top_p is None else self.top_p,
            seed=(seed if self.seed is None else self.seed) % _SEEDS,
            stop=self.stops,
        )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _may_be(neutral: tuple[Any, ...]) -> str:
    return f" other than {neutral[0]!r}" if neutral else ""
