"""The text with its colours as a web page."""

from __future__ import annotations

from html.parser import HTMLParser

from studio.export.coloured_page import Page, Piece, Shade, coloured_page
from tests.export.golden import FOLDER

PIECES = (
    Piece("She ", 0, ""),
    Piece(" <ran>", 2, 'rank 4 · "one in 9"'),
    Piece("\n\n", 1, "rank 2"),
    Piece("& hid\x00", 0, "rank 1"),
    Piece(" café 🙂 \ud800", 3, "edited"),
)


def page(title: str = "A <b>fox</b>\nruns") -> Page:
    return Page(
        title,
        ("numbers of gpt2 & co", "2 tokens"),
        "surprisal",
        "How surprised the model was.",
        ((0, "1"), (1, "6"), (2, "11 bits")),
        (
            Shade("#ffffff", "#000000"),
            Shade("#fff0d0", "#302010"),
            Shade("#f2b04a", "#7a4a08"),
            Shade("#e8f0ee", "#233130", dotted=True),
        ),
        Shade("#fcfbf8", "#16181a"),
        Shade("#1f1d1a", "#e6e3dd"),
        Shade("#6b665e", "#a19c93"),
        Shade("#e4e0d8", "#2c3034"),
    )


def made() -> str:
    return b"".join(coloured_page(page(), PIECES)).decode()


class _Text(HTMLParser):
    """The text within `main`."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.text, self.links = False, "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or tag == "main"
        self.links += tag in ("script", "link", "img", "a") or any(n in ("src", "href") for n, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "main"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data


def test_the_page_is_as_it_was() -> None:
    assert made() == (FOLDER / "coloured.html").read_text(encoding="utf-8")


def test_the_page_holds_the_text_and_refers_to_nothing_outside() -> None:
    parser = _Text()
    parser.feed(made())
    assert parser.text == "She  <ran>\n\n& hid\ufffd café 🙂 \ufffd"
    assert not parser.links


def test_colours_lie_behind_words_and_not_behind_the_space_around_them() -> None:
    assert ' <span class="s2" title="rank 4 · &quot;one in 9&quot;">&lt;ran&gt;</span>' in made()
    assert '<span class="s1 end" title="rank 2">\n\n</span>' in made()


def test_a_page_without_a_title_has_one() -> None:
    assert b"<title>GPT-2 Studio</title>" in b"".join(coloured_page(page(" \n"), ()))
