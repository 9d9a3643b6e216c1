"""Bring a ledger's tables up to date; the only file that imports Alembic."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from driftline.adapters.ledgers._tables import VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"

ONE_AT_A_TIME = Lock()
"""Alembic's `op` is one for the whole process, whichever ledger a thread migrates."""


def known(revision: str) -> bool:
    """Whether a migration of this version of Driftline wrote the revision."""
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return revision in {script.revision for script in scripts}


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run what is missing up to a revision inside the connection's transaction."""
    scripts = ScriptDirectory(str(MIGRATIONS))

    def missing(heads: Sequence[str], _: Any) -> list[MigrationStep]:
        later = scripts.iterate_revisions(to, tuple(heads) or "base")
        return [
            MigrationStep.upgrade_from_script(scripts.revision_map, script)
            for script in reversed(list(later))
        ]

    context = MigrationContext.configure(
        connection,
        opts={
            "fn": missing,
            "version_table": VERSION_TABLE,
            "transactional_ddl": True,
        },
    )
    with ONE_AT_A_TIME, Operations.context(context):
        context.run_migrations()
