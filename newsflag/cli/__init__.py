"""The command ``newsflag``."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

import newsflag
from newsflag._files import identity, shown
from newsflag._words import counted
from newsflag.cli import _models
from newsflag.cli._files import Article, FailureError, Reading, complain, read_from, write
from newsflag.cli._progress import Progress
from newsflag.cli._scan import scan
from newsflag.errors import InputError, NewsflagError
from newsflag.kinds import INSERTION_KINDS, KEPT_KINDS, KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from newsflag.report import Report, Segment

CLEAN, FLAGGED, FAILED = 0, 1, 2
# What a shell shows for programs that ended by SIGINT and by SIGPIPE.
_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141
_WIDEST: Final = 120  # longer lines are hard to read
_BATCH: Final = 16  # articles judged at once: the listing goes on while the next ones are read
_EVERY_REASON: Final = 1_000  # more than there are cues
_COMPLETE: Final = "_NEWSFLAG_COMPLETE"  # click's variable, by the program's name

_EXIT_CODES: Final = """
Exit codes: 0 nothing was flagged, or done; 1 something was flagged (check);
2 a file could not be read or written, or the call was wrong; 130 interrupted;
141 the reader of a pipe has gone.
"""


class _Commands(click.Group):
    """Turns what a user can meet into one line on stderr."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except (ImportError, NewsflagError) as error:
            # An ImportError of ours names the extra that is missing and how to get it.
            raise FailureError(str(error)) from error
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)  # click's own 1 would say that something was flagged
        except BrokenPipeError:
            # The reader has gone, e.g. `head`. What is still buffered goes
            # nowhere, or Python would complain about it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(_PIPE_CLOSED)
        return result


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXIT_CODES)
@click.version_option(newsflag.__version__, prog_name="newsflag", message="%(prog)s %(version)s")
def main() -> None:
    """Find what does not belong in a news article, plain text or web page.

    \b
    Examples:
      newsflag check article.txt              what each segment is, and why
      newsflag report articles/ -o out.html   a page to read and to pass on
      newsflag clean articles/ -o cleaned/    the articles without insertions
      newsflag scan news.jsonl.gz -o out/     files of a million articles
      cat a.txt | newsflag clean | wc -w      in a pipe
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that lacks a character shows its escape.
            stream.reconfigure(errors="backslashreplace")


class _Source(click.Path):
    """A file, a folder or ``-``, completed by the shell as such; whether it can be read is said when it is read."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        return value


_sources = click.argument("sources", nargs=-1, metavar="[FILE|DIR|-]...", type=_Source())
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
_color = click.option(
    "--color/--no-color",
    default=None,
    help="Colour the output; by default on a terminal, unless NO_COLOR is set.",
)


@main.command()
@_sources
@click.option("--json", "form", flag_value="json", help="Print one JSON array with a report for each file.")
@click.option("--jsonl", "form", flag_value="jsonl", help="Print a line of JSON for each file.")
@_color
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
    """List what each segment is, and why.

    A row for each: its kind, its insertion score, where it stands, its text; of
    what is flagged also the reason.

    Reads UTF-8 text from files, from folders (every .txt, .md and .text file
    in them, and those without suffix) and from standard input (- or nothing);
    web pages from files named .html, .htm and .xhtml, from anything with
    --html.

    Exits with 0 when nothing was flagged, 1 when something was, 2 when a file
    could not be read; the other files are done all the same.

    \b
    Examples:
      newsflag check article.txt
      newsflag check --jsonl articles/ > reports.jsonl
      curl -s https://example.org/ | newsflag check --html
    """
    reading = Reading(html=html)
    flagger = newsflag.Flagger(newsflag.Config(threshold=threshold), model=model)
    files = reading.files(_or_stdin(ctx, sources))
    progress = Progress(len(files))
    flagged = articles = flags = 0
    if form == "json":
        click.echo("[", nl=False)
    results = _reports(flagger, reading, progress.count(reading.articles(files)))
    for articles, (report, article) in enumerate(results, 1):
        flagged += bool(report.flags)
        flags += len(report.flags)
        progress.clear()
        if form is None:
            _show(report, article.name, color=_is_colored(color), first=articles == 1)
        else:
            row = json.dumps({"file": article.name, **report.to_dict()})
            start = "" if form == "jsonl" else ",\n" if articles > 1 else "\n"
            click.echo(start + row, nl=form == "jsonl")
    if form == "json":
        click.echo("\n]")
    if form is None and articles > 1:
        click.echo(f"\n{articles} articles, {flagged} of them with flags, {flags} flags in all")
    ctx.exit(FAILED if reading.failed else FLAGGED if flagged else CLEAN)


