"""How Sphinx builds the documentation: ``python -m sphinx -c docs . build/html``, from the repo's root.

The root is the source folder, so that links to the model cards, the benchmarks and the changes are the same here and
on a code host. Nothing is fetched while building.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.pycode import ModuleAnalyzer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import newsflag  # noqa: E402 - the one beside this folder, whether it is installed or not

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "newsflag"
author = "The newsflag developers"
version = release = newsflag.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["docs/**", "models/*.md", "benchmarks/*.md", "tests/cases/*.md", "CHANGELOG.md"]
exclude_patterns = [".*", "build", "dist"]

# Types stand in the docstrings, in words: signatures that repeat them can't be read any more.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_preprocess_types = True
napoleon_type_aliases = {name: f":class:`~newsflag.{name}`" for name in newsflag.__all__ if name[0].isupper()}

# Every name that is referred to must be documented. Excepted are types in words ("mapping", "shape (articles,)"), and
# what other packages define: their documentation is not at hand without a network.
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r"[a-z]\w*|.*[ ()].*"),
    ("py:class", r"(?:collections|matplotlib|numpy|np|pandas|pd|pathlib|scipy|sklearn)\..*|Path|RandomState|Series"),
    ("py:exc", r"(?:sklearn\.exceptions\.)?NotFittedError"),
    ("py:class", r"Model|ScoreModel|PageModel"),  # loaded models, which are no part of the interface
]

# The anchors of headings are those that code hosts make.
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"newsflag {version}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False


def describe_constant(_app: Sphinx, what: str, name: str, _value: Any, _options: Any, lines: list[str]) -> None:
    """Give what is said of a constant where it is defined.

    Python keeps no docstrings of data, and Sphinx does not look for those of ``newsflag`` in the modules they come
    from; napoleon would read the words before a colon as a type.
    """
    if what != "data":
        return
    module, _, attribute = name.rpartition(".")
    if module == "newsflag":
        module = f"newsflag.{newsflag._HOMES[attribute]}"  # noqa: SLF001 - there is no public way to ask
    importlib.import_module(module)
    comments = ModuleAnalyzer.for_module(module).find_attr_docs()
    lines[:] = comments.get(("", attribute), lines)


def setup(app: Sphinx) -> None:
    """Hook into Sphinx."""
    app.connect("autodoc-process-docstring", describe_constant)
