"""What the merging of two records of the registry must ask of the money (``settings.STUDENT_MERGE_GUARDS``)."""

import datetime as dt

from subsidies.models import Line


def refusal(*, students, since: dt.datetime) -> str:
    """Return why a merge made at ``since`` cannot be taken back, "" when it can: money of either left after it."""
    sent = Line.objects.filter(student__in=students, bank_file__made_at__gte=since)
    if not sent.exists():
        return ""
    return "合并以后已有资助款送银行，不能再撤销合并；确需更正的，请由资助中心按多发、补发处理。"
