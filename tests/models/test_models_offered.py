"""The catalogue of models to download: its facts agree with each other."""

from __future__ import annotations

import pytest

from studio.models.hub.catalogue import Entry, catalogue
from studio.models.hub.names import Wanted, parse

VOCABULARY = {"en": 50_257, "zh": 21_128}


def n_parameters(entry: Entry) -> int:
    """By the sizes: embeddings, blocks, the last normalisation. GPT-Neo has no bias in q, k and v."""
    width = entry.n_embd
    block = 12 * width**2 + 13 * width - (3 * width if entry.architecture == "gpt_neo" else 0)
    return (VOCABULARY[entry.language] + entry.n_positions + 2) * width + entry.n_layer * block


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_the_sizes_make_the_number_of_parameters(entry: Entry) -> None:
    assert n_parameters(entry) == entry.n_parameters
    assert parse(entry.repo) == Wanted(entry.repo)
    if entry.about_mb:  # float32, and the masks that older files hold beside the weights
        masks = entry.n_layer * entry.n_positions**2 * (1 if entry.architecture == "gpt_neo" else 4) / 1e6
        weights = entry.n_parameters * 4 / 1e6
        assert weights < entry.about_mb < weights + 1.05 * masks + 5


def test_no_model_is_offered_twice() -> None:
    assert len({entry.repo for entry in catalogue()}) == len(catalogue()) >= 10
