"""The engine without a window: seeds on the command line, {"prompt", "processors", "n_tokens"} on stdin.

Prints {seed: [text, tokens a second]}, for window.py to compare with.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio import paths
from studio.core import chain
from studio.core import messages as m
from studio.core.engine import Engine


def main() -> int:
    """Load the starter model, write once for nothing, then once for each seed."""
    wish = json.load(sys.stdin)
    engine = Engine()
    for loading in engine.run(m.LoadModel(1, str(paths.resource("models", "starter")))):
        assert not isinstance(loading, m.JobFailed), loading
    written: dict[int, tuple[str, float]] = {}
    for job, seed in enumerate([0, *map(int, sys.argv[1:])]):
        request = m.Generate(
            job,
            wish["prompt"],
            (),
            chain.from_json(wish["processors"]),
            wish["n_tokens"],
            seed,
            stop_at_end_of_text=False,
        )
        text = ""
        for message in engine.run(request):
            if isinstance(message, m.TokensGenerated):
                text += "".join(token.text for token in message.tokens)
            elif isinstance(message, m.GenerationFinished):
                written[seed] = (text, message.n_tokens / message.decode_s)
    print(json.dumps(written))
    return 0


if __name__ == "__main__":
    sys.exit(main())
