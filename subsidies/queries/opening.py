"""What is outstanding, what of it a batch leaves out, and the set-based statements that list the rest."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product

from django.db import connection

from povertyedu.orgs.models import School, Term
from students.models import FactChange
from subsidies.enums import Kind
from subsidies.models import Batch, Entitlement, Programme

# Outstanding money with where the child studies, and why a batch leaves it out: what the child is owed is to be found out
# anew first ('marked'), or it is a benefit given once in a lifetime that was paid in another term, or is on its way there, and
# did not come back ('had'). A child whose money is in hand waits for it to be settled: what was added since comes with the
# next batch.
_DUE = """
WITH due AS MATERIALIZED (
    SELECT b.term_id, b.student_id, b.programme_id, b.outstanding_fen, s.name, e.rule, e.stage, e.grade, e.school_id,
           e.school_area, e.home_area, ({once}) AS once,
           CASE WHEN {marked} THEN 'marked' WHEN ({once}) AND ({had}) > 0 THEN 'had' ELSE '' END AS left_out
    FROM subsidies_balance b
    JOIN subsidies_entitlement e
      ON e.term_id = b.term_id AND e.student_id = b.student_id AND e.programme_id = b.programme_id
    JOIN students_student s ON s.id = b.student_id AND s.merged_into_id IS NULL
    WHERE b.outstanding_fen > 0 AND b.in_hand_fen = 0 AND b.term_id IN ({terms}) AND b.programme_id IN ({programmes})
)
"""
_MARKED = (
    "EXISTS (SELECT 1 FROM students_factchange f WHERE f.term_id = b.term_id AND f.student_id = b.student_id)"
)
# Written so that SQLite, which knows no figures of these tables, finds the rows by their index of term, child and programme.
_SAME = (
    "{row}.term_id IN (SELECT t.code FROM orgs_term t WHERE t.code <> b.term_id) AND {row}.student_id IN "
    "(SELECT b.student_id UNION ALL SELECT m.student_id FROM students_mergedrecord m WHERE m.keeper_id = b.student_id) "
    "AND {row}.programme_id = b.programme_id"
)
_HAD = f"""
COALESCE((SELECT SUM(l.amount_fen) FROM subsidies_line l
          WHERE l.payer = 'here' AND l.state IN ('listed', 'held', 'sent', 'paid') AND {_SAME.format(row="l")}), 0)
+ COALESCE((SELECT SUM(a.paid_fen) FROM subsidies_paidadjustment a WHERE {_SAME.format(row="a")}), 0)
"""

_BY_PROGRAMME = """
SELECT programme_id, COUNT(DISTINCT student_id), SUM(outstanding_fen) FROM due WHERE left_out = '' GROUP BY programme_id
"""
_LEFT_OUT = """
SELECT left_out, term_id, COUNT(DISTINCT student_id) FROM due WHERE left_out <> '' GROUP BY left_out, term_id
"""

_SHEETS = """
INSERT INTO subsidies_schoolsheet (batch_id, school_id, state, students, amount_fen)
{due}
SELECT %s, COALESCE(school_id, {outside}), 'draft', COUNT(DISTINCT student_id), SUM(outstanding_fen)
FROM due WHERE left_out = '' GROUP BY COALESCE(school_id, {outside})
"""

# Sealed columns are copied as they lie: nothing is opened on the way. Ordered, so that two batches
# opened at once meet on the same child first and none waits for the other in a circle; the oldest term first, which is
# where a benefit given once in a lifetime belongs.
_LINES = """
INSERT INTO subsidies_line (
    batch_id, sheet_id, term_id, student_id, programme_id, payer, rule, once, amount_fen, state, hold, note,
    student_name, school_id, school_name, stage, grade, class_name, school_area, home_area, categories,
    account_holder, account_bank, account_number, account_hash)
{due}
SELECT sheet.batch_id, sheet.id, d.term_id, d.student_id, d.programme_id, 'here', d.rule, d.once, d.outstanding_fen,
       CASE WHEN a.id IS NULL OR a.holder NOT IN (d.name, COALESCE(g.name, d.name)) THEN 'held' ELSE 'listed' END,
       CASE WHEN a.id IS NULL THEN 'no_account'
            WHEN a.holder NOT IN (d.name, COALESCE(g.name, d.name)) THEN 'holder_differs' ELSE '' END,
       '', d.name, school.id, CASE WHEN d.school_id IS NULL AND en.outside_school <> '' THEN en.outside_school ELSE school.name END, d.stage, d.grade, COALESCE(c.name, ''), d.school_area, d.home_area,
       COALESCE(en.categories, 0), COALESCE(a.holder, ''), COALESCE(a.bank, ''), COALESCE(a.number, %s),
       COALESCE(a.number_hash, '')
