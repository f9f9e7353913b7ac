"""Two records of one child, and what two people do with them."""

import datetime as dt

from povertyedu.sealing import keyed_hash
from students.actions import duplicates
from students.models import Student
from tests import factories

BIRTH = dt.date(2010, 5, 12)


def another(at, during, name="罗娜", **fields):
    return factories.student(name, at=at, during=during, **({"birth_date": BIRTH} | fields))


def without_id(student: Student, *, student_no: str = "J5299012010051200001"[:19]) -> Student:
    """A record as it stands before the ID number is known: a temporary 学籍号 only."""
    Student.objects.filter(pk=student.pk).update(
        id_number="",
        id_hash=None,
        id_tail_hash="",
        student_no=student_no,
        student_no_hash=keyed_hash(student_no),
    )
    student.refresh_from_db()
    return student


def propose(pair, aid, keeper=None):
    duplicates.propose(by=aid.as_actor(), pair=pair, keeper=keeper or pair.first)
    pair.refresh_from_db()


def merge(pair, aid, administrator, keeper=None):
    propose(pair, aid, keeper)
    duplicates.confirm(by=administrator.as_actor(), pair=pair)
    pair.refresh_from_db()
    return pair


def take_back(pair, asks, confirms, reason):
    duplicates.ask_undo(by=asks.as_actor(), pair=pair, reason=reason)
    duplicates.undo(by=confirms.as_actor(), pair=pair)
