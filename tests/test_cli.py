"""The command line, mostly in this process; a few things only a real process shows."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import studio
from studio import cli, paths
from studio.cli import running
from studio.core import messages as m
from studio.core.chain import all_parameters, with_values
from studio.core.engine import Engine
from studio.core.presets import DEFAULT_MAX_NEW_TOKENS, Preset, default_preset, save_preset
from studio.core.processors import Temperature

ROOT = Path(studio.__file__).resolve().parents[1]
STARTER = paths.resource("models", "starter")


@pytest.fixture(autouse=True)
def _own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.LIBRARY_VARIABLE, str(tmp_path / "library"))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*argv: str) -> tuple[int, str, str]:
        code = cli.main(list(argv))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture(autouse=True)
def _one_engine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Load each model once for all tests: an engine is meant to be used again."""
    loaded: dict[Path, tuple[Engine, m.ModelInfo]] = request.config.stash.setdefault(_LOADED, {})
    load = running.load

    def load_once(folder: Path, device: str, cancelled: Callable[[], bool]) -> tuple[Engine, m.ModelInfo]:
        if folder != STARTER:
            return load(folder, device, cancelled)
        if folder not in loaded:
            loaded[folder] = load(folder, device, cancelled)
        return loaded[folder]

    monkeypatch.setattr(running, "load", load_once)


_LOADED = pytest.StashKey[dict[Path, tuple[Engine, m.ModelInfo]]]()


def process(*argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "studio", *argv], cwd=ROOT, env=environment, timeout=60, check=False,
        **{"capture_output": True, **options},
    )  # fmt: skip


def generate_json(run: Run, *argv: str) -> dict[str, Any]:
    code, out, err = run("generate", "--json", *argv)
    assert (code, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    return result


# -- generate ----------------------------------------------------------------------------------------------


def test_the_same_seed_writes_the_same_text_and_another_seed_another(run: Run) -> None:
    texts = [run("generate", "--prompt", "Once upon a time", "--seed", seed)[1] for seed in ("5", "5", "6")]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) > 50


def test_json_has_the_promised_fields_and_the_streamed_text(run: Run) -> None:
    flags = ("--prompt", "The dog", "--seed", "9", "--max-new-tokens", "20")
    result = generate_json(run, *flags)
    assert list(result) == [
        *("text", "tokens", "finish_reason", "seed", "model", "seconds", "tokens_per_second"),
    ]
    assert result["text"] == run("generate", *flags)[1]
    assert result["text"] == "".join(token["text"] for token in result["tokens"])
    assert (result["seed"], result["model"]) == (9, "starter")
    assert result["finish_reason"] in {"length", "end_of_text"}
    assert result["seconds"] > 0
    assert result["tokens_per_second"] > 0
    for token in result["tokens"]:
        assert list(token) == ["id", "text", "logprob", "rank", "entropy"]
        assert token["logprob"] <= 0
        assert token["rank"] >= 1
        assert token["entropy"] >= 0


def test_the_window_with_the_same_settings_would_write_the_same_tokens(run: Run) -> None:
    result = generate_json(run, "--prompt", "One day", "--seed", "11")
    engine = Engine()
    list(engine.run(m.LoadModel(1, str(STARTER))))
    chain = default_preset(paths.resource("presets")).processors
    request = m.Generate(2, "One day", (), chain, DEFAULT_MAX_NEW_TOKENS, seed=11)
    ids = [t.token_id for x in engine.run(request) if isinstance(x, m.TokensGenerated) for t in x.tokens]
    assert ids == [token["id"] for token in result["tokens"]]


def test_a_seed_is_made_up_said_and_works_again(run: Run) -> None:
    _, out, err = run("generate", "--prompt", "A cat", "--max-new-tokens", "10")
    seed = err.removeprefix("Seed: ").strip()
    assert run("generate", "--prompt", "A cat", "--max-new-tokens", "10", "--seed", seed)[1:] == (out, "")
    result = generate_json(run, "--prompt", "A cat", "--max-new-tokens", "3")
    assert 0 <= result["seed"] < 2**32


