"""What is outstanding, and the set-based statements that list it in a batch."""

from django.db import connection
from django.db.models import Count, Sum

from povertyedu.orgs.models import School, Term
from subsidies.enums import Kind
from subsidies.models import Balance, Batch, Entitlement, Programme

# Outstanding money, and where the child studies; what the two statements below have in common.
_OUTSTANDING = """
FROM subsidies_balance b
JOIN subsidies_entitlement e
  ON e.term_id = b.term_id AND e.student_id = b.student_id AND e.programme_id = b.programme_id
JOIN students_student s ON s.id = b.student_id AND s.merged_into_id IS NULL
"""
# A child whose money is in hand waits for it to be settled: what was added since comes with the next batch.
_WANTED = "b.outstanding_fen > 0 AND b.in_hand_fen = 0 AND b.term_id IN ({terms}) AND b.programme_id IN ({programmes})"

_SHEETS = """
INSERT INTO subsidies_schoolsheet (batch_id, school_id, state, students, amount_fen)
SELECT %s, COALESCE(e.school_id, {outside}), 'draft', COUNT(DISTINCT b.student_id), SUM(b.outstanding_fen)
{outstanding} WHERE {wanted} GROUP BY COALESCE(e.school_id, {outside})
"""

# Sealed columns are copied as they lie: nothing is opened on the way. Ordered, so that two batches
# opened at once meet on the same child first and none waits for the other in a circle.
_LINES = """
INSERT INTO subsidies_line (
    batch_id, sheet_id, term_id, student_id, programme_id, payer, rule, amount_fen, state, hold, note,
    student_name, school_id, school_name, stage, grade, class_name, school_area, home_area, categories,
    account_holder, account_bank, account_number, account_hash)
SELECT sheet.batch_id, sheet.id, b.term_id, b.student_id, b.programme_id, 'here', e.rule, b.outstanding_fen,
       CASE WHEN a.id IS NULL OR a.holder NOT IN (s.name, COALESCE(g.name, s.name)) THEN 'held' ELSE 'listed' END,
       CASE WHEN a.id IS NULL THEN 'no_account'
            WHEN a.holder NOT IN (s.name, COALESCE(g.name, s.name)) THEN 'holder_differs' ELSE '' END,
       '', s.name, school.id, CASE WHEN e.school_id IS NULL AND en.outside_school <> '' THEN en.outside_school ELSE school.name END, e.stage, e.grade, COALESCE(c.name, ''), e.school_area, e.home_area,
       COALESCE(en.categories, 0), COALESCE(a.holder, ''), COALESCE(a.bank, ''), COALESCE(a.number, %s),
       COALESCE(a.number_hash, '')
{outstanding}
JOIN subsidies_schoolsheet sheet ON sheet.batch_id = %s AND sheet.school_id = COALESCE(e.school_id, {outside})
JOIN orgs_school school ON school.id = sheet.school_id
LEFT JOIN students_enrolment en ON en.student_id = b.student_id AND en.term_id = b.term_id
LEFT JOIN orgs_schoolclass c ON c.id = en.school_class_id
LEFT JOIN students_bankaccount a ON a.student_id = b.student_id
LEFT JOIN students_guardian g ON g.student_id = b.student_id
WHERE {wanted}
ORDER BY b.student_id, b.term_id, b.programme_id
ON CONFLICT DO NOTHING
"""


def terms_until(term: Term, *, with_past: bool) -> list[str]:
    """Return the codes of ``term`` and, ``with_past``, of every earlier one (back-pay, 补发)."""
    if not with_past:
        return [term.pk]
    return list(Term.objects.filter(starts_on__lte=term.starts_on).values_list("pk", flat=True))


def outstanding_by_programme(term: Term, *, with_past: bool = False) -> list[dict]:
    """Return what a batch of ``term`` could take now: per cash programme, programme, students and fen."""
    owed = (
        Balance.objects.filter(
            term__in=terms_until(term, with_past=with_past),
            outstanding_fen__gt=0,
            in_hand_fen=0,
            student__merged_into=None,
        )
        .values("programme_id")
        .annotate(students=Count("student_id", distinct=True), fen=Sum("outstanding_fen"))
    )
    by_code = {row["programme_id"]: row for row in owed}
    return [
        {"programme": programme, "students": by_code[programme.pk]["students"], "fen": by_code[programme.pk]["fen"]}
        for programme in Programme.objects.filter(kind=Kind.CASH, pk__in=by_code)
    ]  # fmt: skip


def list_outstanding(batch: Batch, *, terms: list[str], programmes: list[str]) -> int:
    """Write a sheet per school and a line per child and programme of what is outstanding; return the line count.

    Money that another batch took in the same instant is left to that batch: the partial unique
    constraint on lines decides, and a school whose money is all gone loses its sheet again. Children who
    study outside the county (兜底) stand on a sheet of their own, reported by the aid office's clerk for them.
    """
    away = Entitlement.objects.filter(term__in=terms, programme__in=programmes, school=None)
    outside = School.objects.outside().pk if away.exists() else 0
    wanted = _WANTED.format(
        terms=", ".join(["%s"] * len(terms)), programmes=", ".join(["%s"] * len(programmes))
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _SHEETS.format(outstanding=_OUTSTANDING, wanted=wanted, outside=outside),
            [batch.pk, *terms, *programmes],
        )
        cursor.execute(
            _LINES.format(outstanding=_OUTSTANDING, wanted=wanted, outside=outside),
            [connection.Database.Binary(b""), batch.pk, *terms, *programmes],
        )
        count = cursor.rowcount
    batch.sheets.filter(lines=None).delete()
    return count
