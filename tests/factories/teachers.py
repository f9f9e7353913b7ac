"""Teachers, posts and establishments for tests, each with the least that makes it valid."""

import datetime as dt

from povertyedu.orgs.models import Person, School
from povertyedu.sealing import keyed_hash
from teachers.enums.registry import AppointmentKind, Origin, Subject, Title
from teachers.models import Appointment, Establishment, SchoolPlace, ServiceTerm, StaffStandard, Teacher
from tests import factories

SINCE = dt.date(2015, 9, 1)


def establishment(at: School, authorised: int = 50, **fields) -> Establishment:
    """Return the established posts of a school; an existing row keeps its number."""
    fields = {"authorised": authorised, "since": dt.date(2015, 1, 1), "document": "云编〔2015〕1号"} | fields
    return Establishment.objects.get_or_create(school=at, defaults=fields)[0]


def teacher(
    name: str = "王芳", at: School | None = None, *, subject: str = Subject.CHINESE, stage: str = "primary", since: dt.date = SINCE,
    kind: str = AppointmentKind.ESTABLISHED, numbered: bool = True, **fields,
) -> Teacher:  # fmt: skip
    """Return a teacher, posted at ``at`` since ``since`` when a school is given; its post is ``teacher.post``."""
    serial = factories.next_number()
    number = factories.id_number(serial, birth="19850312") if numbered else ""
    fields = {
        "code": f"T{serial:05d}", "sex": "female", "birth_on": dt.date(1985, 3, 12), "began_on": dt.date(2008, 9, 1),
        "title": Title.FIRST, "origin": Origin.OPEN_RECRUITMENT,
    } | fields  # fmt: skip
    made = Teacher.objects.create(
        person=Person.objects.create(name=name, school=at, title="教师"), stage=stage, subject=subject,
        id_number=number, id_hash=keyed_hash(number) if number else None, **fields,
    )  # fmt: skip
    if at:
        post(made, at, since=since, kind=kind)
    return made


def post(
    of: Teacher, at: School, *, since: dt.date = SINCE, until: dt.date | None = None, **fields
) -> Appointment:
    """Return a post at ``at``; the school gets an establishment of 50 when it has none."""
    establishment(at)
    return Appointment.objects.create(
        teacher=of,
        school=at,
        since=since,
        until=until,
        **{"subject": of.subject, "by_name": "人事股"} | fields,
    )


def service_term(
    of: Teacher, kind: str = "special_post", *, since: dt.date, until: dt.date, **fields
) -> ServiceTerm:
    return ServiceTerm.objects.create(teacher=of, kind=kind, since=since, until=until, **fields)


def place(at: School, latitude: str = "25.10000", longitude: str = "101.50000", **fields) -> SchoolPlace:
    return SchoolPlace.objects.update_or_create(
        school=at, defaults={"latitude": latitude, "longitude": longitude} | fields
    )[0]


def standards(since: dt.date = dt.date(2014, 12, 5)) -> None:
    """Keep the state's standards: 1:19, 1:13.5, 1:12.5."""
    for stage, pupils in (("primary", "19"), ("junior", "13.5"), ("senior", "12.5")):
        StaffStandard.objects.create(stage=stage, basis="pupils", amount=pupils, since=since)
