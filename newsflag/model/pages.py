"""The model of pages: a network over what the text says and what the markup says, and its files.

How models are stored is said in :mod:`newsflag.model.files`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from newsflag._resources import models_folder
from newsflag._text import Floats
from newsflag.errors import ModelError
from newsflag.evidence import markup
from newsflag.evidence.markup import NAME_BUCKETS, PAGE_COLUMNS
from newsflag.kinds import KINDS
from newsflag.model.files import Layout, check_record, is_share, read_given, refuse_other, stored, write

NAME: Final = "pages"
"""Name of the shipped model."""

_FACT: Final = "page_columns"  # what only this model's record has
_HALF: Final = ("names_near", "names_far", "weights_0", "weights_1")


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PageModel:
    """Everything that judging the segments of a page needs beside the splitter.

    Parameters
    ----------
    name, version, digest : str
        ``digest`` is the first eight hexadecimal digits of the arrays' SHA-256.
    names_near, names_far : float32 arrays, shape (NAME_BUCKETS, kinds)
        What the words in classes and ids say, of the elements right around a segment and of those further out.
    mean, scale, baseline : float32 arrays, shape (PAGE_COLUMNS,)
        Standardisation of the inputs, and the typical paragraph that reasons are measured against, standardised.
    weights_0, bias_0, weights_1, bias_1 : float32 arrays
        The network: a hidden layer and the kinds' logits.
    calibration : float32 array, shape (2,)
        Slope and intercept of the insertion log-odds.
    threshold : float
        ``insertion`` score from which a segment is an insertion, 0…1.
    settings, metrics, training : mapping
        Constants that the evidence was made with, what was measured, and on what.
    """

    name: str
    version: str
    digest: str
    names_near: Floats
    names_far: Floats
    mean: Floats
    scale: Floats
    baseline: Floats
    weights_0: Floats
    bias_0: Floats
    weights_1: Floats
    bias_1: Floats
    calibration: Floats
    threshold: float
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    training: Mapping[str, Any]

    @property
    def layers(self) -> tuple[tuple[Floats, Floats], ...]:
        """The network's layers, each as weights and bias."""
        return (self.weights_0, self.bias_0), (self.weights_1, self.bias_1)


def settings_of_code() -> dict[str, Any]:
    """Constants of the evidence, which a model must agree with; as they come back from JSON."""
    return {
        "kinds": list(KINDS),
        "levels": markup.LEVELS,
        "pull": markup.PULL,
        "pulled": markup.PULLED,
        "chain": markup.CHAIN,
        "name_buckets": NAME_BUCKETS,
        "name_scale": markup.NAME_SCALE,
        "near": markup.NEAR,
        "far": markup.FAR,
    }


def _layouts(width: int) -> dict[str, Layout]:
    kinds, n_inputs = len(KINDS), len(PAGE_COLUMNS)
    shapes: dict[str, tuple[int, ...]] = {
        "names_near": (NAME_BUCKETS, kinds),
        "names_far": (NAME_BUCKETS, kinds),
        "mean": (n_inputs,),
        "scale": (n_inputs,),
        "baseline": (n_inputs,),
        "weights_0": (n_inputs, width),
        "bias_0": (width,),
        "weights_1": (width, kinds),
        "bias_1": (kinds,),
        "calibration": (2,),
    }
    return {name: Layout(shape, half=name in _HALF) for name, shape in shapes.items()}


def save(model: PageModel, folder: str | Path) -> Path:
    """Write the model's two files; see :func:`newsflag.model.files.write` for what is refused."""
    layouts = _layouts(len(model.bias_0))
    arrays = stored(model.name, {name: getattr(model, name) for name in layouts}, layouts)
    facts = {
        "version": model.version,
        _FACT: list(PAGE_COLUMNS),
        "width": len(model.bias_0),
        "threshold": float(model.threshold),
        "settings": dict(model.settings),
        "metrics": dict(model.metrics),
        "training": dict(model.training),
    }
    return write(folder, model.name, facts, arrays, _check_facts)


@functools.cache
def shipped() -> PageModel:
    """The shipped model, read once."""
    return load(models_folder() / f"{NAME}.json")


def load(path: str | Path | None = None) -> PageModel:
    """Read a model of pages, the shipped one by default, and check it.

    Raises
    ------
    ModelNotFoundError
        When there is no such file.
    ModelError
        When a file is damaged, foreign, or of a newer format.
    """
    if path is None:
        return shipped()
    facts, arrays = read_given(path, "pages", "PageModel", _check_facts)
    return PageModel(
        name=facts["name"],
        version=facts["version"],
        digest=facts["digest"],
        threshold=float(facts["threshold"]),
        settings=facts["settings"],
        metrics=facts["metrics"],
        training=facts["training"],
        **arrays,
    )


def _check_facts(where: str, facts: Mapping[str, Any]) -> dict[str, Layout]:
    if _FACT not in facts:
        raise ModelError(f"{where} is a model of another sort: pages need one that was trained for them")
    refuse_other(where, _FACT, facts[_FACT], list(PAGE_COLUMNS))
    refuse_other(where, "settings", facts["settings"], settings_of_code())
    check_record(where, facts)
    if not is_share(facts["threshold"]):
        raise ModelError(f"{where}: threshold is {facts['threshold']!r}, but must be a number from 0 to 1")
    width = facts["width"]
    if type(width) is not int or width < 1:
        raise ModelError(f"{where}: width must be the size of the hidden layer, but is {width!r:.80}")
    return _layouts(width)


__all__ = ["NAME", "PageModel", "load", "save", "settings_of_code", "shipped"]