def test_every_sampling_parameter_has_a_flag_that_changes_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[m.Generate] = []

    def remember(_: Engine, request: m.Request, cancelled: object = None) -> Iterator[m.Message]:
        if isinstance(request, m.Generate):
            seen.append(request)
        return iter(())

    running.load(STARTER, "auto", lambda: False)
    monkeypatch.setattr(Engine, "run", remember)
    base = default_preset(paths.resource("presets")).processors
    for p in all_parameters():
        cli.main(["generate", "--prompt", "", f"--{p.name.replace('_', '-')}={p.hi:g}"])
        assert seen.pop().processors == with_values(base, {p.name: p.hi if p.type is float else int(p.hi)})


def test_presets_are_the_windows_own_ones_included(run: Run, tmp_path: Path) -> None:
    greedy = generate_json(run, "--prompt", "The", "--preset", "greedy", "--max-new-tokens", "5")
    assert [token["rank"] for token in greedy["tokens"]] == [1] * 5
    mine = Preset("Mein Stil", (Temperature(0.0),), max_new_tokens=3)
    save_preset(mine, paths.resource("presets"), tmp_path / "elsewhere" / "presets")
    code, _, err = run("generate", "--prompt", "The", "--preset", "Mein Stil")
    assert code == 2
    assert "only Precise, Balanced, Creative, Greedy." in err
    library = ("--library", str(tmp_path / "elsewhere"))
    for argv in ((*library, "generate"), ("generate", *library)):
        assert cli.main([*argv, "--prompt", "The", "--preset", "Mein Stil", "--seed", "1"]) == 0


def test_stop_strings_end_the_text_and_are_not_printed(run: Run) -> None:
    free = generate_json(run, "--prompt", "Once upon a time", "--seed", "5")["text"]
    stop = free[40:44]
    code, out, _ = run(
        "generate", "--prompt", "Once upon a time", "--seed", "5", "--stop", "@@", "--stop", stop
    )
    assert (code, out) == (0, free[: free.index(stop)])


def test_a_model_is_found_in_the_library_by_its_name(run: Run, tmp_path: Path) -> None:
    shutil.copytree(STARTER, tmp_path / "library" / "models" / "my own")
    result = generate_json(
        run, "--prompt", "The", "--model", "my own", "--seed", "1", "--max-new-tokens", "4"
    )
    assert result["model"] == "my own"
    starter = generate_json(run, "--prompt", "The", "--seed", "1", "--max-new-tokens", "4")
    assert starter["tokens"] == result["tokens"]
    by_path = generate_json(
        run, "--prompt", "The", "--model", str(STARTER), "--seed", "1", "--max-new-tokens", "4"
    )
    assert by_path["tokens"] == result["tokens"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfThe dog\r\nran\n", b"The dog\nran", b"The dog\rran\r\n"])
@pytest.mark.parametrize("by_stdin", [False, True])
def test_a_prompt_file_is_the_text_in_it(
    content: bytes, by_stdin: bool, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "prompt.txt"
    file.write_bytes(content)
    if by_stdin:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))
    flags = ("--seed", "2", "--max-new-tokens", "8")
    wanted = run("generate", "--prompt", "The dog\nran", *flags)
    assert run("generate", "--prompt-file", "-" if by_stdin else str(file), *flags) == wanted


@pytest.mark.parametrize(
    "flags",
    [
        ("--prompt", ""),
        ("--prompt", "🙂🎉👩‍👩‍👧"),
        ("--prompt", "从前有一个国王"),
        ("--prompt", "كان يا ما كان"),
        ("--prompt", "\udcff lone \ud800 surrogates"),
        ("--prompt", "<|endoftext|>"),
        ("--prompt", "The", "--temperature", "0"),
        ("--prompt", "The", "--top-k", "1"),
        ("--prompt", "The", "--top-p", "0"),
        ("--prompt", "The", "--typical-p", "0", "--min-p", "1"),
        ("--prompt", "The", "--no-repeat-ngram-size", "1", "--max-new-tokens", "300"),
        ("--prompt", "The", "--stop", "The"),
        ("--prompt", "The", "--stop", "\udcff"),
        ("--prompt", "The", "--max-new-tokens", "100000"),
        ("--prompt", "The", "--ignore-end-of-text", "--max-new-tokens", "300", "--frequency-penalty", "-2"),
        ("--prompt", "The", "--device", "cuda"),
    ],
)
def test_odd_but_allowed_input_just_works(flags: tuple[str, ...], run: Run) -> None:
    limit = () if "--max-new-tokens" in flags else ("--max-new-tokens", "12")
    result = generate_json(run, *flags, *limit, "--seed", "4")
    assert result["tokens"] or result["finish_reason"] in {"stop", "end_of_text"}
    result["text"].encode("utf-8")
    for flag, rank in (("--temperature", 1), ("--top-k", 1), ("--top-p", 1)):
        if flag in flags:  # the repetition penalty of the preset may dethrone the favourite
            repeated = generate_json(run, *flags, *limit, "--seed", "77", "--repetition-penalty", "1")
            assert {token["rank"] for token in repeated["tokens"]} == {rank}


