"""The wheel holds all that is needed: installed away from the repo, it flags the seed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import newsflag

pytest.importorskip("build")
pytest.importorskip("hatchling")

LARGEST_MODEL = 10 * 2**20


def run(*args: str | Path, cwd: Path, ok: tuple[int, ...] = (0,)) -> str:
    """Run a command without sight of the repo."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([str(arg) for arg in args], capture_output=True, text=True, check=False, cwd=cwd, env=env)
    assert done.returncode in ok, f"{args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, built from the repo."""
    out = tmp_path_factory.mktemp("dist")
    # Without isolation nothing is downloaded.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, root, cwd=out)
    [wheel] = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that holds the wheel, and sees this one's other packages."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "env", with_pip=True)
    scripts = home / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / "python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", wheel, cwd=home)
    # Its dependencies come from here. What is listed in a .pth file has no .pth
    # files of its own, so an editable newsflag stays out of sight.
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    theirs = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    Path(theirs, "dependencies.pth").write_text("\n".join(sorted(ours)) + "\n", encoding="utf-8")
    return python


def test_the_wheel_holds_the_package_and_its_model_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    tops = {name.split("/")[0] for name in names}
    assert tops == {"newsflag", f"newsflag-{newsflag.__version__}.dist-info"}
    model = [name for name in names if name.startswith("newsflag/_models/")]
    assert {"newsflag/_models/splitter.npz", "newsflag/_models/splitter.json"} <= set(model)
    assert sum(sizes[name] for name in model) <= LARGEST_MODEL
    assert "newsflag/py.typed" in names
    assert any(name.endswith("/LICENSE") for name in names)
    assert not [name for name in names if name.endswith((".pyc", ".pkl", ".pickle", ".joblib"))]


def test_the_installed_wheel_flags_the_seed(installed: Path, seed: Path, tmp_path: Path) -> None:
    article = shutil.copy(seed, tmp_path / "article.txt")
    code = (
        "import json, newsflag\n"
        "text = open('article.txt', encoding='utf-8', newline='').read()\n"
        "report = newsflag.flag(text)\n"
        "print(json.dumps([newsflag.__file__, [(f.kind, f.segment.start, f.segment.end) for f in report.flags]]))"
    )
    where, flags = json.loads(run(installed, "-c", code, cwd=tmp_path))
    assert Path(where).is_relative_to(installed.parent.parent)
    assert flags == [["teaser", 1145, 1275], ["teaser", 1278, 1464], ["teaser", 1467, 1611], ["teaser", 1614, 1707]]
    command = installed.parent / "newsflag"
    listing = run(command, "check", article, cwd=tmp_path, ok=(1,))
    assert listing.count("\n> teaser") >= 4
    assert run(command, "--version", cwd=tmp_path) == f"newsflag {newsflag.__version__}\n"


def test_the_installed_wheel_splits_sentences(installed: Path, seed: Path, tmp_path: Path) -> None:
    flat = " ".join(seed.read_text(encoding="utf-8").split())
    (tmp_path / "flat.txt").write_text(flat, encoding="utf-8")
    [row] = json.loads(run(installed, "-m", "newsflag", "check", "--json", "flat.txt", cwd=tmp_path, ok=(1,)))
    assert len(row["segments"]) > 10
