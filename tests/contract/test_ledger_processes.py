"""What a SQL ledger promises to several processes, and to one that is killed."""

import os
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from driftline.errors import WindowBusy
from tests.contract.judgements import NOW, judgement, notify, outboxed, sql_ledger


def started(script: str, url: str, *arguments: str) -> subprocess.Popen:
    """A process of its own that runs a script with `ledger` open."""
    head = textwrap.dedent(
        """
        import os, sys
        from dataclasses import replace
        from driftline.errors import WindowBusy
        from tests.contract.judgements import *
        ledger = sql_ledger(sys.argv[1])
        """
    )
    command = [sys.executable, "-c", head + textwrap.dedent(script), url, *arguments]
    path = os.pathsep.join([str(Path.cwd() / "src"), str(Path.cwd())])
    return subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def race(script: str, url: str, count: int = 3) -> list[str]:
    """What each of several processes printed that began the script at one moment."""
    begin = "print('ready', flush=True); sys.stdin.readline()\n"
    racing = [
        started(begin + textwrap.dedent(script), url, str(n)) for n in range(count)
    ]
    for process in racing:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in racing:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120) for process in racing]
    for process, (_, complaint) in zip(racing, answers, strict=True):
        assert process.returncode == 0, complaint
    return [said.strip() for said, _ in answers]


class TestProcesses:
    def test_incidents_that_open_at_once_share_one_thread(self, ledger_url: str):
        """Of several monitors recorded at the same moment one is first, for all."""
        script = """
        name = f"m{sys.argv[2]}"
        lease = ledger.acquire(name, "w", name, NOW)

        def settle(others):
            thread = min((o.in_thread for o in others), default=name)
            opened = incident(key=name, monitor=name, thread=thread)
            return judgement(key={"monitor": name}, incidents=(opened,))

        ledger.record(lease, judgement(key={"monitor": name}, settle=settle), NOW)
        """
        race(script, ledger_url)
        threads = {i.in_thread for i in sql_ledger(ledger_url).incidents()}
        assert len(threads) == 1

    def test_one_of_many_wins_a_window(self, ledger_url: str):
        """Also on a database that all of them find empty and migrate at once."""
        script = """
        try:
            ledger.acquire("flights", "w", sys.argv[2], NOW)
            print("won")
        except WindowBusy:
            print("busy")
        """
        assert sorted(race(script, ledger_url)) == ["busy", "busy", "won"]

    def test_many_drainers_claim_each_action_once(self, ledger_url: str):
        """None is claimed twice and none is left over."""
        actions = tuple(notify(f"n{number}") for number in range(20))
        outboxed(sql_ledger(ledger_url), *actions)
        script = """
        while row := ledger.claim_action("flights", sys.argv[2], NOW):
            print(row.action.key, end=" ")
            ledger.finish_action(row, "", NOW)
        """
        claimed = " ".join(race(script, ledger_url)).split()
        assert sorted(claimed) == sorted(action.key for action in actions)

    def test_a_process_killed_while_recording_leaves_nothing(self, ledger_url: str):
        """The next one finds no entry and no incident, takes over and records."""
        script = """
        class Deadly(tuple):
            def __iter__(self):
                os.kill(os.getpid(), 9)

        lease = ledger.acquire("flights", "w", "ann", NOW)
        actions = Deadly((notify("n"),))
        ledger.record(lease, judgement(actions=actions, incidents=(incident(),)), NOW)
        """
        killed = started(script, ledger_url)
        _, complaint = killed.communicate(timeout=120)
        assert killed.returncode == -9, complaint
        ledger = sql_ledger(ledger_url)
        made = judgement()
        assert ledger.find(made.key) is None
        assert ledger.incidents() == []
        assert ledger.actions() == []
        with pytest.raises(WindowBusy):
            ledger.acquire("flights", "w", "bob", NOW)
        lease = ledger.acquire("flights", "w", "bob", NOW + timedelta(hours=1))
        assert ledger.record(lease, made, NOW).revision == 1