@main.command()
@_sources
@click.option(
    "-o",
    "--out",
    metavar="FILE|DIR",
    type=click.Path(),  # no Path: that would forget the slash at the end
    help="Write there instead: one article to a file, or into a folder that is there or ends with a slash; several "
    "into a folder, named as they are; a page as .txt.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="KIND",
    type=click.Choice(KINDS),
    help=f"Keep this too: {', '.join(INSERTION_KINDS)}; of a page also title. May be repeated.",
)
@click.option(
    "--drop",
    multiple=True,
    metavar="KIND",
    type=click.Choice(KINDS),
    help=f"Drop this too: {', '.join(KEPT_KINDS[1:])}. May be repeated.",
)
@_html
@_threshold
@_model
@click.pass_context
def clean(
    ctx: click.Context,
    *,
    sources: tuple[str, ...],
    out: str | None,
    keep: tuple[str, ...],
    drop: tuple[str, ...],
    html: bool,
    threshold: float | None,
    model: str | None,
) -> None:
    """Print or write articles without insertions.

    The text is read and written as UTF-8, line breaks as they are. Of a web
    page the article's body is printed, one block a line. What is read is as
    for check. Files appear whole or not at all; nothing that was read is
    overwritten.

    \b
    Examples:
      newsflag clean article.txt
      newsflag clean articles/ -o cleaned/
      cat a.txt | newsflag clean | wc -w
    """
    config = newsflag.Config(threshold=threshold, keep=keep, drop=drop, explain=False)
    flagger = newsflag.Flagger(config, model=model)
    sources = _or_stdin(ctx, sources)
    reading = Reading(html=html)
    several = len(sources) > 1 or os.path.isdir(sources[0])  # noqa: PTH112, it takes any name
    if several and out is None:
        raise click.UsageError("several articles need a folder to be written to: add -o FOLDER", ctx)
    place = None if out is None else Path(out)
    into_folder = out is not None and (several or out.endswith(("/", os.sep)) or os.path.isdir(out))  # noqa: PTH112
    if into_folder and "-" in sources:
        raise click.UsageError("standard input gives no name for a file in a folder: add -o FOLDER/NAME", ctx)
    files = reading.files(sources, without=place if into_folder else None)
    inputs = read_from(files) if place is not None else set()
    written: set[Path] = set()
    for article in Progress(len(files)).count(reading.articles(files)):
        body = None if article is None else _body(flagger, reading, article)
        if article is None or body is None:
            continue
        data = body.encode("utf-8")
        if place is None:
            # Bytes, so that no stream changes the line breaks.
            sys.stdout.buffer.write(data)
            continue
        target = place
        if into_folder:
            target = place / (article.inner.with_suffix(".txt") if article.is_page else article.inner)
        if target in written:
            reading.fail(f"{article.name}: another article is written to {shown(target)} already")
        elif identity(target) in inputs:
            reading.fail(f"{article.name}: would overwrite what was read; name another file or folder with -o")
        else:
            write(target, data)
            written.add(target)
    if place is not None and several:
        complain(f"{counted(len(written), 'article')} written to {shown(place)}")
    ctx.exit(FAILED if reading.failed else CLEAN)


