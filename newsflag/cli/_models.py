"""What models are installed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from newsflag._resources import models_folder
from newsflag.errors import ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHAT: Final = {
    "splitter": "what each segment is, and its insertion score",
    "scores": "off_topic, clickbait, sensational, persuasion, misinformation",
    "pages": "web pages by their markup",
    "sentences": "where sentences begin, in text without line breaks",
}
"""The shipped models, and what each is for."""


@dataclasses.dataclass(frozen=True, slots=True)
class Installed:
    """A shipped model: read, its hashes checked.

    Parameters
    ----------
    name, version, digest, what : str
    size : int
        Bytes of its files.
    files : tuple of str
    """

    name: str
    version: str
    digest: str
    what: str
    size: int
    files: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**dataclasses.asdict(self), "files": list(self.files), "folder": str(models_folder())}


def installed() -> Iterator[Installed]:
    """Read and check the shipped models.

    Raises
    ------
    ModelError
        When one of them is damaged.
    """
    from newsflag.model import pages, scores, store
    from newsflag.segmentation.sentences import FORMAT, SentenceModel

    SentenceModel.load()
    marks = {each.name: (each.version, each.digest) for each in (store.load(), scores.load(), pages.load())}
    for name, what in _WHAT.items():
        files = tuple(each.name for each in sorted(models_folder().glob(f"{name}.*")))
        size = sum((models_folder() / each).stat().st_size for each in files)
        version, digest = marks.get(name, (str(FORMAT), ""))
        yield Installed(name, version, digest, what, size, files)


def names() -> tuple[str, ...]:
    """Names of the shipped models."""
    return tuple(_WHAT)


def card(name: str) -> str:
    """The card of a shipped model, as Markdown.

    Raises
    ------
    ModelNotFoundError
        When there is none of that name.
    """
    # The sentence splitter is described with the splitter, which it belongs to.
    path: Path = models_folder() / f"{'splitter' if name == 'sentences' else name}.md"
    if name not in _WHAT or not path.is_file():
        raise ModelNotFoundError(f"no model is named {name!r}; there are: {', '.join(_WHAT)}")
    return path.read_text(encoding="utf-8")


__all__ = ["Installed", "card", "installed", "names"]
