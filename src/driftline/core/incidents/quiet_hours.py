"""When people are not to be disturbed, in a zone of theirs."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from driftline.core.window import zone_named

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends` on the wall clock of `zone`, over midnight if need be.

    With `weekends`, Saturday and Sunday too, whole. What is critical passes unless
    `critical_waits`.
    """

    begins: time
    ends: time
    zone: str = "UTC"
    weekends: bool = False
    critical_waits: bool = False

    def until(self, now: datetime) -> datetime | None:
        """The end (UTC) of the quiet stretch that `now` (aware) is in; None outside one.

        >>> night = QuietHours(time(18), time(8), "Europe/Berlin", weekends=True)
        >>> friday = datetime(2026, 3, 6, 20, tzinfo=UTC)
        >>> night.until(friday).isoformat()
        '2026-03-09T07:00:00+00:00'
        """
        moment = now
        while (end := self._end(moment)) is not None:
            moment = end
        return None if moment == now else moment

    def _end(self, moment: datetime) -> datetime | None:
        """The end of the night or of the free day that a moment is in."""
        local = moment.astimezone(zone_named(self.zone))
        if self.weekends and local.weekday() >= SATURDAY:
            return self._at(local + timedelta(days=1), time())
        if not self._holds(local.time()):
            return None
        tomorrow = local.time() >= self.ends
        return self._at(local + timedelta(days=int(tomorrow)), self.ends)

    def _holds(self, clock: time) -> bool:
        if self.begins < self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def _at(self, day: datetime, clock: time) -> datetime:
        local = datetime.combine(day.date(), clock, zone_named(self.zone))
        return local.astimezone(UTC)
