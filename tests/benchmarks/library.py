"""A library of 100,000 generations: is the list, a search and a start still quick?

    python tests/benchmarks/library.py [--runs N] [--seed N] [--quick] [--json]

Each figure stands beside what plain sqlite3 takes for the same in the same run: listing the sessions (a
SELECT), searches of each kind in English and Chinese (LIKE over the texts), opening the library against an
empty one (connect and one SELECT), and the bytes that a token with 20 alternatives takes (its JSON in a
table). Exit code 1 if a bar is missed: list < 100 ms, every kind of search < 50 ms in the median, opening at
most 100 ms slower than an empty library, 400 bytes. --quick builds a library of 5,000 generations; --runs is
the number of searches of each kind.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from studio.core.messages import Candidate, FinishReason  # noqa: E402
from studio.store.store import Store  # noqa: E402
from tests.store.library_samples import generation, session, token  # noqa: E402

PER_SESSION = 100
WORDS_IN_TEXT = 40
BARS = {"list, ms": 100, "slower start, ms": 100, "bytes per token": 400}
SEARCH_BAR_MS = 50
COMMON_HAN = [chr(0x4E00 + 7 * k) for k in range(2500)]
Figures = dict[str, float]


class Corpus:
    """Texts with words as frequent as in a language: three of four English, one Chinese."""

    def __init__(self, chance: random.Random) -> None:
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._chance = chance
        self.words = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(20_000)]
        self._weights = [1 / (k + 3) for k in range(len(self.words))]
        self._han_weights = [1 / (k + 3) for k in range(len(COMMON_HAN))]
        self.english: list[str] = []  # some of the texts, to look for parts of
        self.chinese: list[str] = []

    def texts(self, n: int) -> list[str]:
        """So many texts of a session."""
        words = self._chance.choices(self.words, self._weights, k=WORDS_IN_TEXT * n)
        han = self._chance.choices(COMMON_HAN, self._han_weights, k=WORDS_IN_TEXT * n)
        made = []
        for k in range(n):
            part = slice(WORDS_IN_TEXT * k, WORDS_IN_TEXT * (k + 1))
            made.append("".join(han[part]) if k % 4 == 3 else " ".join(words[part]))
        self.english.append(made[0])
        self.chinese.append(made[3])
        return made

    def queries(self, kind: str, n: int) -> list[str]:
        """What somebody might type, of a kind."""
        found = []
        for _ in range(n):
            words = self._chance.choice(self.english).split()
            han = self._chance.choice(self.chinese)
            at = self._chance.randrange(WORDS_IN_TEXT - 6)
            found.append(
                {
                    "word": words[at],
                    "prefix": words[at][:3],
                    "two words": f"{words[at]} {words[at + 4][:4]}",
                    "phrase": f'"{" ".join(words[at : at + 3])}"',
                    "Chinese, 1": han[at],
                    "Chinese, 2": han[at : at + 2],
                    "Chinese phrase": f'"{han[at : at + 5]}"',
                }[kind]
            )
        return found


KINDS = ("word", "prefix", "two words", "phrase", "Chinese, 1", "Chinese, 2", "Chinese phrase")


def build(folder: Path, n_generations: int, corpus: Corpus) -> None:
    """Fill a library."""
    store = Store.open(folder)
    store._connection.execute("PRAGMA synchronous = OFF")  # the fast path
    for number in range(1, n_generations // PER_SESSION + 1):
        texts = corpus.texts(PER_SESSION)
        record = session(number, " ".join(texts[::2]), title=texts[0][:20])
        store.save_session(record)
        with store._writing() as db:  # the fast path: one commit for a session's generations
            for k, text in enumerate(texts, (number - 1) * PER_SESSION + 1):
                done = replace(generation(k, number, text=text), finish_reason=FinishReason.LENGTH)
                store._write_generation(db, done)
    while not store.index(10):
        pass
    store.close()


def median_ms(do: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return round(1000 * statistics.median(times), 2)


def opening_ms(folder: Path) -> float:
    return median_ms(lambda: Store.open(folder).close(), 7)


def bytes_per_token(folder: Path) -> tuple[float, float]:
    """In a library, and as JSON in a plain table."""
    candidates = tuple(Candidate(50_000 - k, f" word{k}", -1.5, 0.1) for k in range(20))
    words = [replace(token(), candidates=candidates)]
    sizes = []
    for n in (1, 5000):
        store = Store.open(folder / str(n))
        store.save_generation(generation(), 0, words * n, session())
        store.close()
        sizes.append((folder / str(n) / "library.db").stat().st_size)
    plain = sqlite3.connect(folder / "plain.db")
    plain.execute("CREATE TABLE tokens (generation INTEGER, position INTEGER, json TEXT)")
    row = json.dumps({**asdict(words[0]), "raw": words[0].text})
    plain.executemany("INSERT INTO tokens VALUES (1, ?, ?)", ((k, row) for k in range(5000)))
    plain.commit()
    plain.close()
    return round((sizes[1] - sizes[0]) / 4999, 1), round((folder / "plain.db").stat().st_size / 5000, 1)


def measure(folder: Path, n_generations: int, seed: int, runs: int) -> tuple[Figures, Figures]:
    """Ours, and plain sqlite3's where there is such a thing."""
    corpus = Corpus(random.Random(seed))
    big, empty = folder / "big", folder / "empty"
    start = time.perf_counter()
    build(big, n_generations, corpus)
    ours: Figures = {"build, s": round(time.perf_counter() - start, 1)}
    plainly: Figures = {}
    ours["size, MB"] = round((big / "library.db").stat().st_size / 2**20, 1)
    Store.open(empty).close()
    store = Store.open(big)
    ours["list, ms"] = median_ms(store.sessions, 9)
    store.search("first", 50)
    queries = {kind: corpus.queries(kind, runs) for kind in KINDS}
    for kind in KINDS:
        pending = iter(queries[kind])
        ours[f"search: {kind}, ms"] = median_ms(lambda: store.search(next(pending), 50), runs)  # noqa: B023
    store.close()
    plain = sqlite3.connect(big / "library.db")
    plainly["list, ms"] = median_ms(
        lambda: plain.execute("SELECT * FROM sessions ORDER BY saved_order DESC").fetchall(), 9
    )
    for kind in KINDS:
        pending = iter(queries[kind])
        plainly[f"search: {kind}, ms"] = median_ms(
            lambda: plain.execute(
                "SELECT id, text FROM generations WHERE text LIKE '%' || ? || '%' LIMIT 50",
                (next(pending).strip('"'),),  # noqa: B023
            ).fetchall(),
            min(runs, 10),
        )
    plain.close()
    ours |= {"start, ms": opening_ms(big), "start of an empty library, ms": opening_ms(empty)}
    ours["start, full / empty"] = round(ours["start, ms"] / ours["start of an empty library, ms"], 2)
    ours["slower start, ms"] = round(ours["start, ms"] - ours["start of an empty library, ms"], 2)
    plainly["start, ms"] = median_ms(lambda: _connect(big / "library.db"), 7)
    plainly["start of an empty library, ms"] = median_ms(lambda: _connect(empty / "library.db"), 7)
    ours["bytes per token"], plainly["bytes per token"] = bytes_per_token(folder)
    return ours, plainly


def _connect(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("SELECT count(*) FROM meta").fetchone()
    connection.close()


def bar_of(name: str) -> float | None:
    return SEARCH_BAR_MS if name.startswith("search") else BARS.get(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100, help="searches of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="5,000 generations")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    n_generations = 5000 if arguments.quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = measure(Path(folder), n_generations, arguments.seed, arguments.runs)
    missed = [name for name in ours if (bar := bar_of(name)) is not None and ours[name] >= bar]
    if arguments.json:
        result = {"n_generations": n_generations, "ours": ours, "plain": plain, "missed": missed}
        print(json.dumps(result))
    else:
        for name, value in ours.items():
            bar, other = bar_of(name), plain.get(name, "")
            print(f"  {name:<34}{value:>10}{'' if bar is None else f'  (< {bar:g})':<10}  plain: {other}")
        print(f"{n_generations} generations: {'missed: ' + ', '.join(missed) if missed else 'all bars met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