FROM due d
JOIN subsidies_schoolsheet sheet ON sheet.batch_id = %s AND sheet.school_id = COALESCE(d.school_id, {outside})
JOIN orgs_school school ON school.id = sheet.school_id
JOIN orgs_term term ON term.code = d.term_id
LEFT JOIN students_enrolment en ON en.student_id = d.student_id AND en.term_id = d.term_id
LEFT JOIN orgs_schoolclass c ON c.id = en.school_class_id
LEFT JOIN students_bankaccount a ON a.student_id = d.student_id
LEFT JOIN students_guardian g ON g.student_id = d.student_id
WHERE d.left_out = ''
ORDER BY d.student_id, term.starts_on, d.programme_id
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Opening:
    """What a batch could take now of the money outstanding in ``terms``.

    ``once``: of each term the rules whose benefit a child gets once in a lifetime.
    """

    terms: list[str]
    once: Mapping[str, Collection[str]]

    def by_programme(self) -> list[dict]:
        """Return per cash programme what a batch would list: programme, students and fen."""
        found = {code: row for code, *row in self._read(_BY_PROGRAMME, self._cash())}
        return [
            {"programme": programme, "students": found[programme.pk][0], "fen": int(found[programme.pk][1])}
            for programme in Programme.objects.filter(pk__in=found)
        ]

    def left_out(self, programmes: Collection[str] | None = None) -> dict[str, list[tuple[Term, int]]]:
        """Return why money is left out ('marked', 'had') -> (term, children); of all cash programmes or of these."""
        if not any(self.once.values()) and not FactChange.objects.filter(term__in=self.terms).exists():
            return {}  # as on most days: spares going through all the money a second time
        rows = self._read(_LEFT_OUT, self._cash() if programmes is None else programmes)
        counts = {(why, code): children for why, code, children in rows}
        terms = Term.objects.filter(pk__in=[code for _, code in counts]).order_by("starts_on")
        found: dict[str, list[tuple[Term, int]]] = {}
        for term, why in product(terms, sorted({why for why, _ in counts})):
            if children := counts.get((why, term.pk)):
                found.setdefault(why, []).append((term, children))
        return found

    def list_in(self, batch: Batch, programmes: Collection[str]) -> int:
        """Write a sheet per school and a line per child and programme into ``batch``; return the line count.

        Money that another batch took in the same instant is left to that batch: the partial unique
        constraints on lines decide, and a school whose money is all gone loses its sheet again. Children who
        study outside the county (兜底) stand on a sheet of their own, reported by the aid office's clerk for them.
        """
        away = Entitlement.objects.filter(term__in=self.terms, programme__in=programmes, school=None)
        outside = School.objects.outside().pk if away.exists() else 0
        due, values = self._due(programmes)
        with connection.cursor() as cursor:
            cursor.execute(_SHEETS.format(due=due, outside=outside), [*values, batch.pk])
            sealed = connection.Database.Binary(b"")
            cursor.execute(_LINES.format(due=due, outside=outside), [*values, sealed, batch.pk])
            count = cursor.rowcount
        batch.sheets.filter(lines=None).delete()
        return count

    def _cash(self) -> list[str]:
        return list(Programme.objects.filter(kind=Kind.CASH).values_list("pk", flat=True))

    def _read(self, sql: str, programmes: Collection[str]) -> list[tuple]:
        if not programmes:
            return []
        due, values = self._due(programmes)
        with connection.cursor() as cursor:
            cursor.execute(due + sql, values)
            return cursor.fetchall()

    def _due(self, programmes: Collection[str]) -> tuple[str, list]:
        of_terms = [(term, list(rules)) for term, rules in self.once.items() if rules]
        once = (
            " OR ".join(f"b.term_id = %s AND e.rule IN ({_marks(rules)})" for _, rules in of_terms) or "1 = 0"
        )
        rules = [value for term, codes in of_terms for value in (term, *codes)]
        sql = _DUE.format(
            once=once, marked=_MARKED, had=_HAD, terms=_marks(self.terms), programmes=_marks(programmes)
        )
        return sql, [*rules, *rules, *self.terms, *programmes]


def _marks(values: Collection[str]) -> str:
    return ", ".join(["%s"] * len(values))
