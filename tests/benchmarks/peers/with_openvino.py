"""OpenVINO, from a graph built as its exporters build it: keys and values are states of the model."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.peers.engines import Array
from tests.benchmarks.peers.gpt2_weights import Checkpoint, read


def convert(model: Path, out: Path) -> None:
    """Write the float32 model, and the int8 one that nncf's default makes of it."""
    ov: Any = importlib.import_module("openvino")
    nncf: Any = importlib.import_module("nncf")
    made = _build(read(model))
    out.mkdir(parents=True, exist_ok=True)
    ov.save_model(made, out / "float32.xml", compress_to_fp16=False)
    ov.save_model(nncf.compress_weights(made), out / "int8.xml", compress_to_fp16=False)


def _build(checkpoint: Checkpoint) -> Any:
    """Tokens (B, T), positions (B, T), a mask (1, 1, T, P+T), which text each row goes on from (B,)."""
    ov: Any = importlib.import_module("openvino")
    ops: Any = importlib.import_module("openvino.opset13")
    ids = ops.parameter([-1, -1], np.int64, name="ids")
    positions = ops.parameter([-1, -1], np.int64, name="positions")
    mask = ops.parameter([1, 1, -1, -1], np.float32, name="mask")
    rows = ops.parameter([-1], np.int32, name="rows")
    h, d = checkpoint.n_head, checkpoint.n_embd // checkpoint.n_head
    zero, last = np.int64(0), np.array([-1], np.int64)
    n_rows = ops.gather(ops.shape_of(ids), np.array([0], np.int64), zero)
    nothing = ops.broadcast(np.float32(0), ops.concat([n_rows, np.array([h, 0, d], np.int64)], 0))
    weights, assigned = checkpoint.weights, []
    table = ops.constant(weights["wte.weight"])

    def normed(x: Any, weight: Array, bias: Array) -> Any:
        return ops.add(ops.multiply(ops.mvn(x, last, True, checkpoint.epsilon, "inside_sqrt"), weight), bias)

    def linear(x: Any, weight: Array, bias: Array) -> Any:
        return ops.add(ops.matmul(x, ops.constant(np.ascontiguousarray(weight.T)), False, True), bias)

    def remembered(new: Any, name: str) -> Any:
        state = ops.read_value(nothing, name, np.float32, ov.PartialShape([-1, h, -1, d]))
        whole = ops.concat([ops.gather(state, rows, zero), new], 2)
        assigned.append(ops.assign(whole, name))
        return whole

    x = ops.add(
        ops.gather(table, ids, zero), ops.gather(ops.constant(weights["wpe.weight"]), positions, zero)
    )
    for i in range(checkpoint.n_layer):
        y = linear(normed(x, *checkpoint.layer(i, "ln_1")), *checkpoint.layer(i, "attn.c_attn"))
        q, k, v = (
            ops.transpose(ops.reshape(part, np.array([0, 0, h, d], np.int64), True), np.array([0, 2, 1, 3]))
            for part in ops.split(y, np.int64(2), 3).outputs()
        )
        k, v = remembered(k, f"k{i}"), remembered(v, f"v{i}")
        y = ops.transpose(ops.scaled_dot_product_attention(q, k, v, mask), np.array([0, 2, 1, 3]))
        y = ops.reshape(y, np.array([0, 0, h * d], np.int64), True)
        x = ops.add(x, linear(y, *checkpoint.layer(i, "attn.c_proj")))
        y = linear(normed(x, *checkpoint.layer(i, "ln_2")), *checkpoint.layer(i, "mlp.c_fc"))
        x = ops.add(x, linear(ops.gelu(y, "tanh"), *checkpoint.layer(i, "mlp.c_proj")))
    x = normed(ops.gather(x, last, np.int64(1)), weights["ln_f.weight"], weights["ln_f.bias"])
    logits = ops.result(ops.matmul(x, table, False, True))
    return ov.Model([logits], assigned, [ids, positions, mask, rows])


class OpenVINO:
    """A compiled model and one request, whose states are the cache."""

    def __init__(self, converted: Path, precision: str, threads: int) -> None:
        ov: Any = importlib.import_module("openvino")
        settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        if precision == "float32":  # or it would compute in bfloat16 where the processor can
            settings["EXECUTION_MODE_HINT"] = "ACCURACY"
        compiled = ov.Core().compile_model(converted / f"{precision}.xml", "CPU", settings)
        self._request = compiled.create_infer_request()
        self._rows = np.zeros(1, np.int32)
        self._n_past = 0

    def reset(self) -> None:
        self._request.reset_state()
        self._n_past, self._rows = 0, np.zeros(1, np.int32)

    def read(self, ids: Sequence[int]) -> Array:
        row: Array = self._infer(np.array([ids], np.int64))[0]
        return row

    def fork(self, n: int, n_tokens: int) -> None:
        self._rows = np.zeros(n, np.int32)

    def read_rows(self, ids: Sequence[int]) -> Array:
        logits = self._infer(np.array([ids], np.int64).T)
        self._rows = np.arange(len(ids), dtype=np.int32)
        return logits

    def _infer(self, ids: Array) -> Array:
        n_rows, t = ids.shape
        end = self._n_past + t
        mask = np.zeros((1, 1, t, end), np.float32)
        if t > 1:
            mask[0, 0] = np.triu(np.full((t, end), -np.inf, np.float32), self._n_past + 1)
        positions = np.broadcast_to(np.arange(self._n_past, end), (n_rows, t))
        inputs = {"ids": ids, "positions": np.ascontiguousarray(positions), "mask": mask, "rows": self._rows}
        self._n_past = end
        logits: Array = self._request.infer(inputs, share_outputs=True)[0][:, 0]
        return logits


def open_engine(_model: Path, converted: Path, precision: str, threads: int) -> OpenVINO:
    """The engine of one precision."""
    return OpenVINO(converted, precision, threads)
