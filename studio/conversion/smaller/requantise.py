"""The same model with fewer bits for each of its numbers."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch
from torch import Tensor

from studio.conversion.smaller.source import Source, bare, stored_name, write_config
from studio.conversion.smaller.weights_file import WeightsFile
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.quantised import GROUP, TABLES, Codes, codes_of, is_matrix, stored_shapes
from studio.kernels.library import Form, Kernels, Matrix, kernels
from studio.models.recipes import BITS

_DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


def requantise(source: Source, precision: str, into: Path) -> Generator[float, None, None]:
    """Write the model in `precision`, yielding the fraction done. Raises StudioError."""
    if precision in BITS:
        yield from _in_codes(source, precision, into)
    else:
        yield from _in_halves(source, _DTYPES[precision], into)
    source.copy_tokenizer(into)


def _in_halves(source: Source, dtype: torch.dtype, into: Path) -> Generator[float, None, None]:
    plan = {name: (dtype, shape) for name, (_, shape) in source.plan().items()}
    with WeightsFile(into / "model.safetensors", plan) as file:
        for done, (name, tensor) in enumerate(source.tensors(), 1):
            file.put(name, narrowed(bare(name), tensor, dtype))
            yield done / len(plan)
    config = {key: value for key, value in source.raw.items() if key != "torch_dtype"}
    write_config(into, config | {"dtype": str(dtype).removeprefix("torch.")})


def narrowed(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """A weight in a dtype. StudioError if there is a number that it cannot hold."""
    found = tensor.to(dtype)
    if not bool(found.isfinite().all()):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "“{name}” holds the number {number}, which {precision} cannot: it ends at {limit}.",
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose bfloat16, which reaches as far as float32."),
            name=name,
            number=f"{float(tensor.abs().max()):.3g}",
            precision=str(dtype).removeprefix("torch."),
            limit=f"{torch.finfo(dtype).max:,.0f}",
        )
    return found


def _in_codes(source: Source, precision: str, into: Path) -> Generator[float, None, None]:
    lib = kernels()
    if lib is None:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "8 and 4 bits need the compiled kernels, which are not there."),
            QT_TRANSLATE_NOOP("StudioError", "Choose float16 or bfloat16."),
        )
    config, bits, stored = source.config, BITS[precision], source.plan()
    plan: dict[str, tuple[torch.dtype, tuple[int, ...]]] = {}
    for name, shape in stored_shapes(config, bits).items():
        kind = name.rpartition(".")[2]
        if kind == "codes":
            groups = -(-_n_in(source, name) // GROUP)
            dtype = torch.int8 if shape[1] == groups * GROUP else torch.uint8
        else:
            dtype = torch.bfloat16 if kind in ("scales", "offsets") else stored[stored_name(name)][0]
        plan[stored_name(name)] = dtype, shape
    n_done = 0
    with WeightsFile(into / "model.safetensors", plan) as file:
        for name, tensor in source.tensors():
            if not is_matrix(bare(name), tuple(tensor.shape)):
                file.put(name, tensor)
            else:
                codes = _packed(lib, bare(name), tensor.to(torch.float32), bits)
                stem = name.removesuffix(".weight")
                file.put(f"{stem}.codes", codes.codes)
                file.put(f"{stem}.scales", codes.scales)
                if codes.offsets is not None:
                    file.put(f"{stem}.offsets", codes.offsets)
            n_done += 1
            yield n_done / len(stored)
    said = {"quant_method": "gpt2-studio", "bits": bits, "group_size": GROUP}
    write_config(into, source.raw | {"quantization_config": said})


def _n_in(source: Source, name: str) -> int:
    weight = f"{name.removesuffix('.codes')}.weight"
    shape = source.config.shapes()[weight]
    return shape[1] if weight in TABLES else shape[0]


def _packed(lib: Kernels, name: str, weight: Tensor, bits: int) -> Codes:
    """As the engine itself packs it when it is told to compute in so few bits."""
    is_table = name in TABLES
    n_in, n_out = tuple(weight.shape)[::-1] if is_table else tuple(weight.shape)
    matrix = Matrix(lib, Form.INT4 if bits == 4 and not is_table else Form.INT8, n_in, n_out)
    weight = weight.contiguous()
    matrix.pack(weight.data_ptr(), (1, n_in) if is_table else (n_out, 1))
    return codes_of(matrix)
