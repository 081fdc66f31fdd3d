"""Evidence into verdicts: the model, its files, and the layers that score.

:mod:`newsflag.model.store` holds :class:`Model`, which is all that scoring
needs, and reads and writes its files; :mod:`newsflag.model.network` scores.
"""

from newsflag.model.store import Model, load, save

__all__ = ["Model", "load", "save"]
