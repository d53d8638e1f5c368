"""The commands and their flags; the sampling flags are the processors' parameters.

A command gets its flags, and imports what carries it out, when it is the one that is asked for: the program's
own help knows the names alone and answers at once.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import studio
from studio.cli.trouble import ArgumentsError

if TYPE_CHECKING:
    from studio.core.parameters import Value

STARTER = "starter"
PRECISIONS = ("auto", "float32", "bfloat16", "float16", "int8", "int4")


class _Parser(argparse.ArgumentParser):
    """argparse with complaints of one sentence; `flags` adds what a command understands once it is needed."""

    def __init__(self, *, flags: Callable[[_Parser], None] | None = None, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)
        self._flags = flags

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Add the flags first."""
        flags, self._flags = self._flags, None
        if flags is not None:
            flags(self)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say it in one sentence, without the usage."""
        argument, _, rest = message.removeprefix("argument ").partition(": ")
        if message.startswith("argument ") and rest:
            message = rest if rest.endswith(".") else f"{argument}: {rest}"
        sentence = re.sub(r"\s+", " ", message)[:400].rstrip(".")
        raise ArgumentsError(f"{sentence[0].upper()}{sentence[1:]}.")


def _typed(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    def convert(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def _whole(name: str, lo: int, hi: int | None = None) -> Callable[[str], Value]:
    allowed = f"from {lo} to {hi}" if hi is not None else f"of at least {lo}"

    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,25}", text.strip()) or not lo <= int(text) <= (hi or math.inf):
            raise ValueError(f"{name} must be a whole number {allowed}.")
        return int(text)

    return _typed(parse)


_SCORE_CONVENTION = (
    "An end-of-text token is read in front of the text and stays in the first window, as language-model "
    "benchmarks do it, so every token counts, also the first. The app's window, `inspect` and `compare` read "
    "the text as it is read to write on: the first token after end-of-text, all others after the text alone. "
    "So their numbers differ a little, most at the beginning."
)
_SEEING_CONVENTION = (
    "The text is read as it is read to write on: the first token after end-of-text, all others after the "
    "text alone. `score` keeps the end-of-text token in its first window, so its numbers differ a little."
)


def make_parser() -> argparse.ArgumentParser:
    """Build the parser: what every command is called and is for."""
    library = _Parser(add_help=False)
    library.add_argument(
        "--library",
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="the folder where everything of yours lives",
    )
    model = _Parser(add_help=False)
    model.add_argument(
        "--model", default=STARTER, metavar="NAME|DIR",
        help="a model of your library, one that ships with the app, or a folder (default: %(default)s)",
    )  # fmt: skip
    model.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="where to compute"
    )
    precise = _Parser(add_help=False)
    precise.add_argument(
        "--precision", choices=PRECISIONS, default="float32",
        help="bits for each of GPT-2's numbers; auto: as the window would (default: %(default)s)",
    )  # fmt: skip
    weighing = [library, model, precise]

    parser = _Parser(
        prog="gpt2-studio",
        description="Write with GPT-2 and see why it wrote what it wrote: in a window, or with a command.",
        parents=[library],
    )
    parser.add_argument("--version", action="version", version=f"GPT-2 Studio {studio.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser(
        "generate", help="continue a text", parents=weighing, flags=_generate,
        description="Continue a text. Prints the continuation as it comes, or one JSON object.",
    )  # fmt: skip
    commands.add_parser(
        "score", help="how likely a text is", parents=weighing, flags=_score,
        description="Print the log-probability of every token of a text, its perplexity and bits per byte.",
        epilog=_SCORE_CONVENTION,
    )  # fmt: skip
    commands.add_parser(
        "inspect", help="what could stand at a place", parents=weighing, flags=_inspect,
        description="Print what could stand at one place of a text, before and after the sampling settings.",
        epilog=_SEEING_CONVENTION,
    )  # fmt: skip
    commands.add_parser(
        "compare", help="where two models or settings disagree", parents=weighing, flags=_compare,
        description="Print where two models, or two settings of one, differ about a text.",
        epilog=_SEEING_CONVENTION,
    )  # fmt: skip
    commands.add_parser(
        "bench", help="how fast it is on this machine", parents=[library, model], flags=_bench,
        description="Measure loading, reading, writing and sampling, and the window while the model writes.",
    )  # fmt: skip
    commands.add_parser(
        "models", help="list, look at, rename, remove models",
        flags=lambda parser: _models(parser, library),
    )  # fmt: skip
    commands.add_parser(
        "doctor", help="is everything in order?", parents=[library], flags=_doctor,
        description="Report versions, library, starter model and device; exit code 1 if something is wrong.",
    )  # fmt: skip
    commands.add_parser(
        "sessions", help="list, read, find, delete, export, import sessions",
        flags=lambda parser: _sessions(parser, library),
    )  # fmt: skip
    commands.add_parser(
        "library", help="check, back up, restore, count", flags=lambda parser: _library(parser, library)
    )
    return parser


def _generate(parser: _Parser) -> None:
    from studio.cli.generate import run_generate
    from studio.core.chain import all_parameters
    from studio.core.presets import DEFAULT_MAX_NEW_TOKENS, DEFAULT_PRESET, MAX_NEW_TOKENS_LIMIT

    prompt = parser.add_mutually_exclusive_group(required=True)
    prompt.add_argument("--prompt", metavar="TEXT", help="the text to continue; may be empty")
    prompt.add_argument(
        "--prompt-file",
        metavar="FILE",
        help="read it from a UTF-8 file, or - for stdin, without its last line break",
    )
    parser.add_argument("--preset", metavar="NAME", default=DEFAULT_PRESET, help="(default: %(default)s)")
    parser.add_argument(
        "--max-new-tokens", metavar="N", type=_whole("--max-new-tokens", 1, MAX_NEW_TOKENS_LIMIT),
        help=f"how many tokens to write at most (default: the preset's, or {DEFAULT_MAX_NEW_TOKENS})",
    )  # fmt: skip
    parser.add_argument(
        "--seed", metavar="N", type=_whole("--seed", 0, 2**63 - 1), help="the same seed writes the same text"
    )
    parser.add_argument(
        "--stop", metavar="TEXT", action="append", default=[], help="end before this text; may be repeated"
    )
    parser.add_argument(
        "--ignore-end-of-text", action="store_true", help="write on when the model thinks the text is over"
    )
    drafting = parser.add_mutually_exclusive_group()
    drafting.add_argument(
        "--draft-model", metavar="NAME", default="",
        help="a smaller model with the same vocabulary guesses ahead; the text stays the same",
    )  # fmt: skip
    drafting.add_argument(
        "--no-drafting", action="store_true", help="guess nothing ahead; the text stays the same, too"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object when done")
    sampling = parser.add_argument_group("sampling", "Each of these overrides the preset's value.")
    sampling.add_argument(
        "--chain", metavar="NAME,NAME,...", default="",
        help="these stages only, in this order, such as dry,temperature,min-p,xtc (default: the preset's)",
    )  # fmt: skip
    for parameter in all_parameters():
        sampling.add_argument(
            f"--{parameter.name.replace('_', '-')}",
            dest=parameter.name,
            metavar={int: "N", float: "X", str: "TEXT"}[parameter.type],
            type=_typed(parameter.parse),
            help=parameter.tip.replace("%", "%%"),
        )
    parser.set_defaults(run=run_generate)


def _score(parser: _Parser) -> None:
    from studio.cli.score import run_score

    parser.add_argument("file", metavar="FILE", help="a UTF-8 text file, or - for stdin")
    parser.add_argument(
        "--stride", metavar="N", type=_whole("--stride", 1),
        help="how many tokens the context window moves in a longer text (default: half of it)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_score)


def _inspect(parser: _Parser) -> None:
    from studio.cli.inspect import run_inspect
    from studio.core.presets import DEFAULT_PRESET

    parser.add_argument("file", metavar="FILE", help="a UTF-8 text file, or - for stdin")
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--at",
        metavar="N",
        type=_whole("--at", 0),
        help="the token of this character (default: the end)",
    )
    place.add_argument("--token", metavar="N", type=_whole("--token", 0), help="the token of this number")
    parser.add_argument(
        "--top", metavar="N", type=_whole("--top", 1, 1000), default=20, help="(default: %(default)s)"
    )
    parser.add_argument("--preset", metavar="NAME", default=DEFAULT_PRESET, help="(default: %(default)s)")
    parser.add_argument("--seed", metavar="N", type=_whole("--seed", 0, 2**63 - 1), default=0)
    parser.add_argument("--word", metavar="TEXT", help="how likely this would be there")
    parser.add_argument(
        "--attention", metavar="LAYER", type=_whole("--attention", 1), help="what its heads looked at"
    )
    parser.add_argument("--lens", action="store_true", help="what each layer would have said")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_inspect)


def _compare(parser: _Parser) -> None:
    from studio.cli.compare import run_compare

    parser.add_argument("file", metavar="FILE", help="a UTF-8 text file, or - for stdin")
    parser.add_argument("--other", metavar="NAME|DIR", default="", help="B, if it is another model")
    parser.add_argument(
        "--other-precision", choices=PRECISIONS, default="", help="of B (default: as --precision)"
    )
    parser.add_argument("--preset", metavar="NAME", default="", help="settings of A (default: none)")
    parser.add_argument("--other-preset", metavar="NAME", default="", help="settings of B (default: none)")
    parser.add_argument("--seed", metavar="N", type=_whole("--seed", 0, 2**63 - 1), default=0)
    parser.add_argument(
        "--max-tokens", metavar="N", type=_whole("--max-tokens", 1), default=8192,
        help="of a longer text only so many (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--top", metavar="N", type=_whole("--top", 0), default=20,
        help="rows of the table; 0: all (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object, in the text's order")
    parser.set_defaults(run=run_compare)


def _bench(parser: _Parser) -> None:
    from studio.cli.bench import run_bench

    parser.add_argument(
        "--random-124m", action="store_true",
        help="instead of a model: random numbers in GPT-2's smallest size, made and thrown away (0.5 GB)",
    )  # fmt: skip
    parser.add_argument(
        "--precisions", metavar="NAME,NAME,...", default="", help="such as float32,int8 (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help="fewer tokens and rounds: coarser numbers")
    parser.add_argument(
        "--threads", metavar="N", type=_whole("--threads", 1, 64), help="compute with so many"
    )
    parser.add_argument("--no-window", action="store_true", help="leave out the window")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_bench)


def _doctor(parser: _Parser) -> None:
    from studio.cli.doctor import run_doctor

    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_doctor)


def _with_json(library: _Parser) -> list[_Parser]:
    """The flags of every action of `sessions` and `library`."""
    output = _Parser(add_help=False)
    output.add_argument("--json", action="store_true", help="print one JSON object")
    return [library, output]


def _sessions(parser: _Parser, library: _Parser) -> None:
    from studio.cli.library import run_sessions

    parents = _with_json(library)
    parser.set_defaults(run=run_sessions)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("list", help="one line a session", parents=parents)
    which = one.add_mutually_exclusive_group()
    which.add_argument("--archived", action="store_true", help="those in the archive")
    which.add_argument("--trash", action="store_true", help="those that were deleted")
    one = actions.add_parser("search", help="find words in all sessions", parents=parents)
    one.add_argument("query", metavar="TEXT", help='words, the last may be begun only, and "phrases"')
    one.add_argument("--limit", metavar="N", type=_whole("--limit", 1, 10_000), default=50)
    for name, tip in (("show", "print its text"), ("delete", "into the trash"), ("restore", "out of it")):
        one = actions.add_parser(name, help=tip, parents=parents)
        one.add_argument("id", metavar="ID", type=_whole("ID", 1, 2**59), help="as in `sessions list`")
    _add_exchange(actions, parents)


def _models(parser: _Parser, library: _Parser) -> None:
    from studio.cli.models import ACTIONS

    parents = _with_json(library)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action in ACTIONS:
        one = actions.add_parser(action.name, help=action.help, parents=parents)
        action.add_flags(one)
        one.set_defaults(run=action.run)


def _library(parser: _Parser, library: _Parser) -> None:
    from studio.cli.library import run_library

    parents = _with_json(library)
    parser.set_defaults(run=run_library)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, tip in (("check", "read all of it"), ("backup", "make a copy"), ("stats", "count")):
        actions.add_parser(name, help=tip, parents=parents)
    one = actions.add_parser("restore", help="a backup, elsewhere", parents=parents)
    one.add_argument("backup", metavar="FILE", help="a file of the folder `backups`")
    one.add_argument("into", metavar="DIR", help="a folder that holds no library yet")


def _add_exchange(actions: argparse._SubParsersAction[_Parser], parents: list[_Parser]) -> None:
    """`sessions export` and `sessions import`."""
    from studio.cli.exchange import run_export, run_import

    one = actions.add_parser(
        "export", help="to a file", parents=parents,
        description="Write sessions to a file, or to the output. A file that is there is replaced.",
    )  # fmt: skip
    one.add_argument(
        "ids", metavar="ID", nargs="*", type=_whole("ID", 1, 2**59), help="as in `sessions list`"
    )
    one.add_argument(
        "--format", metavar="F", required=True,
        help="text, markdown, html, docx, epub, json (everything, can be imported), jsonl or csv",
    )  # fmt: skip
    one.add_argument("--out", metavar="FILE", help="where to write it (default: the output)")
    one.add_argument(
        "--scope", choices=("session", "branch", "tree", "library"), default="session",
        help="the text as it stands, one state of it, every variant, every session (default: %(default)s)",
    )  # fmt: skip
    one.add_argument(
        "--node", metavar="N", type=_whole("--node", 1, 2**59), help="the state of --scope branch"
    )
    one.add_argument("--front-matter", action="store_true", help="settings before the text (markdown)")
    one.add_argument(
        "--mark-generated", action="store_true",
        help="show which passages the model wrote (markdown, html, docx, epub)",
    )  # fmt: skip
    one.add_argument("--colour-by-probability", action="store_true", help="colour each token (html)")
    one.add_argument("--without-tokens", action="store_true", help="no probabilities of tokens (json)")
    one.set_defaults(run=run_export)
    one = actions.add_parser("import", help="from files", parents=parents)
    one.add_argument(
        "files", metavar="FILE", nargs="+", help="text, Markdown, DOCX, or JSON of this or others"
    )
    one.set_defaults(run=run_import)