def test_a_prompt_of_a_hundred_thousand_tokens_is_cut_and_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("The dog ran. " * 25_000, encoding="utf-8")
    code, out, err = run("generate", "--prompt-file", str(file), "--seed", "1", "--max-new-tokens", "12")
    assert code == 0
    assert out
    assert err.startswith("The model sees the last 500 of the prompt's 100,0")


# -- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ((), "The following arguments are required: COMMAND."),
        (("write",), "COMMAND: invalid choice: 'write'"),
        (("generate",), "One of the arguments --prompt --prompt-file is required."),
        (("generate", "--prompt", "x", "--prompt-file", "y"), "not allowed with argument --prompt."),
        (("generate", "--prompt", "x", "--heat", "1"), "Unrecognized arguments: --heat 1."),
        (("generate", "--prompt", "x", "--temp", "1"), "Unrecognized arguments: --temp 1."),
        (("generate", "--prompt", "x", "--temperature"), "--temperature: expected one argument."),
        (("generate", "--prompt", "x", "--temperature", "hot"), "Temperature must be a number, not 'hot'."),
        (("generate", "--prompt", "x", "--temperature", "nan"), "Temperature must be between 0 and 2."),
        (("generate", "--prompt", "x", "--temperature", "-0.1"), "Temperature must be between 0 and 2."),
        (("generate", "--prompt", "x", "--top-p", "1.1"), "Top-p must be between 0 and 1."),
        (("generate", "--prompt", "x", "--top-k", "1.5"), "Top-k must be a whole number, not '1.5'."),
        (("generate", "--prompt", "x", "--top-k", "9" * 5000), "Top-k must be a whole number"),
        (("generate", "--prompt", "x", "--top-k", "9" * 500), "Top-k must be between 0 and 1000."),
        (("generate", "--prompt", "x", "--max-new-tokens", "0"), "--max-new-tokens must be a whole number"),
        (("generate", "--prompt", "x", "--seed", "-1"), "--seed must be a whole number from 0 to 9223"),
        (("generate", "--prompt", "x", "--seed", str(2**63)), "--seed must be a whole number"),
        (("generate", "--prompt", "x", "--seed", "9" * 5000), "--seed must be a whole number"),
        (("generate", "--prompt", "x", "--stop", ""), "A stop text cannot be empty."),
        (("generate", "--prompt", "x", "--preset", "Wild"), "There is no preset named 'Wild'"),
        (("generate", "--prompt", "x", "--preset", "\udcff"), "There is no preset named"),
        (("generate", "--prompt", "x", "--device", "tpu"), "--device: invalid choice: 'tpu'"),
        (("generate", "--prompt", "x", "--model", ""), "--model needs a name or a folder."),
        (("generate", "--prompt", "x", "--model", "x" * 5000), "cannot be read (File name too long)."),
        (
            ("generate", "--prompt", "x", "--model", "~nobody-here/x"),
            "cannot be read (there is no such user).",
        ),
        (("--library", "~nobody-here/x", "doctor"), "The library folder begins with ~"),
        (("generate", "--prompt-file", "/nowhere/\udcff.txt"), "cannot be read (No such file or directory)."),
        (("generate", "--prompt-file", "a\0b"), "cannot be read (not a file name)."),
        (("generate", "--prompt-file", str(STARTER)), "cannot be read (Is a directory)."),
        (("generate", "--prompt-file", str(STARTER / "model.safetensors")), "is not UTF-8 text."),
        (("score",), "The following arguments are required: FILE."),
        (("score", str(STARTER / "model.safetensors")), "is not UTF-8 text."),
        (("score", "x", "--stride", "0"), "--stride must be a whole number of at least 1."),
        (("doctor", "now"), "Unrecognized arguments: now."),
    ],
)
def test_bad_arguments_get_one_sentence_and_exit_code_2(
    argv: tuple[str, ...], sentence: str, run: Run
) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert len(err) < 500


