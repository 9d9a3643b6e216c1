"""On what kind of disk a ledger's file would lie."""

import re
from pathlib import Path

from driftline.adapters.ledgers._place import Place
from driftline.errors import LedgerRefused

MOUNTS = Path("/proc/self/mountinfo")
"""Where Linux says what is mounted where; nothing is known on other systems."""

NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "fuse.sshfs"}
"""Whose locks and shared memory end at the machine, so that a database would be torn."""


def require_local(place: Place, file: Path) -> None:
    """Raises `LedgerRefused` where the file lies, or would lie, on a network disk."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    kind = kind_of(file.resolve(), mounts)
    if kind in NETWORK:
        raise LedgerRefused(
            f"{place} is on a network disk ({kind}), where SQLite's locks do not hold; "
            "name a file on a disk of this machine, or share a ledger in PostgreSQL: "
            "`ledger: {sql: {url: env:LEDGER_URL}}`"
        )


def kind_of(path: Path, mounts: str) -> str:
    r"""The file system of the mount that is nearest above a path; the last one counts.

    >>> mounts = '''1 0 0:1 / / rw - ext4 /dev/sda rw
    ... 2 1 0:2 / /my\\040share rw shared:7 - nfs4 server:/x rw'''
    >>> kind_of(Path("/my share/ledger.db"), mounts), kind_of(Path("/data/x"), mounts)
    ('nfs4', 'ext4')
    """
    found = (Path("/"), "")
    for line in mounts.splitlines():
        mounted, _, described = line.partition(" - ")
        fields = mounted.split(" ")
        if len(fields) < 5 or not described:
            continue
        point = Path(
            re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        )
        if path.is_relative_to(point) and point.is_relative_to(found[0]):
            found = (point, described.split(" ")[0])
    return found[1]