@main.command()
@_sources
@click.option(
    "-o",
    "--out",
    required=True,
    metavar="FILE|-",
    type=click.Path(path_type=Path, allow_dash=True),
    help="The page to write, or - for standard output.",
)
@click.option("--title", default="newsflag report", show_default=True, help="Title of the page.")
@_html
@_threshold
@_model
@click.pass_context
def report(
    ctx: click.Context,
    *,
    sources: tuple[str, ...],
    out: Path,
    title: str,
    html: bool,
    threshold: float | None,
    model: str | None,
) -> None:
    """Write reports as one web page.

    The page is complete in itself: a table to sort, every article with its
    segments marked, scores and reasons. It fetches nothing, prints well, and
    reads without colour, mouse or script. What is read is as for check.

    \b
    Examples:
      newsflag report article.txt -o report.html
      newsflag report articles/ page.html -o report.html --title "Monday"
    """
    from newsflag.rendering import to_page

    reading = Reading(html=html)
    flagger = newsflag.Flagger(newsflag.Config(threshold=threshold), model=model)
    files = reading.files(_or_stdin(ctx, sources))
    if identity(out) in read_from(files):
        raise FailureError(f"{shown(out)}: would overwrite what was read; name another file with -o")
    found = _reports(flagger, reading, Progress(len(files)).count(reading.articles(files)))
    pairs = [(each, article.name) for each, article in found]
    if pairs or not reading.failed:
        page = to_page(pairs, title=title).encode("utf-8")
        if str(out) == "-":
            sys.stdout.buffer.write(page)
        else:
            write(out, page)
            complain(f"{shown(out)}: {counted(len(pairs), 'article')}")
    ctx.exit(FAILED if reading.failed else CLEAN)


@main.command()
@click.argument("source", metavar="[FILE|-]", type=_Source(), required=False)
@click.option("--at", type=int, metavar="OFFSET", help="The segment at this character, counted from 0 as check does.")
@click.option("--find", metavar="WORDS", help="The first segment that holds these words, upper or lower case.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each segment.")
@_color
@_html
@_threshold
@_model
@click.pass_context
def explain(
    ctx: click.Context,
    *,
    source: str | None,
    at: int | None,
    find: str | None,
    as_json: bool,
    color: bool | None,
    html: bool,
    threshold: float | None,
    model: str | None,
) -> None:
    """Explain one segment in full.

    Its text, every kind's probability, every score with all its evidence and
    what that contributes, and what stands around it.

    Which one is said by --at or --find; without them every flagged segment is
    explained.

    \b
    Examples:
      newsflag explain article.txt --find "read more"
      newsflag explain article.txt --at 1145
    """
    if at is not None and find is not None:
        raise click.UsageError("--at and --find both name a segment: leave one of them out", ctx)
    reading = Reading(html=html)
    flagger = newsflag.Flagger(newsflag.Config(threshold=threshold, max_reasons=_EVERY_REASON), model=model)
    files = reading.files(_or_stdin(ctx, (source,) if source else ()))
    if files and files[0][2] is not None:
        raise FailureError(f"{shown(files[0][2])}: is a folder; name one of its files")
    for number, (told, article) in enumerate(_reports(flagger, reading, reading.articles(files))):
        chosen = _chosen(told, at, find)
        if not chosen:
            reading.fail(f"{article.name}: {_none_found(told, at, find)}")
        rows = {row["start"]: row for row in told.to_dict()["segments"]} if as_json else {}
        for place, segment in enumerate(chosen):
            if as_json:
                click.echo(json.dumps({"file": article.name, "text": segment.text, **rows[segment.start]}))
            else:
                _show_detail(told, segment, article.name, color=_is_colored(color), first=not (number or place))
    ctx.exit(FAILED if reading.failed else CLEAN)


def _chosen(told: Report, at: int | None, find: str | None) -> list[Segment]:
    if at is not None:
        return [each for each in told.segments if each.start <= at < each.end]
    if find is not None:
        # White space is what it is on the screen, not in the file.
        wanted = " ".join(find.split()).casefold()
        found = (each for each in told.segments if wanted in " ".join(each.text.split()).casefold())
        return list(itertools.islice(found, 1))
    flagged = {flag.segment.start for flag in told.flags if flag.segment is not None}
    return [each for each in told.segments if each.start in flagged]


def _none_found(told: Report, at: int | None, find: str | None) -> str:
    if at is not None:
        return f"no segment stands at {at}; the text has {len(told.text)} characters, counted from 0"
    if find is not None:
        return f"no segment holds {find!r}"
    return "nothing was flagged; name a segment with --at or --find"


