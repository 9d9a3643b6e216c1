"""Monitors of one process share a Spark session, and so its settings."""

from threading import Event, Thread

from driftline.adapters.sources._spark import TYPE_OF_STAMPS, _bare_stamps


class Session:
    """As much of a session as has a setting."""

    def __init__(self) -> None:
        self.conf = self
        self._values = {TYPE_OF_STAMPS: "TIMESTAMP_LTZ"}

    def get(self, name: str) -> str:
        return self._values[name]

    def set(self, name: str, value: str) -> None:
        self._values[name] = value


def test_two_files_of_text_opened_at_once_leave_the_setting_as_it_was() -> None:
    """Who comes second does not take the first one's setting for the usual one."""
    session = Session()
    opened, overlaps, left = Event(), Event(), Event()

    def first() -> None:
        with _bare_stamps(session):
            opened.set()
            overlaps.wait(0.3)
        left.set()

    def second() -> None:
        opened.wait()
        with _bare_stamps(session):
            overlaps.set()
            left.wait(1)

    threads = [Thread(target=each) for each in (first, second)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert session.get(TYPE_OF_STAMPS) == "TIMESTAMP_LTZ"
