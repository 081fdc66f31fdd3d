"""``newsflag scan``: files of many articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsflag._files import shown
from newsflag._words import counted, label
from newsflag.cli._files import complain
from newsflag.cli._progress import Progress

if TYPE_CHECKING:
    from newsflag.scanning import Summary


class _Bytes(Progress):
    """The progress bar, counting bytes that are read."""

    def __init__(self) -> None:
        super().__init__(0)
        if self._bar is not None:
            self._bar.unit = "B"
            self._bar.unit_scale = True

    def show(self, read: int, total: int) -> None:
        """Show how much is read."""
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(read - self._bar.n)

    def say(self, message: str) -> None:
        """Print a line where the bar was."""
        self.clear()
        complain(message)


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="IN...", type=click.Path(readable=False))
@click.option(
    "-o",
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder to write to: a file for each that is read, named as it is.",
)
@click.option(
    "--text", default="text", show_default=True, metavar="FIELD", help="Field or column that holds the article."
)
@click.option("--id", metavar="FIELD", help="Its id; by default id where there is one, else the place, file:number.")
@click.option("--title", metavar="FIELD", help="Its title, where that is not the text's first line.")
@click.option("--html", is_flag=True, help="The field holds web pages; files named .html are taken for such anyway.")
@click.option(
    "--keep", "keep_fields", multiple=True, metavar="FIELD", help="Carry this field to the output. May be repeated."
)
@click.option(
    "--output",
    type=click.Choice(["article", "report", "clean"]),
    default="article",
    show_default=True,
    help="What is written of each: body, flags and overview; the whole report; the body alone.",
)
@click.option(
    "--format",
    type=click.Choice(["jsonl", "jsonl.gz", "jsonl.zst", "parquet"]),
    help="By default what DIR's name ends with, else what is read.",
)
@click.option(
    "--jobs", default=1, show_default=True, metavar="N", help="Processes that share the work; -1 for all cores."
)
@click.option(
    "--batch-size", default=64, show_default=True, metavar="N", help="Articles that are judged together, for speed."
)
@click.option("--explain", is_flag=True, help="Give all reasons; by default only the sentence that a flag has.")
@click.option("--allow-duplicates", is_flag=True, help="Do records whose id was met before, and remember no ids.")
@click.option(
    "--max-record-bytes",
    default=16_000_000,
    show_default=True,
    metavar="N",
    help="Reject records with more, without reading them whole.",
)
@click.option(
    "--checkpoint",
    default=1_000,
    show_default=True,
    metavar="N",
    help="Records after which what is done is put on the disk.",
)
@click.option("--overwrite", is_flag=True, help="Write over what an earlier scan has finished, or began otherwise.")
@click.pass_context
def scan(
    ctx: click.Context,
    /,
    *,
    sources: tuple[str, ...],
    out: Path,
    jobs: int,
    allow_duplicates: bool,
    **options: Any,
) -> None:
    """Flag files of many articles, into a folder.

    Reads JSON lines, CSV and TSV, plain or packed (.gz, .zst), Parquet, texts
    and web pages, and folders of these; the texts and pages of a folder, each
    an article, go to one file. .zst and Parquet need newsflag[scan].

    A record that is no article goes to a file ….rejects.jsonl beside its output,
    with its place and the reason, and does not stop the others.

    A scan that was ended, in whatever way, goes on where it was when the same
    command is run again. summary.json says in the end what was done.

    Exits with 0 when every record was done, 1 when some were rejected, 2 when
    something could not be read to its end or written.

    \b
    Examples:
      newsflag scan news.jsonl.gz -o out/
      newsflag scan news.csv -o out/ --text body --id url --keep date
      newsflag scan crawl.parquet -o out/ --html --output clean --jobs -1
      newsflag scan articles/ -o out/ --format jsonl.zst
    """
    from newsflag.scanning import scan as work

    bar = _Bytes()
    try:
        summary = work(
            sources,
            out,
            n_jobs=jobs,
            duplicates="keep" if allow_duplicates else "reject",
            say=bar.say,
            on_progress=bar.show,
            **options,
        )
    finally:
        bar.close()
    complain(f"{shown(out)}: {_told(summary)}")
    ctx.exit(summary.status)


def _told(summary: Summary) -> str:
    """A scan's summary in one line."""
    fresh = summary.articles - summary.done_before
    flags = ", ".join(f"{number} {label(kind)}" for kind, number in summary.flags.items())
    speed = f" ({fresh / summary.seconds:.0f} articles a second)" if fresh else ""
    before = f", {summary.done_before} of them before" if summary.done_before else ""
    return (
        f"{counted(summary.articles, 'article')}{before}, {summary.bytes / 1e6:.1f} MB; "
        f"{counted(sum(summary.flags.values()), 'flag')}{f': {flags}' if flags else ''}; "
        f"{counted(summary.rejects, 'reject')}; {summary.seconds:.1f} seconds{speed}"
    )


__all__ = ["scan"]
