"""The engine without a window, for window.py to compare with.

On stdin a line of JSON, {"prompt", "processors", "n_tokens", "precision", "model"}, then seeds, one a line;
for each, on stdout, a line of JSON: [text, tokens a second]. It answers once before the first seed: it is
ready.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.core import chain
from studio.core import messages as m
from studio.core.engine import Engine


def write(engine: Engine, wish: dict[str, Any], seed: int) -> tuple[str, float]:
    """One generation: its text, tokens a second."""
    processors = chain.from_json(wish["processors"])
    request = m.Generate(2, wish["prompt"], (), processors, wish["n_tokens"], seed, stop_at_end_of_text=False)
    text, rate = "", 0.0
    for message in engine.run(request):
        if isinstance(message, m.TokensGenerated):
            text += "".join(token.text for token in message.tokens)
        elif isinstance(message, m.GenerationFinished):
            rate = message.n_tokens / message.decode_s
    return text, rate


def main() -> int:
    """Load the model, write once for nothing, then once for each seed."""
    wish = json.loads(sys.stdin.readline())
    engine = Engine()
    for loading in engine.run(m.LoadModel(1, wish["model"], precision=wish["precision"])):
        assert not isinstance(loading, m.JobFailed), loading
    write(engine, wish, 0)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(write(engine, wish, int(line))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
