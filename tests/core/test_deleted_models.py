"""A model whose folder is deleted goes on writing; loading it again says that it is gone."""

from __future__ import annotations

import shutil

from studio.core import messages as m
from studio.core.engine import Engine
from tests.core.loading import MakeFolder


def test_a_loaded_model_does_not_need_its_files_any_more(make_folder: MakeFolder) -> None:
    folder = make_folder()
    engine = Engine()
    *_, loaded = engine.run(m.LoadModel(1, str(folder), "cpu"))
    assert isinstance(loaded, m.ModelLoaded)
    shutil.rmtree(folder)
    *_, written = engine.run(m.Generate(2, "Once", (), (), 5, 1, stop_at_end_of_text=False))
    assert isinstance(written, m.GenerationFinished)
    assert written.n_tokens == 5
    *_, again = engine.run(m.LoadModel(3, str(folder), "cpu"))
    assert isinstance(again, m.JobFailed)
    assert again.what_happened.startswith("There is no folder")
    assert not again.report
    *_, written = engine.run(m.Generate(4, "Once", (), (), 5, 1, stop_at_end_of_text=False))
    assert isinstance(written, m.GenerationFinished)
