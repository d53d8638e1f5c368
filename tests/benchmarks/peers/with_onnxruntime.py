"""ONNX Runtime, from a graph with its fused attention, whose keys and values stay where they are."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.peers.engines import Array
from tests.benchmarks.peers.gpt2_weights import Checkpoint, read


def convert(model: Path, out: Path) -> None:
    """Write float32, dynamic int8 (the usual way) and int8 in blocks of 32 with 8-bit arithmetic."""
    onnx: Any = importlib.import_module("onnx")
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    blocks: Any = importlib.import_module("onnxruntime.quantization.matmul_nbits_quantizer")
    out.mkdir(parents=True, exist_ok=True)
    path = out / "float32.onnx"
    onnx.save(_build(read(model)), path, save_as_external_data=False)
    quantization.quantize_dynamic(
        path,
        out / "int8.onnx",
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul"],
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},  # what comes out of attention
    )
    settings = blocks.DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, accuracy_level=4, bits=8)
    quantiser = blocks.MatMulNBitsQuantizer(onnx.load(path), algo_config=settings)
    quantiser.process()
    quantiser.model.save_model_to_file(str(out / "int8-blocks.onnx"), False)


def _build(checkpoint: Checkpoint) -> Any:
    """Tokens (B, T), positions (T,), lengths (B,), total length -> logits (B, V)."""
    onnx: Any = importlib.import_module("onnx")
    helper, types = onnx.helper, onnx.TensorProto
    h, c = checkpoint.n_head, checkpoint.n_embd
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, array: Array) -> str:
        constants.append(onnx.numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def node(kind: str, *inputs: str, to: str, **settings: Any) -> str:
        nodes.append(helper.make_node(kind, list(inputs), [to], name=to, **settings))
        return to

    def normed(x: str, name: str, weight: Array, bias: Array) -> str:
        pair = constant(f"{name}.weight", weight), constant(f"{name}.bias", bias)
        return node("LayerNormalization", x, *pair, to=name, axis=-1, epsilon=checkpoint.epsilon)

    def linear(x: str, name: str, weight: Array, bias: Array) -> str:
        product = node("MatMul", x, constant(f"{name}.weight", weight), to=f"{name}.product")
        return node("Add", product, constant(f"{name}.bias", bias), to=name)

    inputs = [
        helper.make_tensor_value_info("ids", types.INT64, ["B", "T"]),
        helper.make_tensor_value_info("positions", types.INT64, ["T"]),
        helper.make_tensor_value_info("lengths", types.INT32, ["B"]),
        helper.make_tensor_value_info("total", types.INT32, []),
    ]
    outputs = [helper.make_tensor_value_info("logits", types.FLOAT, ["B", checkpoint.vocab_size])]
    table = constant("wte", checkpoint.weights["wte.weight"])
    places = constant("wpe", checkpoint.weights["wpe.weight"])
    x = node("Add", node("Gather", table, "ids", to="e"), node("Gather", places, "positions", to="p"), to="x")
    for i in range(checkpoint.n_layer):
        y = normed(x, f"{i}.ln_1", *checkpoint.layer(i, "ln_1"))
        y = linear(y, f"{i}.c_attn", *checkpoint.layer(i, "attn.c_attn"))
        cache = [f"{i}.k", f"{i}.v"]
        grown = [f"{name}.new" for name in cache]
        for names, into in ((cache, inputs), (grown, outputs)):
            shape = ["B", h, "M", c // h]
            into += [helper.make_tensor_value_info(name, types.FLOAT, shape) for name in names]
        nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [y, "", "", *cache, "lengths", "total"],
                [f"{i}.attention", *grown],
                domain="com.microsoft",
                num_heads=h,
                kv_num_heads=h,
            )
        )
        y = linear(f"{i}.attention", f"{i}.c_proj", *checkpoint.layer(i, "attn.c_proj"))
        x = node("Add", x, y, to=f"{i}.middle")
        y = normed(x, f"{i}.ln_2", *checkpoint.layer(i, "ln_2"))
        y = linear(y, f"{i}.c_fc", *checkpoint.layer(i, "mlp.c_fc"))
        y = node("Gelu", y, to=f"{i}.gelu", approximate="tanh")
        x = node("Add", x, linear(y, f"{i}.m_proj", *checkpoint.layer(i, "mlp.c_proj")), to=f"{i}.out")
    x = node("Gather", x, constant("last", np.array(-1)), to="end", axis=1)
    x = normed(x, "ln_f", checkpoint.weights["ln_f.weight"], checkpoint.weights["ln_f.bias"])
    node("MatMul", x, constant("head", checkpoint.weights["wte.weight"].T), to="logits")
    graph = helper.make_graph(nodes, "gpt2", inputs, outputs, constants)
    sets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=sets, ir_version=10)


class OnnxRuntime:
    """A session; the cache is bound as input and as output, so that nothing is copied."""

    def __init__(self, model: Path, converted: Path, precision: str, threads: int) -> None:
        self._ort: Any = importlib.import_module("onnxruntime")
        settings = self._ort.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        self._session = self._ort.InferenceSession(
            converted / f"{precision}.onnx", settings, providers=["CPUExecutionProvider"]
        )
        checkpoint = read(model)
        self._vocab_size = checkpoint.vocab_size
        self._cache_shape = (
            checkpoint.n_head,
            checkpoint.n_positions,
            checkpoint.n_embd // checkpoint.n_head,
        )
        self._names = [f"{i}.{kind}" for i in range(checkpoint.n_layer) for kind in "kv"]
        self._single = self._cache(1)
        self._used = self._single
        self._n_past = 0

    def _cache(self, n: int) -> list[Any]:
        shape = (n, *self._cache_shape)
        return [self._ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32)) for _ in self._names]

    def reset(self) -> None:
        self._used, self._n_past = self._single, 0

    def read(self, ids: Sequence[int]) -> Array:
        row: Array = self._run(np.array([ids], np.int64))[0]
        return row

    def fork(self, n: int, n_tokens: int) -> None:
        self._used = [
            self._ort.OrtValue.ortvalue_from_numpy(np.repeat(value.numpy(), n, 0)) for value in self._single
        ]

    def read_rows(self, ids: Sequence[int]) -> Array:
        return self._run(np.array([ids], np.int64).T)

    def _run(self, ids: Array) -> Array:
        n_rows, t = ids.shape
        end = self._n_past + t
        binding = self._session.io_binding()
        inputs = {  # held until the session has run: binding alone does not
            "ids": np.ascontiguousarray(ids),
            "positions": np.arange(self._n_past, end),
            "lengths": np.full(n_rows, end - 1, np.int32),
            "total": np.array(end, np.int32),
        }
        for name, array in inputs.items():
            binding.bind_cpu_input(name, array)
        for name, value in zip(self._names, self._used, strict=True):
            binding.bind_ortvalue_input(name, value)
            binding.bind_ortvalue_output(f"{name}.new", value)
        found = np.empty((n_rows, self._vocab_size), np.float32)
        binding.bind_output("logits", "cpu", 0, np.float32, found.shape, found.ctypes.data)
        self._session.run_with_iobinding(binding)
        self._n_past = end
        return found


def open_engine(model: Path, converted: Path, precision: str, threads: int) -> OnnxRuntime:
    """The engine of one precision."""
    return OnnxRuntime(model, converted, precision, threads)
