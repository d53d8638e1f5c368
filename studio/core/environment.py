"""What a generation ran on: program, libraries, number format, threads, machine. Importable without torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

from studio import __version__
from studio.core.messages import ModelInfo


@dataclass(frozen=True, slots=True)
class Environment:
    """All that can make the same request give other words, beside model and device, and how fast it went.

    Empty: not recorded.
    """

    app: str = ""  # version of this program
    libraries: tuple[tuple[str, str], ...] = ()  # name and version, by name
    backend: str = ""  # ModelInfo.backend
    dtype: str = ""
    n_threads: int = 0
    system: str = ""
    cpu: str = ""
    switched_off: str = ""  # ModelInfo.switched_off; where it was not recorded it was not possible either
    rank: int = 0  # which text of a beam search this is, 1 the best; 0: there was none, or the best
    n_guessed: int = 0  # these three as in GenerationFinished; they change no words
    n_right: int = 0
    saved_s: float = 0.0

    @classmethod
    def of(cls, model: ModelInfo) -> Environment:
        """What a loaded model runs on."""
        return cls(
            app=__version__,
            libraries=model.libraries,
            backend=model.backend,
            dtype=model.dtype,
            n_threads=model.n_threads,
            system=model.system,
            cpu=model.cpu,
            switched_off=model.switched_off,
        )

    @classmethod
    def from_json(cls, text: str) -> Environment:
        """What `to_json` made of one. Of what is not as expected, nothing is known; names that are new to us
        are not read.
        """
        try:
            found = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            found = {}
        if not isinstance(found, dict):
            return cls()
        values = {
            field.name: found[field.name]
            for field in fields(cls)
            if type(found.get(field.name)) is type(field.default)
        }
        libraries = found.get("libraries")
        if isinstance(libraries, dict):
            values["libraries"] = tuple((str(name), str(version)) for name, version in libraries.items())
        return cls(**values)

    def to_json(self) -> str:
        """{"app": "0.1.0", "libraries": {"torch": "2.13.0", ...}, ...}: always the same for the same."""
        values = {**asdict(self), "libraries": dict(self.libraries)}
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
