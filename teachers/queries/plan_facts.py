"""The county as the planning of deployments reads it: schools, posts and teachers of a day. Queries do not grow with the rows."""

import datetime as dt
from collections import Counter

from django.db.models import Q

from povertyedu.orgs.enums import SchoolKind, Setting
from povertyedu.orgs.models import School, Term
from teachers import planning
from teachers.enums.deployment import NOT_TO_BE
from teachers.enums.posts import post_label
from teachers.enums.registry import AppointmentKind, Remoteness, Subject, TeacherState
from teachers.models import Appointment, Deployment, SchoolPlace

from .need import SchoolNeed, school_needs

REMOTE_FROM = Remoteness.THIRD
TERM_DAYS = 180  # where no earlier term is known
VILLAGE_KINDS = (SchoolKind.PRIMARY, SchoolKind.TEACHING_POINT)


def read_facts(day: dt.date, *, term: Term, since: dt.date, until: dt.date) -> planning.Facts:
    """Return the public schools with their need on ``day`` and who holds an established post there.

    Who is not active, or is to work elsewhere some day from ``since`` to ``until`` already, drafts included, is not here; who did in the
    term before ``term`` has not rested.
    """
    before = Term.objects.filter(starts_on__lt=term.starts_on).order_by("-starts_on").first()
    last_term = before.starts_on if before else since - dt.timedelta(days=TERM_DAYS)
    busy, tired = _away(since, until), _away(last_term, until)
    schools = list(School.objects.public().select_related("area").order_by("pk"))
    needs = school_needs(schools, day)
    places = {place.school_id: place for place in SchoolPlace.objects.all()}
    small = {
        (need.school.pk, stage.stage) for need in needs for stage in need.stages if stage.is_full_subject
    }
    known = {school.pk for school in schools}
    rows = (
        Appointment.objects.in_force(day)
        .filter(teacher__state=TeacherState.ACTIVE, school__in=known, kind=AppointmentKind.ESTABLISHED)
        .order_by("teacher")
        .values_list(
            "teacher", "school", "subject", "teacher__stage", "teacher__can_teach_all", "teacher__backbone", "teacher__willing_remote",
            "teacher__family_care", "teacher__home_area",
        )
    )  # fmt: skip
    teachers, backbone = [], Counter()
    for key, school, subject, stage, can_teach_all, rank, willing, care, home in rows:
        full = can_teach_all or subject == Subject.ALL
        # In a small school who teaches all counts for all, not for one subject.
        taught = Subject.ALL.value if full and (school, stage) in small else subject
        backbone[school] += rank != ""
        if key in busy:
            continue
        teachers.append(
            planning.Teacher(key, school, stage, taught, full, rank != "", willing, care, home.ljust(12, "0") if home else "", key not in tired)
        )  # fmt: skip
    return planning.Facts(
        tuple(_school(need, places.get(need.school.pk), backbone[need.school.pk]) for need in needs),
        tuple(post for need in needs for post in _posts(need)), tuple(teachers),
    )  # fmt: skip


def _away(first: dt.date, last: dt.date) -> set[int]:
    """Return who works elsewhere on some day from ``first`` to ``last``, or is asked or drafted to."""
    rows = Deployment.objects.exclude(state__in=NOT_TO_BE).filter(since__lte=last, until__gte=first)
    return set(rows.filter(Q(ended_on=None) | Q(ended_on__gte=first)).values_list("teacher", flat=True))


def _school(need: SchoolNeed, place: SchoolPlace | None, backbone: int) -> planning.School:
    school = need.school
    return planning.School(
        id=school.pk, name=school.name, area=school.area.full_code,
        lat=float(place.latitude) if place and place.latitude is not None else None,
        lon=float(place.longitude) if place and place.longitude is not None else None,
        remote=bool(place and place.remoteness >= REMOTE_FROM),
        village=school.setting == Setting.RURAL and school.kind in VILLAGE_KINDS,
        poor=school.area.is_poor_village, quality=bool(place and place.is_quality),
        need=need.needed, staff=need.staff, backbone=backbone,
    )  # fmt: skip


def _posts(need: SchoolNeed) -> list[planning.Post]:
    return [
        planning.Post(need.school.pk, stage.stage, each.subject, post_label(stage.stage, each.subject), each.needed, each.staff)
        for stage in need.stages
        if stage.needed is not None  # without a standard nothing can be said of it
        for each in stage.subjects
    ]  # fmt: skip
