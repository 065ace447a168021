"""From logits to text: which token comes next, and what of the text is safe to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from memcube.models.language import Array, LanguageModel, Pause, Run

Finish = Literal["stop", "length"]
# Half of a character: more tokens may complete it.
_INCOMPLETE: Final = "\ufffd"


class Sampling(msgspec.Struct, frozen=True):
    """How to draw. temperature 0: the most likely token each time. top_p: of the mass, what may be drawn.

    stop: texts that end the answer and are left out of it.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()


class Piece(msgspec.Struct, frozen=True):
    """Some more text of the answer. `finish` with the last one."""

    text: str
    tokens: int
    finish: Finish | None = None


def answer(
    model: LanguageModel, run: Run, tokens: Sequence[int], sampling: Sampling, pause: Pause | None = None
) -> Iterator[Piece]:
    """Feed the rest of a prompt and yield the answer piece by piece; the caller may stop asking at any time.

    A piece is text that nothing to come can change: no half of a character, no beginning of a stop text.
    Raises `TooLong`.
    """
    draw = np.random.Generator(np.random.PCG64(sampling.seed))
    logits = run.feed(tokens, pause)
    taken: list[int] = []
    shown = ""
    while True:
        token = _next(logits, sampling, draw)
        ended = token in model.ends
        if not ended:
            taken.append(token)
        text = model.decode(taken)
        stopped = min((at for stop in sampling.stop if (at := text.find(stop)) >= 0), default=None)
        if ended or stopped is not None:
            yield Piece(text[len(shown) : stopped], len(taken), "stop")
            return
        if len(taken) >= sampling.max_tokens:
            yield Piece(text[len(shown) :], len(taken), "length")
            return
        safe = text[: _settled(text, sampling.stop)]
        if len(safe) > len(shown):
            yield Piece(safe[len(shown) :], len(taken))
            shown = safe
        logits = run.feed([token], pause)


def _next(logits: Array, sampling: Sampling, draw: np.random.Generator) -> int:
    if sampling.temperature == 0:
        return int(logits.argmax())
    scaled = logits.astype(np.float64) / sampling.temperature
    mass = np.exp(scaled - scaled.max())
    mass /= mass.sum()
    order = np.argsort(-mass, kind="stable")
    # The smallest set of likely tokens that holds top_p of the mass (nucleus sampling, Holtzman et al. 2020).
    kept = order[: int(np.searchsorted(np.cumsum(mass[order]), sampling.top_p)) + 1]
    return int(draw.choice(kept, p=mass[kept] / mass[kept].sum()))


def _settled(text: str, stops: Sequence[str]) -> int:
    """How much of a text stays as it is, whatever comes."""
    end = len(text)
    while end and text[end - 1] == _INCOMPLETE:
        end -= 1
    for stop in stops:
        for size in range(min(len(stop) - 1, end), 0, -1):
            if text.endswith(stop[:size], 0, end):
                end -= size
                break
    return end
