"""Asks MemOS's KVCacheMemory, in its own environment: `PYTHON memos_process.py FOLDER < QUESTIONS.json`.

Stands alone: nothing of MemCube is installed there. One JSON line a question goes to standard output.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from typing import Any


def main() -> None:
    import torch  # noqa: PLC0415  of the other environment, like all that follows
    from memos.configs.memory import KVCacheMemoryConfig  # type: ignore[import-not-found]  # noqa: PLC0415
    from memos.memories.activation.kv import KVCacheMemory  # type: ignore[import-not-found]  # noqa: PLC0415

    torch.set_num_threads(1)
    settings = {"model_name_or_path": sys.argv[1], "max_tokens": 24, "do_sample": False, "temperature": 1.0}
    memory = KVCacheMemory(KVCacheMemoryConfig(extractor_llm={"backend": "huggingface", "config": settings}))
    for given in json.load(sys.stdin):
        sys.stdout.write("\nROW " + json.dumps(_row(memory, given, torch)) + "\n")
        sys.stdout.flush()


def _row(memory: Any, given: dict[str, str], torch: Any) -> dict[str, Any]:
    llm = memory.llm
    item = memory.extract(given["memory"])
    memory.add([item])
    stored = memory.get_cache([item.id])
    before = stored.get_seq_length()
    asked = [{"role": "user", "content": given["question"]}]
    whole = [{"role": "system", "content": given["memory"]}, *asked]

    def logits(messages: list[dict[str, str]], cache: Any) -> Any:
        text = llm.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        tokens = llm.tokenizer([text], return_tensors="pt", add_special_tokens=False).input_ids
        with torch.no_grad():
            return llm.model(input_ids=tokens, past_key_values=cache).logits[0, -1].double()

    full, theirs = logits(whole, None), logits(asked, copy.deepcopy(stored))
    one, other = full.log_softmax(-1), theirs.log_softmax(-1)
    reference = llm.generate(whole)
    since = time.perf_counter()
    logits(whole, None)
    text_s = time.perf_counter() - since
    since = time.perf_counter()
    logits(asked, copy.deepcopy(stored))
    kv_s = time.perf_counter() - since
    # As its own chat does it: the stored cache is handed over.
    answers = [llm.generate(asked, past_key_values=memory.get_cache([item.id])) for _ in range(2)]
    after = memory.get_cache([item.id]).get_seq_length()
    memory.delete_all()
    return {
        "memory_tokens": before,
        "difference": float((full - theirs).abs().max()),
        "kl": float((one.exp() * (one - other)).sum()),
        "top": bool(full.argmax() == theirs.argmax()),
        "same": reference == answers[0],
        "again": answers[0] == answers[1],
        "grown": after - before,
        "text_s": text_s,
        "kv_s": kv_s,
    }


if __name__ == "__main__":
    main()
