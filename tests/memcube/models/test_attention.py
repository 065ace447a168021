"""Attention over grouped heads: the same numbers as transformers' own, without its copies."""

from __future__ import annotations

import tests.with_torch  # noqa: F401 -- skips this module where there is none

# isort: split
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from memcube.models.attention import attend

pytestmark = pytest.mark.models


@pytest.mark.parametrize(("fed", "before"), [(1, 0), (7, 0), (24, 265), (3, 64)])
def test_grouped_heads_give_the_same_bits(fed: int, before: int) -> None:
    torch.manual_seed(fed)
    query = torch.randn(1, fed, 9, 64).transpose(1, 2)  # as a projection leaves it: not in one piece
    key, value = torch.randn(1, 3, before + fed, 64), torch.randn(1, 3, before + fed, 64)
    places = torch.arange(before + fed)
    mask = (places[None, :] <= places[before:, None])[None, None]
    module: Any = SimpleNamespace(num_key_value_groups=3, is_causal=True)
    ours, _ = attend(module, query, key, value, mask, scaling=0.125)
    theirs, _ = sdpa_attention_forward(module, query, key, value, mask, scaling=0.125)
    assert ours.shape == theirs.shape
    assert torch.equal(ours, theirs)
