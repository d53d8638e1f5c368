"""A library of 100,000 generations: is the list, a search and a start still quick?

    python tests/benchmarks/library.py [--runs N] [--seed N] [--quick] [--json]

Prints, beside what plain sqlite3 takes for the same in the same file: listing the sessions, the median
search, opening the library (against an empty one), and the bytes that a token with 20 alternatives takes.
Exit code 1 if a bar is missed: list < 100 ms, search < 50 ms, opening at most 100 ms slower than an empty
library, 400 bytes. --quick builds a library of 5,000 generations; --runs is the number of searches.
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
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from studio.core.messages import Candidate, FinishReason  # noqa: E402
from studio.store.store import Store  # noqa: E402
from tests.store.library_samples import generation, session, token  # noqa: E402

PER_SESSION = 100
BARS = {"list_ms": 100, "search_ms": 50, "slower_start_ms": 100, "bytes_per_token": 400}


def build(folder: Path, n_generations: int, chance: random.Random) -> list[str]:
    """Fill a library; returns its vocabulary, the frequent words first (as in any language)."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(20_000)]
    weights = [1 / (k + 3) for k in range(len(vocabulary))]
    store = Store.open(folder)
    store._connection.execute("PRAGMA synchronous = OFF")  # the fast path
    for number in range(1, n_generations // PER_SESSION + 1):
        words = chance.choices(vocabulary, weights, k=40 * PER_SESSION)
        texts = [" ".join(words[40 * k : 40 * k + 40]) for k in range(PER_SESSION)]
        record = session(number, " ".join(texts[::2]), title=" ".join(words[:3]))
        store.save_session(record)
        with store._writing() as db:  # the fast path: one commit for a session's generations
            for k, text in enumerate(texts, (number - 1) * PER_SESSION + 1):
                done = replace(generation(k, number, text=text), finish_reason=FinishReason.LENGTH)
                store._write_generation(db, done)
    while not store.index(10):
        pass
    store.close()
    return vocabulary


def median_ms(do: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return round(1000 * statistics.median(times), 2)


def opening_ms(folder: Path) -> float:
    return median_ms(lambda: Store.open(folder).close(), 7)


def bytes_per_token(folder: Path) -> float:
    candidates = tuple(Candidate(50_000 - k, f" word{k}", -1.5, 0.1) for k in range(20))
    words = [replace(token(), candidates=candidates)]
    sizes = []
    for n in (1, 5000):
        store = Store.open(folder / str(n))
        store.save_generation(generation(), 0, words * n, session())
        store.close()
        sizes.append((folder / str(n) / "library.db").stat().st_size)
    return round((sizes[1] - sizes[0]) / 4999, 1)


def measure(folder: Path, n_generations: int, seed: int, runs: int) -> dict[str, float]:
    chance = random.Random(seed)
    big, empty = folder / "big", folder / "empty"
    start = time.perf_counter()
    vocabulary = build(big, n_generations, chance)
    built = time.perf_counter() - start
    Store.open(empty).close()
    queries = [
        " ".join(word[: chance.choice((2, 3, 99))] for word in chance.choices(vocabulary[:5000], k=k % 3 + 1))
        for k in range(runs)
    ]
    store = Store.open(big)
    result = {
        "build_s": round(built, 1),
        "n_bytes": (big / "library.db").stat().st_size,
        "list_ms": median_ms(store.sessions, 9),
    }
    store.search("first", 50)
    pending = iter(queries)
    result["search_ms"] = median_ms(lambda: store.search(next(pending), 50), runs)
    store.close()
    plain = sqlite3.connect(big / "library.db")
    result["plain_list_ms"] = median_ms(
        lambda: plain.execute("SELECT * FROM sessions ORDER BY saved_order DESC").fetchall(), 9
    )
    pending = iter(queries)
    result["plain_like_search_ms"] = median_ms(
        lambda: plain.execute(
            "SELECT id, text FROM generations WHERE text LIKE '%' || ? || '%' LIMIT 50", (next(pending),)
        ).fetchall(),
        min(runs, 20),
    )
    plain.close()
    result |= {"start_ms": opening_ms(big), "empty_start_ms": opening_ms(empty)}
    result["slower_start_ms"] = round(result["start_ms"] - result["empty_start_ms"], 2)
    result["plain_connect_ms"] = median_ms(lambda: _connect(big / "library.db"), 7)
    result["bytes_per_token"] = bytes_per_token(folder)
    return result


def _connect(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("SELECT count(*) FROM meta").fetchone()
    connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100, help="searches")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="5,000 generations")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    n_generations = 5000 if arguments.quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), n_generations, arguments.seed, arguments.runs)
    missed = [name for name, bar in BARS.items() if result[name] > bar]
    if arguments.json:
        print(json.dumps({"n_generations": n_generations, **result, "missed": missed}))
    else:
        print(", ".join(f"{name} {value}" for name, value in result.items()))
        print(f"{n_generations} generations: {'missed: ' + ', '.join(missed) if missed else 'all bars met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
