"""Children away from school for the tests of cases, and files that stand for evidence."""

import datetime as dt

from django.conf import settings

from dropout.actions import case_steps
from dropout.actions.cases import open_case
from dropout.models import Case
from povertyedu.celery import app
from povertyedu.files.models import StoredFile
from povertyedu.workflow.flow import Actor
from tests import factories

TEACHER = Actor(9001, "罗雪", "班主任")
CADRE = Actor(9002, "韦明", "村干部")
OFFICER = Actor(9003, "宋静", "基教股")
TOWNSHIP = Actor(9004, "石磊", "乡镇干部")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def evidence(name: str = "返校证明.jpg") -> StoredFile:
    return StoredFile.keep([b"\xff\xd8\xff evidence"], name=name, purpose="case")


def opened(student, term, *, kind: str = "suspected", since: str = "2020-10-12", note: str = "") -> Case:
    return open_case(
        by=TEACHER, student=student, term=term, origin="attendance", kind=kind, since=day(since), note=note
    )


def away(xiazhai, term, name: str = "罗娜", **fields) -> Case:
    return opened(factories.student(name, at=xiazhai, during=term), term, **fields)


def persuading(case: Case) -> Case:
    case_steps.verify(by=OFFICER, case=case)
    return case_steps.persuade(by=TEACHER, case=case)


def beat() -> None:
    """Run what beat's schedule starts every hour, as beat would: by the name of the task."""
    app.loader.import_default_modules()
    app.tasks[settings.CELERY["beat_schedule"]["daily actions"]["task"]].apply(throw=True)


class Clock:
    """The county's calendar, put to any day."""

    def __init__(self, patch):
        self.patch = patch

    def set(self, text: str) -> None:
        self.patch.setattr("django.utils.timezone.localdate", lambda *_: day(text))
