"""Stories of one folder share pipelines and definitions, so pytest-xdist has to keep them in one process, in order.

`--dist loadgroup` would be for that, but silently groups nothing with pytest 9.2 (pytest-dev/pytest-xdist#1386).
"""

from xdist.scheduler import LoadScopeScheduling


class ByFolder(LoadScopeScheduling):
    """A scheduler that gives each folder of tests to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]
