"""Second beat: the vectors of a batch's texts, in one call, those that the record knows left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import structlog

from memcube import metrics
from memcube.models.embedder import Embedder
from memcube.store.record import CubeStore, Embedded

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

    def of(self, texts: Iterable[tuple[str, str]]) -> dict[str, dict[str, Embedded]]:
        """The vectors by subject and text, for pairs of them; of what the record knows without the tokens'.

        A text that the embedder fails on is left out, and `check` raises for it.
        """
        self._failed.clear()
        return self.more(texts)

    def more(self, texts: Iterable[tuple[str, str]]) -> dict[str, dict[str, Embedded]]:
        """As `of`, for texts that the batch turned out to need besides."""
        wanted: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for subject, text in texts:
            wanted[subject][text] = None
        embedder_id = self._embedder.embedder_id
        known = {
            subject: {
                text: Embedded(text, vector, embedder_id)
                for text, vector in self._store.vectors(subject, list(found), embedder_id).items()
            }
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
                text: embedded
                for text in found
                if (embedded := known[subject].get(text, fresh.get(text))) is not None
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

    def _embed(self, texts: list[str]) -> dict[str, Embedded]:
        if not texts:
            return {}
        try:
            return self._encoded(texts)
        except Exception as error:  # noqa: BLE001 -- one text must not take the others of its batch with it
            log.warning("embedding a batch failed, trying text by text", texts=len(texts), error=repr(error))
        found: dict[str, Embedded] = {}
        for text in texts:
            try:
                found |= self._encoded([text])
            except Exception as error:  # noqa: BLE001 -- it becomes that event's dead letter
                self._failed[text] = repr(error)
        return found

    def _encoded(self, texts: list[str]) -> dict[str, Embedded]:
        embedder_id = self._embedder.embedder_id
        return {
            text: Embedded(text, encoding.vector, embedder_id, encoding.tokens)
            for text, encoding in zip(texts, self._embedder.encode(texts), strict=True)
        }
