"""The command ``newsflag``."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

import newsflag
from newsflag.errors import InputError, NewsflagError
from newsflag.kinds import INSERTION_KINDS, KEPT_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from newsflag.report import Report

CLEAN, FLAGGED, FAILED = 0, 1, 2
# What a shell shows for programs that ended by SIGINT and by SIGPIPE.
_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141
_SUFFIXES: Final = ("", ".md", ".text", ".txt")  # of the files read in a folder
_PAGES: Final = (".htm", ".html", ".xhtml")  # suffixes of files that are web pages
_WIDEST: Final = 120  # longer lines are hard to read


class _Failure(click.ClickException):
    exit_code = FAILED

    def show(self, file: Any = None) -> None:  # noqa: ARG002, click's own signature
        _complain(self.message)


class _Commands(click.Group):
    """Turns what a user can meet into one line on stderr."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except (ImportError, NewsflagError) as error:
            # An ImportError of ours names the extra that is missing and how to get it.
            raise _Failure(str(error)) from error
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)  # click's own 1 would say that something was flagged
        except BrokenPipeError:
            # The reader has gone, e.g. `head`. What is still buffered goes
            # nowhere, or Python would complain about it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(_PIPE_CLOSED)
        return result


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(newsflag.__version__, prog_name="newsflag", message="%(prog)s %(version)s")
def main() -> None:
    """Find what does not belong in a news article, plain text or web page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that lacks a character shows its escape.
            stream.reconfigure(errors="backslashreplace")


_threshold = click.option(
    "--threshold",
    type=float,
    metavar="SCORE",
    help="Insertion score from which a segment is no part of the article, 0 to 1; by default the model's own.",
)
_html = click.option(
    "--html",
    is_flag=True,
    help="Read web pages; files named .html, .htm or .xhtml are taken for such anyway.",
)
_model = click.option("--model", metavar="NAME|FILE", help="Another model than the one that is shipped.")


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|DIR|-...")
@click.option("--json", "form", flag_value="json", help="Print one JSON array with a report for each file.")
@click.option("--jsonl", "form", flag_value="jsonl", help="Print a line of JSON for each file.")
@click.option(
    "--color/--no-color",
    default=None,
    help="Colour the listing; by default on a terminal, unless NO_COLOR is set.",
)
@_html
@_threshold
@_model
@click.pass_context
def check(
    ctx: click.Context,
    *,
    sources: tuple[str, ...],
    form: str | None,
    color: bool | None,
    html: bool,
    threshold: float | None,
    model: str | None,
) -> None:
    """List the segments of articles: what each is, its score, where it stands, and why.

    Reads UTF-8 text from files, from folders (every .txt, .md and .text file
    in them, and those without suffix) and from standard input (-); web pages
    from files named .html, .htm and .xhtml, from anything with --html.

    Exits with 0 when nothing was flagged, 1 when something was, 2 when a file
    could not be read; the other files are done all the same.
    """
    reading = _Reading(html=html)
    flagger = newsflag.Flagger(newsflag.Config(threshold=threshold), model=model)
    results = _reports(flagger, reading, sources)
    if color is None:
        color = not os.environ.get("NO_COLOR") and sys.stdout.isatty()
    flagged = False
    if form == "json":
        click.echo("[", nl=False)
    for number, (report, name) in enumerate(results):
        flagged |= bool(report.flags)
        if form is None:
            _show(report, name, color=color, first=number == 0)
        else:
            row = json.dumps({"file": name, **report.to_dict()})
            start = "" if form == "jsonl" else ",\n" if number else "\n"
            click.echo(start + row, nl=form == "jsonl")
    if form == "json":
        click.echo("\n]")
    ctx.exit(FAILED if reading.failed else FLAGGED if flagged else CLEAN)


@main.command()
@click.argument("source", metavar="FILE|-")
@click.option(
    "--keep",
    multiple=True,
    metavar="KIND",
    help=f"Keep this too: {', '.join(INSERTION_KINDS)}; of a page also title. May be repeated.",
)
@click.option(
    "--drop",
    multiple=True,
    metavar="KIND",
    help=f"Drop this too: {', '.join(KEPT_KINDS[1:])}. May be repeated.",
)
@_html
@_threshold
@_model
@click.pass_context
def clean(
    ctx: click.Context,
    *,
    source: str,
    keep: tuple[str, ...],
    drop: tuple[str, ...],
    html: bool,
    threshold: float | None,
    model: str | None,
) -> None:
    """Print an article without what does not belong in it.

    The text is read and written as UTF-8, line breaks as they are. Of a web
    page the article's body is printed, one block a line.
    """
    config = newsflag.Config(threshold=threshold, keep=keep, drop=drop, explain=False)
    flagger = newsflag.Flagger(config, model=model)
    try:
        page = html or _is_page(source)
        body = flagger.clean_html(_bytes(source)) if page else flagger.clean(_read(source))
    except (_UnreadableError, InputError) as error:
        _complain(f"{_shown(source)}: {error}")
        ctx.exit(FAILED)
    if body and not body.endswith(("\n", "\r")):
        body += "\n"
    # Bytes, so that no stream changes the line breaks.
    sys.stdout.buffer.write(body.encode("utf-8"))


@main.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of labelled articles.",
)
@click.option(
    "--out",
    default=Path("models"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the models.",
)
@click.option(
    "--only",
    type=click.Choice(["splitter", "scores", "pages"]),
    help="Make one of the models; the scores beside the splitter that the folder holds.",
)
@click.option(
    "--folds",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of splitters that lack a fold of the publishers each, which pages are learnt with; "
    "made and left there if it is not there, made for this run alone if not given.",
)
def train(data: Path, out: Path, only: str | None, folds: Path | None) -> None:
    """Rebuild the shipped models from their training data."""
    try:
        from newsflag import training
    except ImportError as error:
        raise _Failure(f"training needs more packages ({error}): pip install 'newsflag[train]'") from error
    training.main(data, out, only=only, folds=folds)


# Reading


class _UnreadableError(Exception):
    """What was named can't be read as text; says why."""


