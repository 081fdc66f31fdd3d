"""Where the shipped model files are."""

from __future__ import annotations

from pathlib import Path


def models_folder() -> Path:
    """The package's ``_models`` folder (installed), or ``models`` beside the package (in a checkout)."""
    package = Path(__file__).resolve().parent
    installed = package / "_models"
    return installed if installed.is_dir() else package.parent / "models"


__all__ = ["models_folder"]
