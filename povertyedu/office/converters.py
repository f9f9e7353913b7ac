import datetime as dt


class DayConverter:
    """A date in an address: 2026-10-01; one that is none is no such address."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, text: str) -> dt.date:
        return dt.date.fromisoformat(text)

    def to_url(self, day: dt.date) -> str:
        return day.isoformat()
