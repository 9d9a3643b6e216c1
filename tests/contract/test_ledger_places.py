"""Files and servers of a SQL ledger: found, refused, damaged, locked, gone."""

import sqlite3
from pathlib import Path

import pytest

from driftline.adapters.ledgers import _disk, sql
from driftline.adapters.ledgers._faults import translated
from driftline.adapters.ledgers._place import place_of
from driftline.errors import LedgerRefused, LedgerUnavailable, SettingsError
from tests.contract.judgements import context, judgement, recorded, sql_ledger


class TestFiles:
    def test_a_relative_file_is_under_the_root(self, tmp_path: Path):
        """The default is a hidden folder of the project."""
        sql.build(sql.Settings(), context(tmp_path)).monitors()
        assert (tmp_path / ".driftline" / "ledger.db").stat().st_size > 0
        drafts = list((tmp_path / ".driftline").glob(".ledger*"))
        assert drafts == []

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "empty file"),
            (b"<html>not found</html>" * 50, "not an SQLite database"),
        ],
    )
    def test_a_file_that_is_no_ledger_is_refused(
        self, tmp_path: Path, content: bytes, message: str
    ):
        """Not a byte of it is touched."""
        file = tmp_path / "ledger.db"
        file.write_bytes(content)
        with pytest.raises(LedgerRefused, match=message):
            sql_ledger(f"sqlite:///{file}").monitors()
        assert file.read_bytes() == content

    def test_another_programs_database_is_refused(self, tmp_path: Path):
        """It is a good SQLite file, and not ours."""
        file = tmp_path / "ledger.db"
        with sqlite3.connect(file) as theirs:
            theirs.execute("CREATE TABLE theirs (a)")
        theirs.close()
        with pytest.raises(LedgerRefused, match="another program"):
            sql_ledger(f"sqlite:///{file}").monitors()

    @pytest.mark.parametrize("kind", ["nfs4", "cifs"])
    def test_a_network_disk_is_refused(self, tmp_path: Path, monkeypatch, kind: str):
        """Before a file is made there; beside the mount, and below another, all is well."""
        shared = tmp_path / "a share"
        (shared / "own").mkdir(parents=True)
        escaped = str(shared).replace(" ", r"\040")
        lines = (
            "1 0 0:1 / / rw - ext4 /dev/sda rw",
            f"2 1 0:2 / {escaped} rw shared:7 - {kind} server:/x rw",
            f"3 2 0:3 / {escaped}/own rw - ext4 /dev/sdb rw",
            "cut short",
        )
        (tmp_path / "mountinfo").write_text("\n".join(lines))
        monkeypatch.setattr(_disk, "MOUNTS", tmp_path / "mountinfo")
        with pytest.raises(
            LedgerRefused, match=rf"network disk \({kind}\).*PostgreSQL"
        ):
            sql_ledger(f"sqlite:///{shared}/ledger.db").monitors()
        assert [each.name for each in shared.iterdir()] == ["own"]
        for fit in (shared / "own", tmp_path):
            assert sql_ledger(f"sqlite:///{fit}/ledger.db").monitors() == []

    def test_a_system_that_does_not_list_its_disks_is_believed(
        self, tmp_path: Path, monkeypatch
    ):
        """As a machine without /proc."""
        monkeypatch.setattr(_disk, "MOUNTS", tmp_path / "nothing")
        assert sql_ledger(f"sqlite:///{tmp_path}/ledger.db").monitors() == []

    @pytest.mark.parametrize("harm", ["cut", "overwritten"])
    def test_a_damaged_ledger_is_refused(self, tmp_path: Path, harm: str):
        """The message says how to save it, and nothing is made anew."""
        file = tmp_path / "ledger.db"
        recorded(sql_ledger(f"sqlite:///{file}"), judgement())
        whole = sqlite3.connect(file)
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole.close()
        held = file.read_bytes()
        noise = bytes(range(256)) * (len(held) // 256)
        harmed = held[:6000] if harm == "cut" else held[:4096] + noise[4096:]
        copy = tmp_path / "copy.db"
        copy.write_bytes(harmed)
        with pytest.raises(LedgerRefused, match=r"damaged.*Copy the file"):
            recorded(sql_ledger(f"sqlite:///{copy}"), judgement("f2"))

    @pytest.mark.parametrize("junk", [b"\xff", b"\0", b"?"])
    def test_a_destroyed_first_page_is_said_with_what_is_lost(
        self, tmp_path: Path, junk: bytes
    ):
        """One error names the file, what is gone and what to do; the file stays as it is."""
        file = tmp_path / "ledger.db"
        ledger = sql_ledger(f"sqlite:///{file}")
        recorded(ledger, judgement())
        ledger.close()
        harmed = junk * 4096 + file.read_bytes()[4096:]
        file.write_bytes(harmed)
        with pytest.raises(
            LedgerRefused, match=r"ledger\.db.* nothing can be read"
        ) as told:
            ledger.history("flights")
        assert "its -wal away, then restore a backup" in str(told.value)
        assert file.read_bytes() == harmed

    def test_a_log_without_its_database_is_refused(self, tmp_path: Path):
        """SQLite would replay it into a new file."""
        (tmp_path / "ledger.db-wal").write_bytes(b"log")
        with pytest.raises(LedgerRefused, match=r"log 'ledger\.db-wal' is there"):
            sql_ledger(f"sqlite:///{tmp_path}/ledger.db").monitors()

    def test_a_folder_that_cannot_be_made_is_refused(self, tmp_path: Path):
        """The reason of the operating system is in the message."""
        (tmp_path / "file").write_text("")
        with pytest.raises(LedgerRefused, match="cannot be created"):
            sql_ledger(f"sqlite:///{tmp_path}/file/ledger.db").monitors()

    def test_a_folder_is_no_ledger(self, tmp_path: Path):
        """It is said that it is one, and nothing is to be tried again."""
        with pytest.raises(LedgerRefused, match="is a folder; name a file in it"):
            sql_ledger(f"sqlite:///{tmp_path}").monitors()

    def test_a_read_only_file_is_refused(self, tmp_path: Path):
        """SQLite's own refusal is told apart from a lock."""
        import sqlalchemy as sa

        url = f"sqlite:///{tmp_path}/ledger.db"
        sql_ledger(url).monitors()
        read_only = sa.create_engine(
            f"sqlite:///file:{tmp_path}/ledger.db?mode=ro&uri=true"
        )
        with (
            pytest.raises(sa.exc.OperationalError) as caught,
            read_only.begin() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM driftline_notes")
        error = translated(caught.value, place_of(url, "/"))
        assert isinstance(error, LedgerRefused)
        assert "cannot be written to" in str(error)

    def test_a_lock_held_too_long_may_be_tried_again(self, tmp_path: Path):
        """It says that nothing was written and that a retry can help."""
        import sqlalchemy as sa

        url = f"sqlite:///{tmp_path}/ledger.db"
        sql_ledger(url).monitors()
        holder = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        hasty = sa.create_engine(url, connect_args={"timeout": 0})
        with (
            pytest.raises(sa.exc.OperationalError) as caught,
            hasty.begin() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM driftline_notes")
        holder.close()
        error = translated(caught.value, place_of(url, "/"))
        assert isinstance(error, LedgerUnavailable)
        assert error.retryable
        assert "nothing was written" in str(error)


class TestUrls:
    @pytest.mark.parametrize(
        "url",
        ["mysql://ann:s3cr3t@db/x", "ann:s3cr3t@db", "sqlite://", "sqlite:///:memory:"],
    )
    def test_a_url_that_cannot_hold_a_ledger_is_refused(self, url: str):
        """The message says what to write, and not the password."""
        with pytest.raises(SettingsError, match="sqlite:///FILE") as caught:
            sql_ledger(url)
        assert "s3cr3t" not in str(caught.value)

    def test_the_password_is_never_shown(self):
        """Neither in the settings nor in what an unreachable server causes."""
        url = "postgresql://ann:s3cr3t@127.0.0.1:1/x"
        assert "s3cr3t" not in repr(sql.Settings.model_validate({"url": url}))
        with pytest.raises(LedgerUnavailable, match=r"'x' at 127.0.0.1") as caught:
            sql_ledger(url).monitors()
        assert caught.value.retryable
        assert "s3cr3t" not in str(caught.value)
        assert "s3cr3t" not in str(caught.value.__cause__)


@pytest.mark.real
def test_a_server_that_hangs_up_is_tried_once_more(postgres_url: str):
    """Connections that died between two transactions cost nobody a window."""
    import sqlalchemy as sa

    ledger = sql_ledger(postgres_url)
    recorded(ledger, judgement())
    engine = sa.create_engine(place_of(postgres_url, "/").url)
    with engine.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()
    assert recorded(ledger, judgement("f2")).revision == 2