def test_models_that_cannot_be_loaded_say_what_to_do(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    shutil.copy(STARTER / "config.json", pickled)
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04}")
    cut = tmp_path / "cut"
    shutil.copytree(STARTER, cut)
    with (cut / "model.safetensors").open("r+b") as file:
        file.truncate(1_000_000)
    for folder, words in (
        (tmp_path / "missing", "There is no folder"),
        (empty, "config.json"),
        (pickled, "pickle"),
        (cut, "damaged"),
    ):
        code, out, err = run("generate", "--prompt", "x", "--model", str(folder), "--seed", "1")
        assert (code, out) == (1, "")
        assert words in err
        assert err.count("\n") == 1
        assert err.count(". ") == 1


def test_a_failure_on_the_way_keeps_what_was_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    token = m.Token(1, b"Hello", "Hello", -1.0, 1.0, 1, 1.0, ())

    def break_down(_: Engine, __: m.Request, cancelled: object = None) -> Iterator[m.Message]:
        yield m.TokensGenerated(1, (token,))
        yield m.JobFailed(1, "The numbers {broke}.", "Choose another model.")
        yield m.GenerationFinished(1, m.FinishReason.FAILED, 1, 0.0, 0.0)

    running.load(STARTER, "auto", lambda: False)
    monkeypatch.setattr(Engine, "run", break_down)
    wanted = "The numbers {broke}. Choose another model.\n"
    assert run("generate", "--prompt", "", "--seed", "1") == (1, "Hello", wanted)
    code, out, err = run("generate", "--prompt", "", "--seed", "1", "--json")
    assert (code, err) == (1, wanted)
    assert (json.loads(out)["finish_reason"], json.loads(out)["text"]) == ("failed", "Hello")


# -- score and doctor --------------------------------------------------------------------------------------


def test_score_reads_texts_of_any_length(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes("\ufeffThe dog ran to the park.\r\n🙂".encode())
    code, out, err = run("score", str(file))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split("\t") == ["logprob", "rank", "entropy", "token"]
    code, out, _ = run("score", str(file), "--json")
    result = json.loads(out)
    assert code == 0
    assert len(lines) == len(result["tokens"]) + 2
    assert f"{len(result['tokens'])} tokens, {result['n_bytes']} bytes, perplexity" in lines[-1]
    assert result["n_bytes"] == file.stat().st_size - 3
    assert "".join(t["text"] for t in result["tokens"]) == "The dog ran to the park.\r\n🙂"
    assert (result["stride"], result["model"]) == (256, "starter")
    file.write_text("The dog ran to the park. " * 200, encoding="utf-8")
    code, out, _ = run("score", str(file), "--json", "--stride", "100")
    long = json.loads(out)
    assert code == 0
    assert long["stride"] == 100
    assert len(long["tokens"]) > 1000
    assert long["perplexity"] < result["perplexity"]
    assert 0 < long["bits_per_byte"] < 1


def test_an_empty_text_has_no_score(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b""), encoding="ascii"))
    code, out, err = run("score", "-")
    assert (code, out) == (1, "")
    assert err.startswith("There is no text to score. ")


