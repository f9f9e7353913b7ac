"""Reads for moves between schools."""

from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from students.enums import EnrolmentStatus, Place
from students.models import Departure, Enrolment, Student


def child_named(id_number: str, name: str) -> Student | None:
    """Return the child whose number and name are both these: whoever knows both may ask for a transfer."""
    return Student.objects.with_id_hash(keyed_hash(id_number)).filter(name=name).first()


def last_place(student: Student, term: Term) -> Enrolment | None:
    """Return the child's newest enrolment before ``term`` where a school of the county has not let it go.

    It studies there or has leave, and did not depart at the turn of a term since; None where no school
    of the county holds it.
    """
    earlier = student.enrolments.filter(term__starts_on__lt=term.starts_on)
    newest = earlier.select_related("school", "term").order_by("-term__starts_on").first()
    if newest is None or newest.place != Place.IN_COUNTY:
        return None
    if newest.status in (EnrolmentStatus.LEFT, EnrolmentStatus.GRADUATED):
        return None
    since = {"term__starts_on__gt": newest.term.starts_on, "term__starts_on__lte": term.starts_on}
    return None if Departure.objects.filter(student=student, **since).exists() else newest
