"""A SQL ledger's tables: migrated, never backwards, and checked for what contradicts."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from driftline.adapters.ledgers import _upgrade
from driftline.adapters.ledgers._place import place_of
from driftline.adapters.ledgers._tables import HEAD, metadata
from driftline.core.incidents.incident import Told
from driftline.core.registry import names
from driftline.errors import LedgerRefused
from driftline.ports import Ledger
from tests.contract.judgements import (
    NOW,
    incident,
    judgement,
    notify,
    recorded,
    sql_ledger,
)


class TestSchema:
    def test_every_registered_ledger_is_in_this_suite(self):
        """A new file in the folder must be added to the fixtures of conftest.py."""
        assert names("driftline.adapters.ledgers") == ["sql"]

    def test_the_migrations_make_what_the_code_expects(self, ledger_url: str):
        """No table, column, constraint or type differs, and HEAD is the newest."""
        import sqlalchemy as sa
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory

        sql_ledger(ledger_url).monitors()
        scripts = ScriptDirectory(str(_upgrade.MIGRATIONS))
        assert scripts.get_current_head() == HEAD
        engine = sa.create_engine(place_of(ledger_url, "/").url)
        with engine.connect() as connection:
            options = {"version_table": "driftline_version", "compare_type": True}
            migrated = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(migrated, metadata) == []
        engine.dispose()

    def test_people_were_told_of_what_was_open_before_threads(self, ledger_url: str):
        """An incident of the first schema is not told again after the upgrade."""
        import sqlalchemy as sa

        sql_ledger(ledger_url).monitors()
        engine = sa.create_engine(place_of(ledger_url, "/").url)
        with engine.begin() as connection:
            metadata.drop_all(connection)
            connection.exec_driver_sql("DROP TABLE driftline_version")
            _upgrade.upgrade(connection, "0001")
            old = {"key": "k", "monitor": "flights", "cause": "data", "opened": "w"}
            old |= {"last_window": "w", "quiet_windows": 0, "resolved": ""}
            columns = [sa.column(name) for name in (*old, "subjects")]
            table = sa.table("driftline_incidents", *columns)
            subjects = sa.literal(["delay"], sa.JSON)
            connection.execute(sa.insert(table).values(**old, subjects=subjects))
        engine.dispose()
        [known] = sql_ledger(ledger_url).incidents()
        assert known.told == Told("w", ("delay",))
        assert known.in_thread == "k"

    def test_a_newer_schema_is_refused(self, ledger_url: str):
        """Nothing is migrated back, and the message says what to install."""
        import sqlalchemy as sa

        sql_ledger(ledger_url).monitors()
        engine = sa.create_engine(place_of(ledger_url, "/").url)
        with engine.begin() as connection:
            newer = "UPDATE driftline_version SET version_num = '9999'"
            connection.exec_driver_sql(newer)
        engine.dispose()
        with pytest.raises(LedgerRefused, match=r"9999.*install the version"):
            sql_ledger(ledger_url).monitors()

    def test_a_schema_behind_is_migrated(self, ledger_url: str):
        """A database without our tables gets them, and keeps what others have in it."""
        import sqlalchemy as sa

        sql_ledger(ledger_url).monitors()
        engine = sa.create_engine(place_of(ledger_url, "/").url)
        with engine.begin() as connection:
            metadata.drop_all(connection)
            connection.exec_driver_sql("DROP TABLE driftline_version")
            connection.exec_driver_sql("CREATE TABLE theirs (a INTEGER)")
        engine.dispose()
        recorded(sql_ledger(ledger_url), judgement())
        assert sql_ledger(ledger_url).monitors() == ["flights"]
        with engine.connect() as connection:
            assert sa.inspect(connection).has_table("theirs")
        engine.dispose()

    def test_alembic_is_not_imported_when_the_schema_is_current(self, ledger_url: str):
        """Its import costs more than the whole day's transactions."""
        sql_ledger(ledger_url).monitors()
        script = "import sys\n".join(
            [
                "",
                textwrap.dedent(
                    """
                    from driftline.adapters.ledgers import sql
                    from driftline.core.roles import Roles, Task
                    from driftline.ports import Context
                    assert "sqlalchemy" not in sys.modules
                    context = Context("m", "/", "UTC", Roles(Task.BINARY, "t", "p"))
                    settings = sql.Settings.model_validate({"url": sys.argv[1]})
                    sql.build(settings, context).monitors()
                    print("alembic" in sys.modules)
                    """
                ),
            ]
        )
        path = str(Path.cwd() / "src")
        ran = subprocess.run(
            [sys.executable, "-c", script, ledger_url],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.strip() == "False"


class TestVerify:
    """A ledger says itself whether its history holds together."""

    def test_a_ledger_that_was_only_written_by_us_is_sound(self, ledger: Ledger):
        """Restated windows, incidents and actions done, put back and given up."""
        recorded(ledger, judgement(actions=(notify("n"), notify("m"))))
        recorded(ledger, judgement("f2", incidents=(incident("2026-03-01"),)))
        row = ledger.claim_action("flights", "ann", NOW)
        ledger.finish_action(row, "r", NOW)
        row = ledger.claim_action("flights", "ann", NOW)
        ledger.postpone_action(row, "no", NOW, for_good=True)
        assert ledger.verify() == []

    @pytest.mark.parametrize(
        ("broken", "said"),
        [
            ("DELETE FROM driftline_windows WHERE revision = 1", "revision 2"),
            ("UPDATE driftline_incidents SET thread = 'gone'", "thread of gone"),
            ("UPDATE driftline_outbox SET state = 'lost'", "is lost"),
            ("UPDATE driftline_outbox SET state = 'done'", "is done"),
        ],
    )
    def test_what_contradicts_itself_is_named(
        self, ledger_url: str, broken: str, said: str
    ):
        """Whoever wrote it."""
        import sqlalchemy as sa

        ledger = sql_ledger(ledger_url)
        recorded(ledger, judgement(findings=(), profile=None, actions=(notify("n"),)))
        recorded(ledger, judgement("f2", incidents=(incident("2026-03-01"),)))
        place = place_of(ledger_url, "/")
        engine = sa.create_engine(place.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(broken)
        engine.dispose()
        [found] = ledger.verify()
        assert said in found

    def test_a_finding_without_its_window_is_named(self, tmp_path: Path):
        """SQLite lets a program that does not ask for foreign keys do so."""
        ledger = sql_ledger(f"sqlite:///{tmp_path}/ledger.db")
        recorded(ledger, judgement())
        with sqlite3.connect(tmp_path / "ledger.db") as connection:
            connection.execute("DELETE FROM driftline_windows")
        assert any("is not there" in said for said in ledger.verify())
