"""Ensembles of generated texts say in a report what they say when they predict."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from steadytune.metrics.seq2seq import TEXT_METRICS, scorers, text_score
from steadytune.reporting.analysis import generated
from steadytune.reporting.analysis.generated import are_generated, text_scorer
from steadytune.tasks import PROBLEMS

WORDS = ("uno", "due", "tre", "quattro")
DRAWS = np.random.default_rng(0)


def texts(rows: int = 12) -> np.ndarray:
    return np.array([" ".join(DRAWS.choice(WORDS, size=3)) for _ in range(rows)])


TRUTH = texts()
RUNS = [{"text": texts(), "label": TRUTH} for _ in range(5)]


@pytest.mark.parametrize("metric", TEXT_METRICS)
def test_they_score_what_the_ensembles_answers_score(metric: str) -> None:
    score = text_scorer(metric, RUNS)
    for places in ([2], [0, 1], [4, 0, 2], [0, 1, 2, 3, 4]):
        each = [{"text": [*RUNS[place]["text"]]} for place in places]
        said = [str(text) for text in PROBLEMS["seq2seq"].average(each)["text"]]
        assert score(places) == pytest.approx(text_score(metric, said, TRUTH.tolist()), abs=1e-12)


def test_answers_to_questions_are_no_such_texts() -> None:
    assert are_generated(RUNS[0])
    assert not are_generated({"text": TRUTH}) and not are_generated({"label": TRUTH})
    assert not are_generated({"text": TRUTH, "label": np.arange(12)})


def test_what_does_not_serve_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="not scored by accuracy"):
        text_scorer("accuracy", RUNS)
    with pytest.raises(ValueError, match="texts that are not text"):
        text_scorer("chrf", [{"text": np.arange(12), "label": TRUTH}])
    with pytest.raises(ValueError, match="another number of texts"):
        text_scorer("chrf", [{"text": TRUTH[:3], "label": TRUTH}])
    monkeypatch.setattr(generated, "MOST_PAIRS", 119)
    with pytest.raises(ValueError, match="comparing 12 texts of 5 runs"):
        text_scorer("chrf", RUNS)
    scorers.cache_clear()
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    with pytest.raises(ValueError, match="pip install"):
        text_scorer("chrf", RUNS[:2])