main.add_command(_threshold(_model(scan)))  # the options that it shares with the others


@main.command()
@click.argument("name", required=False, metavar="[NAME]", type=click.Choice(_models.names()))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def models(*, name: str | None, as_json: bool) -> None:
    """List the installed models, or print a card.

    Each model is read and its hashes are checked.

    A card says what the model was trained on, how good it is, where it fails,
    and what it must not be used for.

    \b
    Examples:
      newsflag models
      newsflag models scores
    """
    if name is not None:
        click.echo(_models.card(name), nl=False)
        return
    rows = list(_models.installed())
    if as_json:
        click.echo(json.dumps([row.to_dict() for row in rows]))
        return
    for row in rows:
        digest = f"({row.digest})" if row.digest else ""
        click.echo(f"{row.name:10} {row.version} {digest:10} {row.size / 1e6:5.1f} MB  {row.what}")


@main.command()
@click.argument("shell", type=click.Choice(["bash", "fish", "zsh"]))
def completion(*, shell: str) -> None:
    """Print a script for shell completion.

    \b
    Examples:
      newsflag completion bash >> ~/.bashrc
      newsflag completion zsh >> ~/.zshrc
      newsflag completion fish > ~/.config/fish/completions/newsflag.fish
    """
    from click.shell_completion import get_completion_class

    maker = get_completion_class(shell)
    if maker is None:
        raise FailureError(f"no completion for {shell} is known to this click")
    click.echo(maker(main, {}, "newsflag", _COMPLETE).source())


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
    """Rebuild the shipped models."""
    try:
        from newsflag import training
    except ImportError as error:
        raise FailureError(f"training needs more packages ({error}): pip install 'newsflag[train]'") from error
    training.main(data, out, only=only, folds=folds)


# Articles in


def _or_stdin(ctx: click.Context, sources: Sequence[str]) -> tuple[str, ...]:
    """The sources; standard input where none is named and something is piped in."""
    if sources:
        return tuple(sources)
    if sys.stdin.isatty():
        raise click.UsageError("which article? Name a FILE or a folder, or pipe text in", ctx)
    return ("-",)


def _reports(
    flagger: newsflag.Flagger, reading: Reading, articles: Iterator[Article | None]
) -> Iterator[tuple[Report, Article]]:
    """Reports in the order of the sources: runs of texts together, and pages one by one."""
    present = (article for article in articles if article is not None)
    for is_page, run in itertools.groupby(present, key=lambda article: article.is_page):
        if not is_page:
            texts = ((article.content, article) for article in run)
            yield from flagger.pipe(texts, as_tuples=True, batch_size=_BATCH)
            continue
        for article in run:
            told = _answer(flagger.flag_html, reading, article)
            if told is not None:
                yield told, article


def _body(flagger: newsflag.Flagger, reading: Reading, article: Article) -> str | None:
    ask: Callable[[Any], str] = flagger.clean_html if article.is_page else flagger.clean
    body: str | None = _answer(ask, reading, article)
    if body and not body.endswith(("\n", "\r")):
        body += "\n"
    return body


def _answer(ask: Callable[[Any], Any], reading: Reading, article: Article) -> Any:
    """What is answered to an article; None where it is none, which is said."""
    try:
        return ask(article.content)
    except InputError as error:
        reading.fail(f"{article.name}: {error}")
        return None


# Results out


def _is_colored(color: bool | None) -> bool:
    if color is not None:
        return color
    return not os.environ.get("NO_COLOR") and sys.stdout.isatty()


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)


def _show(told: Report, name: str, *, color: bool, first: bool) -> None:
    from newsflag.rendering import to_terminal

    listing = to_terminal(told, name=name, color=color, width=_width())
    click.echo(listing if first else f"\n{listing}", color=color)


def _show_detail(told: Report, segment: Segment, name: str, *, color: bool, first: bool) -> None:
    from newsflag.rendering import to_detail

    detail = to_detail(told, segment, name=name, color=color, width=_width())
    click.echo(detail if first else f"\n\n{detail}", color=color)


__all__ = ["CLEAN", "FAILED", "FLAGGED", "main"]
