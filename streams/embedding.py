"""Second beat: the vectors of a batch's texts, in one call, those that the record knows left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import structlog

from memcube import metrics
from memcube.models.embedder import Embedder
from memcube.store.record import CubeStore, Vector

log = structlog.get_logger()


class NotEmbeddedError(Exception):
    """The embedder failed on this text; the message says how."""


class Embedding:
    def __init__(self, store: CubeStore, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder
        self._failed: dict[str, str] = {}

    @property
    def embedder_id(self) -> str:
        return self._embedder.embedder_id

    def of(self, texts: Iterable[tuple[str, str]]) -> Mapping[str, Mapping[str, Vector]]:
        """The vectors by subject and text, for pairs of them.

        A text that the embedder fails on is left out, and `check` raises for it.
        """
        wanted: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for subject, text in texts:
            wanted[subject][text] = None
        known = {
            subject: self._store.vectors(subject, list(found), self._embedder.embedder_id)
            for subject, found in wanted.items()
        }
        new = dict.fromkeys(
            text for subject, found in wanted.items() for text in found if text not in known[subject]
        )
        fresh = self._embed(list(new))
        metrics.VECTORS_TOTAL.labels("record").inc(sum(map(len, known.values())))
        metrics.VECTORS_TOTAL.labels("model").inc(len(fresh))
        metrics.VECTORS_TOTAL.labels("failed").inc(len(self._failed))
        return {
            subject: {
                text: vector
                for text in found
                if (vector := known[subject].get(text, fresh.get(text))) is not None
            }
            for subject, found in wanted.items()
        }

    def missing(self, subject: str, texts: Sequence[str]) -> list[str]:
        """Those of the texts for which the record has no vector of this embedder."""
        known = self._store.vectors(subject, texts, self._embedder.embedder_id)
        return [text for text in texts if text not in known]

    def check(self, texts: Iterable[str]) -> None:
        """Raise `NotEmbeddedError` if one of the texts has failed in this batch."""
        for text in texts:
            if (error := self._failed.get(text)) is not None:
                raise NotEmbeddedError(error)

    def _embed(self, texts: list[str]) -> dict[str, Vector]:
        self._failed.clear()
        if not texts:
            return {}
        try:
            return dict(zip(texts, self._embedder.embed(texts), strict=True))
        except Exception as error:  # noqa: BLE001 -- one text must not take the others of its batch with it
            log.warning("embedding a batch failed, trying text by text", texts=len(texts), error=repr(error))
        vectors: dict[str, Vector] = {}
        for text in texts:
            try:
                vectors[text] = self._embedder.embed([text])[0]
            except Exception as error:  # noqa: BLE001 -- it becomes that event's dead letter
                self._failed[text] = repr(error)
        return vectors
