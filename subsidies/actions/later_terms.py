"""What a child got in one term can decide a later one: once in a lifetime, or a rule that asks what came before."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from povertyedu import bulk
from povertyedu.orgs.models import Term
from students.enums import ChangeCause
from students.models import Enrolment, FactChange
from subsidies import engine
from subsidies.queries import watched_programmes

from .policies import pack_of, policies_for


@dataclass(frozen=True)
class LaterTerms:
    """The open terms after one, each with the programmes of which its rules ask whether a child had them before."""

    watched: dict[str, frozenset[str]]

    @classmethod
    def after(cls, term: Term) -> "LaterTerms":
        later = list(Term.objects.filter(starts_on__gt=term.starts_on, is_closed=False))
        policies = policies_for(later) if later else {}
        watched = {
            code: watched_programmes(pack_of(policy), engine.Term.parse(code))
            for code, policy in policies.items()
        }
        return cls({code: programmes for code, programmes in watched.items() if programmes})

    def mark(self, changed: Iterable[tuple[int, str]]) -> int:
        """Mark, in the terms that ask, the children whose (student, programme) changed; return how many marks."""
        marks = 0
        for code, programmes in self.watched.items():
            students = {student for student, programme in changed if programme in programmes}
            if students:
                marks += _mark(code, students)
        return marks


def _mark(term: str, students: set[int]) -> int:
    with bulk.keys(Enrolment, "student_id", students) as keys, connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {FactChange._meta.db_table} (term_id, student_id, cause) "
            f"SELECT e.term_id, e.student_id, %s FROM {Enrolment._meta.db_table} e "
            f"WHERE e.term_id = %s AND e.student_id IN ({keys.sql})",
            [ChangeCause.EARLIER, term],
        )
        return cursor.rowcount
