"""GPT-2's weights in a file as the compiled kernels hold them in memory: 8 or 4 bits, a scale per 32 inputs.

config.json says `"quantization_config": {"quant_method": "gpt2-studio", "bits": 8, "group_size": 32}`. Every
matrix and both tables of embeddings are then stored output by output, whatever their orientation is else:

    <name>.codes    (n_out, groups * 32) I8; with 4 bits (n_out, groups * 16) U8, the even input first
    <name>.scales   (n_out, groups) BF16
    <name>.offsets  (n_out, groups) BF16, with 4 bits only

weight = scale * code + offset. With 4 bits the embeddings and the head are still stored in 8, as the engine
holds them. Everything else (norms, biases, positions) is stored as in any other file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.core.checkpoint_files import TensorFiles, each_tensor
from studio.core.gpt2_shape import GPT2Config
from studio.core.model_files import Weights
from studio.kernels.library import PANEL, Form, Matrix

GROUP = 32
TABLES = ("wte.weight", "lm_head.weight")
PRECISION = {8: "int8", 4: "int4"}
"""What such a file is computed in without a word about it."""

_PIECE_ROWS = 8192
_DTYPES = {".codes": ("I8", "U8"), ".scales": ("BF16",), ".offsets": ("BF16",)}
_SCALE_BYTES = 2 * PANEL
_PLAIN = torch.contiguous_format


@dataclass(frozen=True, slots=True)
class Codes:
    """Some outputs of a matrix in few bits, as in the file."""

    codes: Tensor  # (n_out, groups * 32) int8 or (n_out, groups * 16) uint8
    scales: Tensor  # (n_out, groups) bfloat16
    offsets: Tensor | None  # the same with 4 bits

    @property
    def form(self) -> Form:
        """As the kernels call it."""
        return Form.INT8 if self.offsets is None else Form.INT4

    def floats(self, n_in: int) -> Tensor:
        """(n_out, n_in) float32, as the kernels multiply with them."""
        numbers = self.codes
        if self.offsets is not None:
            numbers = torch.stack([numbers & 15, numbers >> 4], 2).flatten(1)
        grouped = numbers.float().view(*self.scales.shape, GROUP) * self.scales.float()[..., None]
        if self.offsets is not None:
            grouped += self.offsets.float()[..., None]
        return grouped.flatten(1)[:, :n_in]

    def write(self, matrix: Matrix, row: int = 0) -> None:
        """Put these outputs, the first of them `row` (a multiple of 64), into a matrix of this form."""
        panels = _panels(matrix)[row // PANEL : -(-(row + len(self.codes)) // PANEL)]
        n_panels, n_groups, n_bytes = panels.shape
        head = _SCALE_BYTES if self.offsets is None else 2 * _SCALE_BYTES
        words = _filled_up(self.codes.view(torch.uint8)).view(n_panels, PANEL, n_groups, -1, 4)
        panels[:, :, head:] = words.permute(0, 2, 3, 1, 4).reshape(n_panels, n_groups, n_bytes - head)
        for at, numbers in enumerate((self.scales, self.offsets)):
            if numbers is not None:
                by_panel = _filled_up(numbers).view(n_panels, PANEL, n_groups).transpose(1, 2).contiguous()
                panels[:, :, at * _SCALE_BYTES : (at + 1) * _SCALE_BYTES] = by_panel.view(torch.uint8)


def codes_of(matrix: Matrix) -> Codes:
    """What a packed matrix of 8 or 4 bits holds: `write` of it gives the same bytes again."""
    panels = _panels(matrix)
    n_panels, n_groups, _ = panels.shape
    head = _SCALE_BYTES if matrix.form == Form.INT8 else 2 * _SCALE_BYTES

    def numbers(at: int) -> Tensor:
        found = panels[:, :, at * _SCALE_BYTES : (at + 1) * _SCALE_BYTES].contiguous().view(torch.bfloat16)
        return found.transpose(1, 2).reshape(-1, n_groups)[: matrix.n_out].clone(memory_format=_PLAIN)

    words = panels[:, :, head:].reshape(n_panels, n_groups, -1, PANEL, 4).permute(0, 3, 1, 2, 4)
    codes = words.reshape(n_panels * PANEL, -1)[: matrix.n_out].clone(memory_format=_PLAIN)
    if matrix.form == Form.INT8:
        return Codes(codes.view(torch.int8), numbers(0), None)
    return Codes(codes, numbers(0), numbers(1))


def is_matrix(name: str, shape: tuple[int, ...]) -> bool:
    """Whether a weight of this name and shape is stored in few bits."""
    return len(shape) == 2 and name != "wpe.weight"


def stored_shapes(config: GPT2Config, bits: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of everything in such a file."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in config.shapes().items():
        if not is_matrix(name, shape):
            shapes[name] = shape
            continue
        n_out, n_in = shape if name in TABLES else shape[::-1]
        groups, stem = -(-n_in // GROUP), name.removesuffix(".weight")
        four = bits == 4 and name not in TABLES
        shapes[f"{stem}.codes"] = n_out, groups * (GROUP // 2 if four else GROUP)
        shapes[f"{stem}.scales"] = n_out, groups
        if four:
            shapes[f"{stem}.offsets"] = n_out, groups
    return shapes


def fits(name: str, dtype: str) -> bool:
    """Whether a tensor of such a file may be stored as this."""
    return next((dtype in dtypes for end, dtypes in _DTYPES.items() if name.endswith(end)), True)


def each_part(
    weights: Weights, names: Mapping[str, str], config: GPT2Config
) -> Iterator[tuple[str, Tensor | Codes, int]]:
    """The weights of such a file one by one, under the names of `config.shapes()`.

    A matrix comes as Codes; a table in pieces, the number of a piece's first row with it. `names`: those of
    `stored_shapes` -> the file's. Raises StudioError.
    """
    plain = {name: theirs for name, theirs in names.items() if name in config.shapes()}
    for name, tensor, row in each_tensor(weights, plain):
        yield name, tensor, row
    with TensorFiles(weights) as stored:
        for name, shape in config.shapes().items():
            if name in plain:
                continue
            stem = name.removesuffix(".weight")
            n_out = shape[0] if name in TABLES else shape[1]
            step = _PIECE_ROWS if name in TABLES else n_out
            for row in range(0, n_out, step):
                end = min(row + step, n_out)
                offsets = names.get(f"{stem}.offsets")
                yield (
                    name,
                    Codes(
                        stored.rows(names[f"{stem}.codes"], row, end),
                        stored.rows(names[f"{stem}.scales"], row, end),
                        stored.rows(offsets, row, end) if offsets is not None else None,
                    ),
                    row,
                )


def read_codes(
    weights: Weights, names: Mapping[str, str], config: GPT2Config
) -> Generator[float, None, dict[str, Tensor]]:
    """All weights of such a file as float32, yielding the fraction done."""
    shapes = config.shapes()
    parts: dict[str, list[Tensor]] = {}
    for name, part, _ in each_part(weights, names, config):
        whole = part if isinstance(part, Tensor) else as_stored(name, shapes[name], part)
        parts.setdefault(name, []).append(whole)
        yield len(parts) / len(shapes)
    return {name: torch.cat(found) if len(found) > 1 else found[0] for name, found in parts.items()}


def as_stored(name: str, shape: tuple[int, ...], codes: Codes) -> Tensor:
    """Float32, in the orientation of `config.shapes()`; of a table perhaps only some rows."""
    if name in TABLES:
        return codes.floats(shape[1])
    return codes.floats(shape[0]).t().contiguous()


def _panels(matrix: Matrix) -> Tensor:
    """The matrix's memory: (panels, groups, bytes of a group), which begin with the scales."""
    n_groups = -(-matrix.n_in // GROUP)
    memory = torch.frombuffer(matrix.data.memory, dtype=torch.uint8)[: matrix.n_bytes]
    return memory.view(-(-matrix.n_out // PANEL), n_groups, -1)


def _filled_up(rows: Tensor) -> Tensor:
    """Whole panels, the missing outputs 0."""
    missing = -len(rows) % PANEL
    return torch.cat([rows, rows.new_zeros(missing, rows.shape[1])]) if missing else rows.contiguous()
