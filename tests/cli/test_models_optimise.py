"""`models optimise` and `models report` as typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import paths
from studio.models.shelf import Shelf
from tests.cli.calling import Run, as_json


def test_eight_bits_are_made_beside_the_model_and_the_report_stays(run: Run, own_library: Path) -> None:
    result = as_json(run, "models", "optimise", "starter", "--precision", "int8", "--name", "Tiny")
    assert (result["model"]["name"], result["model"]["precision"]) == ("Tiny", "int8")
    assert result["model"]["about"]["base"] == "starter"
    assert result["report"]["after"]["n_bytes"] < result["report"]["before"]["n_bytes"]
    shelf = Shelf(paths.models_dir(own_library))
    assert [model.name for model in shelf.models()] == ["Tiny"]
    assert not list(shelf.staging.iterdir())
    code, out, _ = run("models", "report", "tiny")
    assert code == 0
    assert "same favourite" in out
    assert f"{result['report']['after']['perplexity']:,.2f}" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("starter",), 2, "required"),
        (("starter", "--layers", "2", "--heads", "2"), 2, "not allowed"),
        (("starter", "--trim-to", "nowhere.txt"), 2, "There is no file"),
        (("nobody", "--layers", "2"), 1, "There is no model"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(
    run: Run, own_library: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    for argv, expected, said in (
        (("models", "optimise", *arguments), code, words),
        (("models", "report", "starter"), 1, "ships with the app"),
    ):
        ended, _, err = run(*argv)
        assert ended == expected
        assert said in err
        assert err.count("\n") == 1
    assert Shelf(paths.models_dir(own_library)).models() == []
