"""Files that are damaged, left out of a window where its source may."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from driftline.adapters.sources._files import Found
from driftline.core.slice import LeftOut, Partial
from driftline.errors import SliceCorrupt


class LeavingOut:
    """The damaged files of one reading. Unless `allowed`, the first of them ends it."""

    def __init__(self, *, allowed: bool) -> None:
        self.allowed = allowed
        self.errors: dict[Found, SliceCorrupt] = {}

    @contextmanager
    def of(self, file: Found) -> Iterator[None]:
        """What is done with the file ends where it turns out to be damaged."""
        try:
            yield
        except SliceCorrupt as error:
            if not self.allowed:
                raise
            self.errors[file] = error

    def but_for(self, files: Iterable[Found]) -> list[Found]:
        """The files that are not known to be damaged."""
        return [file for file in files if file not in self.errors]

    def partial(self, read: Iterable[Found]) -> tuple[Partial, ...]:
        """What the slice of these files lacks; nothing where no file was damaged.

        Raises the first `SliceCorrupt` where no file is left to be read.
        """
        if not self.errors:
            return ()
        sizes = [file.size for file in read]
        if not sizes:
            raise next(iter(self.errors.values()))
        left = (LeftOut(f.name, f.size, str(e)) for f, e in self.errors.items())
        return (Partial(len(sizes), sum(sizes), tuple(left)),)
