"""What several test files need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from newsflag.config import FLAGGED_SCORES
from newsflag.evidence import ALONE_COLUMNS, INPUT_COLUMNS, context, hashing, topic
from newsflag.explain import sentence
from newsflag.kinds import INSERTION_KINDS, KINDS, SCORES
from newsflag.model import pages, scores
from newsflag.model.pages import PageModel
from newsflag.model.scores import ScoreModel
from newsflag.model.store import Model, settings_of_code
from newsflag.report import Flag, Reason, Report, Segment, Verdict

ROOT: Final = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repo."""
    return ROOT


@pytest.fixture(scope="session")
def seed() -> Path:
    """The article the project started from."""
    return ROOT / "seeds" / "000_fadd692d6bccfef8.txt"


def build_segment(text: str, start: int, kind: str, reasons: tuple[Reason, ...] = ()) -> Segment:
    """A segment with made-up but plausible figures."""
    inserted = kind in INSERTION_KINDS
    return Segment(
        start=start,
        end=start + len(text),
        text=text,
        kind=kind,
        kinds={name: 0.78 if name == kind else 0.02 for name in KINDS},
        scores={**dict.fromkeys(SCORES, 0.25), "insertion": 0.96 if inserted else 0.04},
        alone=Verdict(kind, 0.9 if inserted else 0.1),
        reasons=reasons,
    )


def build_report(*parts: tuple[str, str]) -> Report:
    """A report over (kind, text) parts, a line each, without a model."""
    text = ""
    segments = []
    for kind, part in parts:
        text += "\n" if text else ""
        start = len(text)
        text += part
        reasons = (
            Reason("words", 2.5 if kind in INSERTION_KINDS else -2.5, start, start + len(part.split()[0])),
            Reason("neighbours_before", 0.7),
            Reason("rest", -0.02),
        )
        segments.append(build_segment(part, start, kind, reasons))
    flags = tuple(
        Flag(segment.kind, segment, segment.scores["insertion"], 0.5, sentence(segment))
        for segment in segments
        if segment.is_insertion and any(map(str.isalnum, segment.text))
    )
    body = "\n".join(segment.text for segment in segments if not segment.is_insertion)
    return Report(text, tuple(segments), flags, body, dict.fromkeys(SCORES, 0.25), 0.5, "handmade 1 (0)")


@pytest.fixture
def report() -> Report:
    """A short article with a promo and a separator in it."""
    return build_report(
        ("title", "Bridge to stay shut until spring"),
        ("body", "The old bridge over the Lenne stays shut until spring, the town said."),
        ("interface", "***"),
        ("call_to_action", "Sign up to our <b>morning</b> letter & never miss a thing"),
        ("body", "Engineers found cracks in two of its seven piers."),
    )


@pytest.fixture
def make_report() -> Callable[..., Report]:
    """Build a report from (kind, text) parts."""
    return build_report


def build_model(widths: tuple[int, int] = (16, 12), **changes: Any) -> Model:
    """A model of the running code's sizes whose weights are drawn, always the same ones."""
    draw = np.random.default_rng(5)

    def drawn(*shape: int, half: bool = False) -> Any:
        values = draw.standard_normal(shape, np.float32) / np.float32(np.sqrt(shape[0]))
        # The big tables are stored as float16, and come back only if that is what they hold.
        return values.astype(np.float16).astype(np.float32) if half else values

    def layers(left: int, width: int) -> Any:
        return ((drawn(left, width), drawn(width)), (drawn(width, kinds), drawn(kinds)))

    kinds, alone = len(KINDS), len(ALONE_COLUMNS)
    n_inputs, n_verdicts = len(INPUT_COLUMNS), len(context.VERDICT_COLUMNS)
    fields: dict[str, Any] = {
        "name": "drawn",
        "version": "1",
        "digest": "",
        "idf": np.linspace(0, 1, topic.IDF_BUCKETS, dtype=np.float16).astype(np.float32),
        "alone_hashed": drawn(hashing.BUCKETS, kinds, half=True),
        "alone_surface": drawn(alone, kinds),
        "alone_bias": drawn(kinds),
        "mean": drawn(n_inputs),
        "scale": 1 + np.abs(drawn(n_inputs)),
        "first": layers(n_inputs, widths[0]),
        "second": layers(n_inputs + kinds + n_verdicts, widths[1]),
        "baseline": drawn(n_inputs + n_verdicts),
        "calibration": np.array([0.8, -0.5], np.float32),
        "threshold": 0.5,
        "columns": INPUT_COLUMNS,
        "surface_columns": ALONE_COLUMNS,
        "settings": settings_of_code(),
        "metrics": {"f1": 0.5, "by kind": {"Überschrift": [1, None]}},
        "training": {"pages": 3},
    }
    return Model(**{**fields, **changes})


@pytest.fixture(scope="session")
def make_model() -> Callable[..., Model]:
    """Build a model with drawn weights."""
    return build_model


def build_scores(*, large: bool = False, **changes: Any) -> ScoreModel:
    """A scores' model of the running code's sizes whose weights are drawn; ``large`` ones in the big tables."""
    draw = np.random.default_rng(8)
    fields: dict[str, Any] = {}
    for name, layout in scores._layouts(2).items():
        values = draw.standard_normal(layout.shape, np.float32)
        if not (large and layout.half):
            values /= np.float32(np.sqrt(layout.shape[0]))
        # The big tables are stored as float16, and come back only if that is what they hold.
        fields[name] = values.astype(np.float16).astype(np.float32) if layout.half else values
    for name in ("off_scale", "article_scale"):
        fields[name] = 1 + np.abs(fields[name])
    fields |= {
        "name": "drawn",
        "version": "1",
        "digest": "",
        "thresholds": dict.fromkeys(FLAGGED_SCORES, 0.7),
        "detected": ("de", "en"),
        "languages": {score: () if score == "off_topic" else ("de", "en") for score in FLAGGED_SCORES},
        "bases": dict.fromkeys(FLAGGED_SCORES, -1.5),
        "shrinkage": dict.fromkeys(FLAGGED_SCORES, 0.25),
        "settings": scores.settings_of_code(),
        "metrics": {"f1": 0.5, "by score": {"Überschrift": [1, None]}},
        "training": {"titles": 3},
    }
    return ScoreModel(**{**fields, **changes})


@pytest.fixture(scope="session")
def make_scores() -> Callable[..., ScoreModel]:
    """Build a scores' model with drawn weights."""
    return build_scores


def build_pages(width: int = 16, **changes: Any) -> PageModel:
    """A model of pages of the running code's sizes whose weights are drawn."""
    draw = np.random.default_rng(9)
    fields: dict[str, Any] = {}
    for name, layout in pages._layouts(width).items():
        values = draw.standard_normal(layout.shape, np.float32) / np.float32(np.sqrt(layout.shape[0]))
        fields[name] = values.astype(layout.dtype).astype(np.float32)
    fields |= {
        "name": "drawn",
        "version": "1",
        "digest": "",
        "scale": 1 + np.abs(fields["scale"]),
        "calibration": np.array([0.8, -0.5], np.float32),
        "threshold": 0.5,
        "settings": pages.settings_of_code(),
        "metrics": {"f1": 0.5, "by kind": {"Überschrift": [1, None]}},
        "training": {"pages": 3},
    }
    return PageModel(**{**fields, **changes})


@pytest.fixture(scope="session")
def make_pages() -> Callable[..., PageModel]:
    """Build a model of pages with drawn weights."""
    return build_pages
