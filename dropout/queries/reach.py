"""The children whose case somebody may open: those of their places, on a roster or not."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from dropout.models import Case
from students.models import Enrolment, Student


def children_in_reach(user, permission: str) -> QuerySet[Student]:
    """Return the children enrolled where ``user`` holds ``permission``, followed there, or living there and on no roster ever."""
    enrolled = Enrolment.objects.filter(student=OuterRef("pk"))
    followed = Case.objects.visible_to(user, permission).filter(student=OuterRef("pk"))
    lives_there = user.scope(permission).area_q("home_area_id") & ~Exists(enrolled)
    seen = Enrolment.objects.visible_to(user, permission).filter(student=OuterRef("pk"))
    return Student.objects.filter(Q(Exists(seen)) | Q(Exists(followed)) | lives_there, merged_into=None)
