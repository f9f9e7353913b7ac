"""Plans of recruitment for tests, at each step, by the verbs themselves."""

import datetime as dt
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile

from povertyedu.accounts.models import User
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from teachers.actions import candidates, hiring, posting, recruitment, training
from teachers.actions.candidates import Applicant
from teachers.models import Candidate, PostLine, RecruitmentPlan, TrainingCourse
from teachers.queries.recruitment import Wanted
from tests import factories
from tests.factories import teachers

OPEN, SPECIAL, COMMISSIONED = "open_recruitment", "special_post", "commissioned"


def drawn(*, by: User, year: int = 2020, name: str = "教师补充计划", **channels: int) -> RecruitmentPlan:
    """Return a draft with so many posts by channel."""
    targets = {(channel, ""): (posts, 0) for channel, posts in (channels or {OPEN: 1}).items()}
    plan = RecruitmentPlan(year=year, name=name, written_percent=60)
    return recruitment.draw_up(by=by.as_actor(), plan=plan, targets=targets)


def wanted(
    school: School, short: int = 1, subject: str = "chinese", stage: str = "primary", *, remote=False
) -> Wanted:
    return Wanted(school.pk, stage, subject, short, remote, "缺编")


def approved(*needs: Wanted, by: User, approver: User, **channels: int) -> RecruitmentPlan:
    """Return an approved plan whose posts are placed on ``needs``."""
    plan = drawn(by=by, **channels)
    recruitment.draw_lines(by=by.as_actor(), plan=plan, needs=needs)
    recruitment.submit(by=by.as_actor(), plan=plan)
    return recruitment.approve(by=approver.as_actor(), plan=plan)


def apply(line: PostLine, *people: tuple[str, str | None, str | None], by: User) -> list[Candidate]:
    """Register people of (name, written, interview) for a post line."""
    rows = [
        Applicant(
            line.pk, name, factories.id_number(birth="19980312"), "",
            written and Decimal(written), interview and Decimal(interview),
        )
        for name, written, interview in people
    ]  # fmt: skip
    return candidates.register(by=by.as_actor(), plan=line.target.plan, applicants=rows)


def hire(plan: RecruitmentPlan, *, by: User, approver: User) -> None:
    """Take the best who applied on: examined, listed in public, hired."""
    actor = by.as_actor()
    candidates.select(by=actor, plan=plan)
    candidates.clear_all(by=actor, plan=plan)
    hire_list = hiring.open_list(by=actor, plan=plan)
    hire_list.closes_on = today() - dt.timedelta(days=1)
    hire_list.save(update_fields=["closes_on"])
    hiring.approve(by=approver.as_actor(), hire_list=hire_list)


def posted(candidate: Candidate, *, by: User, approver: User, since: dt.date) -> Candidate:
    """Take who applied all the way, at work from ``since`` on."""
    hire(candidate.plan, by=by, approver=approver)
    candidate.refresh_from_db()
    return posting.post(by=by.as_actor(), candidate=candidate, since=since, code="T0901", kind="established")


def one_of_each(school: School, *, by: User, approver: User) -> dict[str, object]:
    """Return a draft with a post line, and who was hired from a list with a term to serve: one of each for the routes."""
    draft = drawn(by=by, name="待批计划")
    recruitment.draw_lines(by=by.as_actor(), plan=draft, needs=[wanted(school)])
    plan = approved(wanted(school, subject="art"), by=by, approver=approver)
    candidate = apply(PostLine.objects.get(target__plan=plan), ("新教师", "80", "90"), by=by)[0]
    candidates.select(by=by.as_actor(), plan=plan)
    candidates.clear_all(by=by.as_actor(), plan=plan)
    hire_list = hiring.open_list(by=by.as_actor(), plan=plan)
    hire_list.closes_on = today() - dt.timedelta(days=1)
    hire_list.save(update_fields=["closes_on"])
    hire_list = hiring.approve(by=approver.as_actor(), hire_list=hire_list)
    teacher = teachers.teacher("特岗教师", school)
    term = teachers.service_term(teacher, since=today(), until=today() + dt.timedelta(days=60))
    return {
        "recruitment_plan": draft, "post_line": PostLine.objects.get(target__plan=draft), "candidate": candidate, "hire_list": hire_list,
        "service_term": term,
        **_trained(school, teacher, by=by),
    }  # fmt: skip


def _trained(school: School, teacher, *, by: User) -> dict[str, object]:
    """Return a course that the school holds, and who reported it completed with a scan."""
    course = training.keep_course(
        by=by.as_actor(),
        course=TrainingCourse(
            name="校本研修", level="school", form="in_school", starts_on=today(), ends_on=today(), hours=4, places=5, school=school
        ),
    )  # fmt: skip
    trainee = training.enrol(by=by.as_actor(), course=course, teachers=[teacher])[0]
    scan = SimpleUploadedFile("证书.png", b"\x89PNG")
    training.report(
        by=by.as_actor(), trainee=trainee, completion=training.Completion(4), upload=scan, account=by
    )
    return {"training_course": course, "trainee": trainee}
