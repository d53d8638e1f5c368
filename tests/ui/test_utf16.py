from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from studio.ui.utf16 import STEP, Utf16Places, utf16_length


@given(st.text(st.sampled_from("a北é🚀"), min_size=1, max_size=5), st.integers(0, 40), st.data())
def test_places_are_those_of_counting_from_the_beginning(head: str, more: int, data: st.DataObject) -> None:
    text = head * (more * STEP // 16) + head
    places = Utf16Places(text)
    offset = data.draw(st.integers(0, len(text)) | st.sampled_from([0, STEP, len(text)]))
    offset = min(offset, len(text))
    units = utf16_length(text[:offset])
    assert places.units(offset) == units
    assert places.offset(units) == offset
    assert places.units(len(text) + 5) == utf16_length(text)
    if text[offset : offset + 1] == "🚀":
        assert places.offset(units + 1) == offset  # inside the pair


def test_a_place_far_down_is_found_as_quickly_as_one_above() -> None:
    places = Utf16Places("🚀 and the fox " * 140_000)
    start = time.perf_counter()
    for offset in range(1_900_000, 1_901_000):
        assert places.offset(places.units(offset)) == offset
    assert time.perf_counter() - start < 1  # counting from the beginning: 8 s
