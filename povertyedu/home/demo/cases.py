"""Some children away from school, each in another step of a case, so that every page of the cases has something to show."""

import datetime as dt
import uuid

from dropout.actions import case_steps as steps
from dropout.actions import papers, visits
from dropout.actions.cases import open_case
from dropout.actions.escalation import escalate
from dropout.enums import CaseKind, CaseOrigin, Cause, Outcome, Placement
from dropout.models import Case, Duty
from povertyedu.accounts.models import User
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment, Student

from .accounts import SCHOOL

NAMES = ("teacher", "head", "village", "township", "basic")


def follow_children(term: str) -> int:
    """Open a case for some pupils of the visitor's school and take each as far as it goes; return how many."""
    by = {user.username: user.as_actor() for user in User.objects.filter(username__in=NAMES)}
    children = _children(term, 7)
    cases = [_opened(by["teacher"], child, term) for child in children]
    for case, story in zip(
        cases[1:], (_late, _persuaded, _watched, _to_confirm, _at_home, _mistaken), strict=False
    ):
        story(case, by)
    return len(cases)


def _children(term: str, many: int) -> list[Student]:
    rows = Enrolment.objects.of(term).filter(school__name=SCHOOL, stage=Stage.PRIMARY)
    found = rows.select_related("student__guardian").order_by("-grade", "school_class__name", "pk")
    return [row.student for row in found[:many]]


def _opened(by: Actor, child: Student, term: str) -> Case:
    return open_case(
        by=by, student=child, term=Term.objects.get(pk=term), origin=CaseOrigin.ATTENDANCE, kind=CaseKind.SUSPECTED,
        since=today() - dt.timedelta(days=12), note="一周多没有到校，电话没有人接",
    )  # fmt: skip


def _proof(name: str) -> StoredFile:
    return StoredFile.keep([b"\xff\xd8\xff"], name=name, purpose="case")


def _visited(case: Case, by: Actor, line: str, result: str, text: str) -> None:
    visits.report_visit(
        by=by, case=case, token=uuid.uuid4(), line=line, on=today(), visitor=by.name, way="home", met="guardian", result=result,
        text=text,
    )  # fmt: skip


def _late(case: Case, by: dict[str, Actor]) -> None:
    """Nobody verified it in time: it has climbed by now."""
    ago = today() - dt.timedelta(days=8)
    due = ago + dt.timedelta(days=3)
    Duty.objects.open().filter(case=case).update(opened_on=ago, first_due_on=due)
    Duty.objects.open().filter(case=case, due_on__isnull=False).update(due_on=due)
    escalate()


def _persuaded(case: Case, by: dict[str, Actor]) -> None:
    steps.verify(by=by["head"], case=case, reason="家访属实")
    visits.make_plan(
        by=by["teacher"], case=case, causes=Cause.WORK | Cause.HARDSHIP, measures="班主任结对辅导，村里联系父亲所在工地",
        placement=Placement.JOIN_CLASS, target_on=today() + dt.timedelta(days=14),
    )  # fmt: skip
    _visited(case, by["village"], "government", "wavering", "奶奶在家，说孩子随舅舅去了县城的饭店帮工")
    order = papers.issue_order(
        by=by["township"], case=case, guardian=_guardian(case), due_on=today() + dt.timedelta(days=7)
    )
    papers.deliver_order(by=by["township"], order=order, to=_guardian(case), on=today(), delivery="in_person")
    papers.draw_up_agreement(by=by["township"], case=case, guardian=_guardian(case))


def _guardian(case: Case) -> str:
    guardian = getattr(case.student, "guardian", None)
    return guardian.name if guardian else f"{case.student.name}的监护人"


def _watched(case: Case, by: dict[str, Actor]) -> None:
    _visited(case, by["teacher"], "education", "agreed", "母亲答应明天送孩子回校")
    steps.return_to_school(by=by["teacher"], case=case, on=today())
    steps.monitor(by=by["head"], case=case, reason="已在班里上课")


def _to_confirm(case: Case, by: dict[str, Actor]) -> None:
    steps.propose(
        by=by["teacher"], case=case, outcome=Outcome.TRANSFERRED, reason="已随父母转到遵义上学，有接收证明",
        where_to="遵义市红花岗区第九小学", evidence=_proof("接收证明.jpg"),
    )  # fmt: skip


def _at_home(case: Case, by: dict[str, Actor]) -> None:
    steps.propose(
        by=by["teacher"], case=case, outcome=Outcome.HOME_TAUGHT, reason="行动不便，需专人护理", evidence=_proof("评估意见.jpg")
    )  # fmt: skip
    steps.confirm(by=by["basic"], case=case)
    visits.report_lesson(
        by=by["teacher"], case=case, token=uuid.uuid4(), on=today(), lessons=3, subject="识字、数数", teacher=by["teacher"].name
    )  # fmt: skip


def _mistaken(case: Case, by: dict[str, Actor]) -> None:
    steps.propose(
        by=by["teacher"], case=case, outcome=Outcome.NOT_DROPOUT, reason="住院，请假条没有交到学校", evidence=_proof("病历.jpg")
    )  # fmt: skip
    steps.confirm(by=by["basic"], case=case)
