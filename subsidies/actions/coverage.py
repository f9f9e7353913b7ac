"""What is done with the names behind the coverage equation: a workbook of them, a disposal for those who are nowhere."""

import datetime as dt
import io

from django.db import transaction
from django.utils import timezone

from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.orgs.models import Term
from povertyedu.ui.templatetags.ui import mask_id
from povertyedu.workbooks.writing import LedgerColumn, write_table
from povertyedu.workflow.flow import Actor
from students.actions.disposal import dispose as dispose_rows
from students.actions.disposal import dispose_people
from students.enums import EnrolmentStatus
from students.models import Enrolment, HardshipStatus, TargetListEntry
from subsidies.enums import CoveragePart
from subsidies.queries.coverage_names import Name, all_names, read_key

COLUMNS = (
    LedgerColumn("姓名", width=10), LedgerColumn("身份证件号", width=22), LedgerColumn("户籍地", width=20), LedgerColumn("学校", width=26),
    LedgerColumn("学段年级", width=14), LedgerColumn("情形", width=24), LedgerColumn("说明", width=24), LedgerColumn("应享现金", "money", width=12),
    LedgerColumn("其中已发", "money", width=12), LedgerColumn("减免、供餐", "money", width=12),
)  # fmt: skip


def write_names(
    *, by: Actor, term: Term, part: CoveragePart, rows: dict, words: list[str], full: bool, reason: str
) -> tuple[str, bytes]:  # fmt: skip
    """Write the people of one term of the equation as a workbook; return its name and bytes. Leaves an AccessEvent."""
    number = (lambda text: text) if full else (lambda text: mask_id(text) if text else "")
    count = 0

    def lines():
        nonlocal count
        for name in all_names(term, rows):
            count += 1
            yield _line(name, number)

    out, at = io.BytesIO(), timezone.localtime()
    write_table(
        out, COLUMNS, lines(), title=f"{term} 应助尽助：{part.label}", name=part.label,
        unit_line=f"筛选条件：{'；'.join(words) or '全部'}", right_line=f"单位：元　{by.name} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    kind = "完整证件号" if full else "证件号隐去中间几位"
    what = f"应助尽助名单（{part.label}）{count} 人，{kind}；{'；'.join(words) or '全部'}"
    record_access(by, kind="download", subject=term, fields=what[:200], reason=reason)
    return f"应助尽助-{part.label}{at:%Y%m%d-%H%M}.xlsx", out.getvalue()


def _line(name: Name, number) -> tuple:
    money = (
        (name.money["cash"], name.money["paid"], name.money["other"]) if name.money else (None, None, None)
    )
    return (
        name.name, number(name.id_number), name.home, name.school, name.grade, name.reason.label, name.note, *money,
    )  # fmt: skip


def chosen_people(keys: list[str], *, term: Term, user) -> dict[str, object]:
    """Return key -> the row of each chosen person whom ``user`` may identify and who is on no roster of ``term`` as studying."""
    wanted: dict[str, list[int]] = {"e": [], "t": [], "p": []}
    for key in filter(None, map(read_key, keys)):
        wanted[key[0]].append(key[1])
    left = Enrolment.objects.visible_to(user, P.IDENTIFY).of(term).filter(status=EnrolmentStatus.LEFT)
    rows = {
        "e": left.filter(student__id_hash__isnull=False).select_related("student"),
        "t": TargetListEntry.objects.visible_to(user, P.IDENTIFY)
        .not_on_roster(term)
        .select_related("disposal"),
        "p": HardshipStatus.objects.visible_to(user, P.IDENTIFY).poor_in(term),
    }
    return {
        f"{letter}{row.pk}": row.student if letter == "e" else row
        for letter, pks in wanted.items()
        for row in rows[letter].filter(pk__in=pks)
    }


@transaction.atomic
def dispose(
    *, by: Actor, term: Term, people: dict, code: str, owner=None, note: str = "", on: dt.date
) -> int:
    """Give each of ``people`` (see :func:`chosen_people`) a disposal in ``term``; return how many."""
    said = {"by": by, "code": code, "owner": owner, "note": note, "on": on}
    entries = [row.pk for row in people.values() if isinstance(row, TargetListEntry)]
    others = {row.id_hash: row for row in people.values() if not isinstance(row, TargetListEntry)}
    count = dispose_rows(rows=TargetListEntry.objects.filter(pk__in=entries), **said)
    return count + (dispose_people(term=term, people=others, **said) if others else 0)
