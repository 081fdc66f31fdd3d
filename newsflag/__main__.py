"""``python -m newsflag``: the same as the command ``newsflag``."""

from newsflag.cli import main

main(prog_name="newsflag")
