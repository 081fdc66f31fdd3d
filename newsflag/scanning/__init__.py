"""Files of articles of any size: read as a stream, flagged, and written so that a scan can be ended and gone on with.

>>> from newsflag.scanning import scan
>>> import tempfile
>>> from pathlib import Path
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "news.csv").write_text("id,text\\na1,The council met on Monday.\\n")
>>> scan(folder / "news.csv", folder / "out").articles
1
"""

from __future__ import annotations

from newsflag.scanning._inputs import FORMATS, ScanError
from newsflag.scanning._run import CHECKPOINT, DUPLICATES, MAX_RECORD_BYTES, Summary, scan
from newsflag.scanning._writers import OUTPUTS

__all__ = ["CHECKPOINT", "DUPLICATES", "FORMATS", "MAX_RECORD_BYTES", "OUTPUTS", "ScanError", "Summary", "scan"]
