"""Every form of weights multiplies as its numbers say, and rounds alike whoever computes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from studio.kernels import library
from studio.kernels.library import Buffer, Form, Kernels, Matrix

pytestmark = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())

FORMS = list(Form)
BITS = {Form.FLOAT32: 0.0, Form.FLOAT16: 2**-11, Form.BFLOAT16: 2**-8, Form.INT8: 0.6 / 127, Form.INT4: 0.1}
"""How far a form's number may be from the one it stands for, as a share of the largest of its group, halved.

4 bits may leave an extreme out: 0.113 was the most in 4,000 matrices."""

SHAPES = st.tuples(st.integers(1, 200), st.integers(1, 150), st.integers(1, 20))


@pytest.fixture
def lib() -> Iterator[Kernels]:
    found = library.kernels()
    assert found is not None
    yield found
    found.set_threads(1)
    found.c.studio_choose(b"")


def some(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def packed(lib: Kernels, form: Form, weight: Tensor) -> Matrix:
    matrix = Matrix(lib, form, *weight.shape)
    matrix.pack(weight.data_ptr(), (weight.shape[1], 1))
    return matrix


def numbers(matrix: Matrix) -> Tensor:
    weight = torch.empty(matrix.n_in, matrix.n_out)
    matrix.unpack(weight.data_ptr(), (matrix.n_out, 1))
    return weight


def product(lib: Kernels, matrix: Matrix, x: Tensor) -> Tensor:
    filled = torch.zeros(len(x), -(-matrix.n_in // 64) * 64)
    filled[:, : matrix.n_in] = x
    out = torch.empty(len(x), matrix.n_out)
    assert (
        lib.c.studio_multiply(ctypes.byref(matrix.struct()), filled.data_ptr(), len(x), out.data_ptr()) == 0
    )
    return out


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_a_product_is_that_of_the_numbers_that_are_stored(
    lib: Kernels, form: Form, shape: tuple[int, int, int], seed: int
) -> None:
    n_in, n_out, n_rows = shape
    weight, bias, x = some(n_in, n_out, seed=seed), some(n_out, seed=seed), some(n_rows, n_in, seed=seed)
    matrix = packed(lib, form, weight)
    matrix.set_bias(bias.numpy().tobytes())
    stored = numbers(matrix)
    expected = x.double() @ stored.double() + bias
    close = 1e-6 * (x.abs().double() @ stored.abs().double() + 1)
    if form in (Form.INT8, Form.INT4):  # the inputs become 16 bits, by the largest of their group
        close += 0.6 / 32639 * x.abs().amax(1, keepdim=True) * stored.abs().sum(0)
    assert ((product(lib, matrix, x) - expected).abs() <= close).all()
    largest = weight.abs().max()
    assert ((stored - weight).abs() <= BITS[form] * largest * 2 + 1e-7).all()


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=SHAPES)
def test_rows_threads_and_instructions_change_no_bit(
    lib: Kernels, form: Form, shape: tuple[int, int, int]
) -> None:
    n_in, n_out, n_rows = shape
    matrix, x = packed(lib, form, some(n_in, n_out)), some(n_rows, n_in)
    lib.set_threads(1)
    lib.c.studio_choose(b"")
    expected = product(lib, matrix, x)
    alone = torch.cat([product(lib, matrix, row[None]) for row in x])
    assert torch.equal(alone, expected)
    lib.set_threads(3)
    assert torch.equal(product(lib, matrix, x), expected)
    for name in (b"AVX-512 VNNI", b"AVX-512", b"AVX2", b"plain C"):
        if lib.c.studio_choose(name) is not None:
            assert torch.equal(product(lib, matrix, x), expected)
            assert torch.equal(product(lib, matrix, x[:1]), expected[:1])


@pytest.mark.parametrize("form", [Form.INT8, Form.INT4])
def test_inputs_of_any_size_keep_their_share_of_a_group_and_broken_ones_are_seen(
    lib: Kernels, form: Form
) -> None:
    matrix = packed(lib, form, some(96, 70))
    stored, x = numbers(matrix), some(9, 96)
    x[0], x[1], x[2] = 0.0, x[1] * 1e20, x[2] * 1e-20
    x[3, :32] = 1e-38  # so small that it is nothing
    x[4, 0], x[5, 40], x[6, 95] = torch.nan, torch.inf, -torch.inf
    for name in (b"AVX-512 VNNI", b"AVX-512", b"AVX2", b"plain C"):
        if lib.c.studio_choose(name) is not None:
            found = product(lib, matrix, x)
            assert torch.equal(found[0], torch.zeros(70))
            assert found[4:7].isnan().all()
            for row in (1, 2, 3, 7, 8):
                close = 2e-5 * x[row].abs().max() * stored.abs().sum(0)
                assert ((found[row] - x[row] @ stored).abs() <= close).all()


def test_a_matrix_may_be_packed_in_pieces(lib: Kernels) -> None:
    weight = some(300, 40)  # (out, in), as embeddings are stored
    whole, pieces = Matrix(lib, Form.INT8, 40, 300), Matrix(lib, Form.INT8, 40, 300)
    whole.pack(weight.data_ptr(), (1, 40))
    for first in range(0, 300, 128):
        part = weight[first : first + 128].clone()
        pieces.pack(part.data_ptr(), (1, 40), first, len(part))
    assert torch.equal(numbers(whole), numbers(pieces))
    rows = torch.empty(2, 40)
    whole.unpack_outputs([7, 299], rows.data_ptr())
    assert torch.equal(rows, numbers(whole).t()[[7, 299]])


def test_numbers_beyond_float16_become_its_largest(lib: Kernels) -> None:
    weight = torch.tensor([[1e6, -1e6, 65504.0, 6e-8, 2e-8, 0.1]])
    expected = torch.tensor([[65504.0, -65504.0, 65504.0, 5.9604645e-08, 0.0, 0.1]]).half().float()
    assert torch.equal(numbers(packed(lib, Form.FLOAT16, weight)), expected)


def test_float16_and_bfloat16_round_as_torch_does(lib: Kernels) -> None:
    weight = some(64, 64) * torch.logspace(-7, 3, 64)
    assert torch.equal(numbers(packed(lib, Form.FLOAT16, weight)), weight.half().float())
    assert torch.equal(numbers(packed(lib, Form.BFLOAT16, weight)), weight.bfloat16().float())


def test_all_zeros_and_all_the_same_stay_so(lib: Kernels) -> None:
    for form in FORMS:
        for value in (0.0, 0.5, -2.0):
            weight = torch.full((70, 70), value)
            assert (numbers(packed(lib, form, weight)) - value).abs().max() <= 0.01 * abs(value)


def test_a_buffer_begins_empty_and_can_be_read_at_any_rate(lib: Kernels) -> None:
    buffer = Buffer(65536 * 2)
    assert bytes(buffer.memory) == bytes(65536 * 2)
    lib.set_threads(2)
    lib.read(buffer)
    assert buffer.address % 4096 == 0