class _NotTextError(_UnreadableError):
    """The bytes are not UTF-8 text."""


def _decoded(data: bytes) -> str:
    if b"\0" in data:
        raise _NotTextError("not a text file")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _NotTextError(f"not UTF-8 text (byte {error.start})") from error
    return text.removeprefix("\ufeff")


def _read(source: str | Path) -> str:
    return _decoded(_bytes(source))


def _bytes(source: str | Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise _UnreadableError((reason or str(error)).lower()) from error


def _is_page(source: str | Path) -> bool:
    return Path(source).suffix.lower() in _PAGES


@dataclasses.dataclass
class _Reading:
    """Reads sources one by one, and remembers whether one of them failed."""

    html: bool = False
    failed: bool = False

    def texts(self, sources: Sequence[str]) -> Iterator[tuple[str | bytes, str]]:
        """Text (of pages the bytes) and name of every article in the sources."""
        for source in sources:
            if source != "-" and os.path.isdir(source):  # noqa: PTH112, it takes any name
                yield from self._folder(source)
                continue
            try:
                text = self._article(source)
            except _UnreadableError as error:
                self.fail(f"{_shown(source)}: {error}")
            else:
                yield text, _shown(source)

    def _article(self, source: str | Path) -> str | bytes:
        return _bytes(source) if self.html or _is_page(source) else _read(source)

    def _folder(self, folder: str) -> Iterator[tuple[str | bytes, str]]:
        read = skipped = 0
        for path in self._files(folder):
            if path.suffix.lower() not in (*_SUFFIXES, *_PAGES) or not path.is_file():
                skipped += 1
                continue
            try:
                text = self._article(path)
            except _NotTextError:
                skipped += 1
            except _UnreadableError as error:
                self.fail(f"{_shown(path)}: {error}")
            else:
                read += 1
                yield text, _shown(path)
        if skipped:
            files = "1 file" if skipped == 1 else f"{skipped} files"
            _complain(f"{_shown(folder)}: {files} skipped (not UTF-8 text, or not .txt, .md, .text or .html)")
        if not read:
            self.fail(f"{_shown(folder)}: no text files")

    def _files(self, folder: str) -> Iterator[Path]:
        """All files in a folder and its folders in a fixed order, hidden ones left out."""

        def unreadable(error: OSError) -> None:
            self.fail(f"{_shown(error.filename)}: {(error.strerror or str(error)).lower()}")

        for base, folders, names in os.walk(folder, onerror=unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(base, name) for name in sorted(names) if not name.startswith("."))

    def answer(self, ask: Callable[[Any], Report], page: str | bytes, name: str) -> Report | None:
        """What is answered to a page; None where it is none, which is said."""
        try:
            return ask(page)
        except InputError as error:
            self.fail(f"{name}: {error}")
            return None

    def fail(self, message: str) -> None:
        """Say that a source could not be done; the others are done all the same."""
        self.failed = True
        _complain(message)


def _reports(flagger: newsflag.Flagger, reading: _Reading, sources: Sequence[str]) -> Iterator[tuple[Report, str]]:
    """Reports in the order of the sources: runs of texts together, and pages one by one."""
    for pages, run in itertools.groupby(reading.texts(sources), key=lambda item: isinstance(item[0], bytes)):
        if not pages:
            yield from flagger.pipe(run, as_tuples=True)
            continue
        for page, name in run:
            if report := reading.answer(flagger.flag_html, page, name):
                yield report, name


# Writing


def _shown(path: str | Path) -> str:
    return click.format_filename(path)


def _complain(message: str) -> None:
    line = " ".join(message.split())
    click.echo(f"newsflag: {line}", err=True)


def _show(report: Report, name: str, *, color: bool, first: bool) -> None:
    from newsflag.rendering import to_terminal

    width = min(shutil.get_terminal_size().columns, _WIDEST)
    listing = to_terminal(report, name=name, color=color, width=width)
    click.echo(listing if first else f"\n{listing}", color=color)


__all__ = ["CLEAN", "FAILED", "FLAGGED", "main"]
