"""What processors say about their fields: for the panel, the flags and the checks."""

from __future__ import annotations

import math
import re

import pytest

from studio.core.chain import all_parameters
from studio.core.parameters import TEXT_LIMIT, Parameter, TextParameter, parameters, validate
from studio.core.processors import BannedWords, LogitBias, RepetitionPenalty, Temperature, TopK

TOP_K, TEMPERATURE = parameters(TopK)[0], parameters(Temperature)[0]
NUMBERS = [p for p in all_parameters() if isinstance(p, Parameter)]
TEXTS = [p for p in all_parameters() if isinstance(p, TextParameter)]


def test_a_parameter_is_described_once_beside_its_field() -> None:
    assert [p.name for p in parameters(RepetitionPenalty)] == ["repetition_penalty", "repetition_range"]
    assert isinstance(TOP_K, Parameter)
    assert (TOP_K.type, TOP_K.default, TOP_K.off, TOP_K.lo, TOP_K.hi, TOP_K.decimals) == (
        int,
        0,
        0,
        0,
        1000,
        0,
    )
    assert (TEMPERATURE.type, TEMPERATURE.default, TEMPERATURE.label) == (float, 1.0, "Temperature")
    assert parameters(TopK(3)) == parameters(TopK)


@pytest.mark.parametrize("parameter", NUMBERS, ids=lambda p: p.name)
def test_values_are_checked_clamped_and_typed(parameter: Parameter) -> None:
    for allowed in (parameter.lo, parameter.hi, parameter.default):
        assert parameter.checked(allowed) == allowed
        assert parameter.parse(f"{allowed:g}") == allowed
        assert type(parameter.clamped(allowed)) is parameter.type
    assert parameter.clamped(math.inf) == parameter.hi
    assert parameter.clamped(-math.inf) == parameter.lo
    assert parameter.clamped(math.nan) == parameter.clamped("1") == parameter.default
    for refused in (parameter.lo - 1, parameter.hi + 1, math.nan, math.inf, True, None, "1", 10**400):
        with pytest.raises(ValueError, match=rf"^{re.escape(parameter.label)} must be .*\.$"):
            parameter.checked(refused)


def test_a_whole_processor_can_be_validated() -> None:
    validate(TopK(1000))
    validate(Temperature(1))
    validate(LogitBias("dragon: 2"))
    for wrong in (TopK(1001), TopK(True), Temperature(math.nan), RepetitionPenalty(1.1, -1), LogitBias("x")):
        with pytest.raises(ValueError, match="must be"):
            validate(wrong)


@pytest.mark.parametrize("parameter", TEXTS, ids=lambda p: p.name)
def test_texts_are_texts_of_a_sensible_length(parameter: TextParameter) -> None:
    assert parameter.checked(parameter.default) == parameter.parse(parameter.default) == parameter.default
    for refused in (1, None, True, b"x", ["x"], "x, " * TEXT_LIMIT):
        with pytest.raises(
            ValueError, match=rf"^{re.escape(parameter.label)} (must be a text|can have at most).*\.$"
        ):
            parameter.checked(refused)


def test_a_bias_without_a_number_is_refused() -> None:
    (bias,) = parameters(LogitBias)
    assert bias.parse("dragon: 2, the end: -1") == "dragon: 2, the end: -1"
    with pytest.raises(ValueError, match="'dragon' is not"):
        bias.parse("dragon")
    assert parameters(BannedWords)[0].parse("dragon") == "dragon"
