"""Fits, slow, won't fit: from sizes, free memory and what was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.errors import Sentence
from studio.core.messages import PrecisionFigures
from studio.core.precisions import NAMES, Measured
from studio.models import verdict
from studio.models.machine import as_json, read_bandwidth
from studio.models.records import ShelfModel
from studio.models.verdict import Fit, Speed, judge, speeds

GPT2 = ShelfModel(
    "g-1", "GPT-2", Path("/g"), False, "gpt2", 124_439_808, "float32", 0, 1024, 50257, "", "aa", "",
    n_cached=18_432,
)  # fmt: skip
XL = replace(GPT2, id="x", name="XL", sha256="bb", n_parameters=1_557_611_200, n_cached=153_600)


def figures(**speed: float) -> Measured:
    return {
        name: PrecisionFigures(name, 250_000_000, speed.get(name, 20.0), 300, 0.0, 0.0, 1.0, 0.0, 1.0)
        for name in NAMES
    }


def test_a_model_that_is_too_large_says_what_it_needs_and_which_precision_would_fit() -> None:
    said = judge(XL, "float32", {}, 4_000_000_000)
    assert (said.fit, said.fits_in) == (Fit.WONT_FIT, "int8")
    assert str(said.said).startswith("It needs 10.5 GB of memory while it loads; 4.0 GB are free now.")
    assert str(said.said).endswith("In int8 it would fit.")
    assert judge(XL, "int8", {}, 4_000_000_000).fit is Fit.FITS
    assert judge(replace(XL, architecture="llama"), "int8", {}, 4_000_000_000).fit is Fit.WONT_FIT


def test_the_speed_of_a_model_that_wrote_here_is_its_own() -> None:
    known = {"aa": figures(float16=30.0)}
    said = judge(GPT2, "float16", known, 9_000_000_000, speeds([GPT2, XL], "float16", known, {}))
    assert (said.fit, said.tokens_per_s) == (Fit.FITS, 30.0)
    assert str(said.said).endswith("about 30 tokens/s, by what GPT-2 reached here.")
    while_writing = speeds([GPT2, XL], "float16", known, {"aa": 25.0})
    assert judge(GPT2, "float16", known, None, while_writing).tokens_per_s == 25.0


def test_a_model_that_has_not_written_here_is_judged_by_the_nearest_in_size() -> None:
    here = (Speed("tiny", "cc", 9_000_000, 700.0), Speed("GPT-2", "aa", 286_000_000, 30.0))
    said = judge(XL, "float16", {}, 8_000_000_000, here)
    assert said.judged_by == "GPT-2"
    assert said.tokens_per_s == pytest.approx(30 * 286e6 / verdict.model_bytes(XL, "float16"))
    assert said.fit is Fit.SLOW


def test_the_memorys_speed_tells_what_a_much_smaller_model_cannot() -> None:
    tiny = (Speed("tiny", "cc", 9_000_000, 700.0),)
    assert judge(XL, "float16", {}, None, tiny).judged_by == "tiny"
    said = judge(XL, "float16", {}, None, tiny, bandwidth=20e9)
    assert said.judged_by == ""
    assert said.tokens_per_s == pytest.approx(0.6 * 20e9 / verdict.model_bytes(XL, "float16"))
    assert "by the speed of this memory" in str(said.said)


def test_what_nobody_knows_is_not_guessed() -> None:
    assert judge(GPT2, "auto", {}, None).tokens_per_s == 0.0
    assert "not known yet" in str(judge(GPT2, "auto", {}, None).said)
    broken = replace(GPT2, trouble="x", why=Sentence("It is gone."))
    assert (judge(broken, "auto", {}, None).fit, str(judge(broken, "auto", {}, None).said)) == (
        Fit.BROKEN,
        "It is gone.",
    )


def test_automatic_is_what_the_window_would_take() -> None:
    assert judge(GPT2, "auto", {}, None).precision == "float16"
    assert judge(GPT2, "auto", {"aa": figures(int8=90.0)}, None).precision == "int8"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"bandwidth_bytes_per_s": true}', "[" * 9999])
def test_the_memorys_speed_is_kept_and_a_damaged_file_forgotten(tmp_path: Path, content: str) -> None:
    file = tmp_path / "machine.json"
    assert read_bandwidth(file) == 0.0
    file.write_text(as_json(2.5e10), "utf-8")
    assert read_bandwidth(file) == 2.5e10
    file.write_text(content, "utf-8")
    assert read_bandwidth(file) == 0.0