def test_doctor_is_content_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    code, out, err = run("doctor", "--json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report["ok"] is True
    assert report["problems"] == []
    assert report["library"] == {
        "path": str(tmp_path / "library"), "exists": False, "n_bytes": 0, "state": "not made yet",
    }  # fmt: skip
    assert report["model"]["works"] is True
    assert len(report["model"]["sha256"]) == 64
    assert set(report["versions"]) >= {
        "studio",
        "python",
        "torch",
        "transformers",
        "PySide6-Essentials",
        "sqlite",
    }
    assert not (tmp_path / "library").exists()
    assert run("doctor")[1].endswith("Everything is in order.\n")


def test_doctor_looks_into_the_library(run: Run, tmp_path: Path) -> None:
    from studio.store.librarian import Librarian
    from studio.store.records import CloseLibrary, OpenLibrary

    library = tmp_path / "library"
    librarian = Librarian()
    list(librarian.run(OpenLibrary(str(library))))
    list(librarian.run(CloseLibrary()))
    file = paths.database_file(library)
    before = file.read_bytes()
    report = json.loads(run("doctor", "--json")[1])["library"]
    assert (report["state"], report["n_sessions"], report["n_bytes"]) == ("can be read", 0, len(before))
    assert file.read_bytes() == before
    file.write_bytes(b"not a library at all" * 1000)
    code, out, _ = run("doctor", "--json")
    assert code == 1
    assert json.loads(out)["library"]["state"] == "damaged"
    assert json.loads(out)["problems"][0].startswith("Library: ")


def test_doctor_names_a_broken_installation(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "resource", lambda *parts: tmp_path.joinpath("nothing", *parts))
    code, out, _ = run("doctor")
    assert code == 1
    assert "Starter model: There is no folder" in out


# -- as a process ------------------------------------------------------------------------------------------


def test_help_and_version_answer_at_once_without_torch_or_qt(run: Run) -> None:
    assert run("--version") == (0, f"GPT-2 Studio {studio.__version__}\n", "")
    code, out, err = run("generate", "--help")
    assert (code, err) == (0, "")
    for p in all_parameters():
        assert f"--{p.name.replace('_', '-')} " in out
    script = (
        "import sys; from studio.cli import main; main(['generate', '--help']); main(['--version']);"
        "heavy = ('torch', 'PySide6', 'numpy', 'sqlite3', 'studio.core.engine');"
        "sys.exit(any(name in sys.modules for name in heavy))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True).returncode == 0
    durations = []
    for _ in range(3):
        start = time.perf_counter()
        assert process("--version").returncode == 0
        durations.append(time.perf_counter() - start)
    assert min(durations) < 1.0  # 0.1 s on an idle machine


def test_output_is_utf8_also_in_the_c_locale(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("“The dog” – 🙂", encoding="utf-8")
    environment = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = process("score", str(file), "--json", env=environment)
    assert done.returncode == 0
    tokens = json.loads(done.stdout.decode("utf-8"))["tokens"]
    assert "".join(token["text"] for token in tokens) == "“The dog” – 🙂"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")
def test_ctrl_c_keeps_what_was_written() -> None:
    script = (
        "import sys, time; from studio.core import model; from studio.cli import main;"
        "forward = model.GPT2.forward;"
        "model.GPT2.forward = lambda *a: (time.sleep(0.02), forward(*a), sys.stderr.write('.'))[1];"
        "sys.exit(main(sys.argv[1:]))"
    )
    flags = ("--prompt", "Once upon a time", "--seed=1", "--max-new-tokens=400", "--ignore-end-of-text")
    whole = process("generate", *flags).stdout
    for json_flag in ((), ("--json",)):
        with subprocess.Popen(
            [sys.executable, "-c", script, "generate", *flags, *json_flag],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as started:  # fmt: skip
            assert started.stderr is not None
            assert started.stderr.read(10) == b"." * 10
            started.send_signal(signal.SIGINT)
            out, err = started.communicate(timeout=30)
        assert started.returncode == 130
        assert err.strip(b".") == b""
        text = out
        if json_flag:
            assert json.loads(out)["finish_reason"] == "cancelled"
            text = json.loads(out)["text"].encode()
        assert len(text) > 20
        assert whole.startswith(text)
        assert len(text) < len(whole)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")
def test_a_reader_that_leaves_is_no_reason_to_complain() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "studio", "generate", "--prompt", "A", "--max-new-tokens=500", "--seed=1"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as started:  # fmt: skip
        assert started.stdout is not None
        assert started.stderr is not None
        assert started.stdout.read(1)
        started.stdout.close()
        assert started.stderr.read() == b""
        assert started.wait(30) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's full device")
def test_a_full_disk_is_one_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        done = process(
            "score", str(STARTER / "config.json"), stdout=full, stderr=subprocess.PIPE, capture_output=False
        )
    assert done.returncode == 1
    assert done.stderr == b"The output could not be written (No space left on device).\n"
