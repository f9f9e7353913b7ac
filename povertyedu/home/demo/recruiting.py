"""Recruitment and training: last year's plan carried out, one with candidates on the way, one that waits, courses half reported."""

import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal

from povertyedu.accounts.models import User
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.publicity.models import Notice
from povertyedu.workflow.flow import Actor
from teachers.actions import candidates, hiring, posting, recruitment, training
from teachers.actions.candidates import Applicant
from teachers.enums.registry import AppointmentKind, Origin
from teachers.models import Establishment, HireList, PostLine, RecruitmentPlan, Teacher, TrainingCourse
from teachers.queries.lacks import wanted_for
from teachers.queries.recruitment import Wanted
from teachers.queries.training import picks_for

from .numbers import Numbers

SEED = 29
NAMES = (
    "陈晓燕", "李志远", "王秀兰", "张建波", "刘婷婷", "杨成林", "赵雨晴", "黄国栋", "周丽娟", "吴海峰", "徐梦洁", "孙立新", "马玉芳", "朱永强", "胡佳怡",
)  # fmt: skip
NEWCOMERS = ("罗晓梅", "韦春兰")


def recruit_and_train() -> None:
    """Fill recruitment and training; nothing where the county has no teachers yet."""
    if not Teacher.objects.exists():
        return
    users = {
        user.username: user.as_actor()
        for user in User.objects.filter(username__in=["personnel", "approver", "clerk"])
    }
    numbers = Numbers(random.Random(SEED))
    _have_recruited(users, numbers)
    _recruit(users, numbers)
    _train(users)


def _have_recruited(users: dict[str, Actor], numbers: Numbers) -> None:
    """Carry out last year's plan: two posts at schools with a place, whose teachers came this autumn and serve their term."""
    by, year = users["personnel"], today().year - 1
    plan = RecruitmentPlan(
        year=year, name=f"{year}年教师补充计划", document=f"云教发〔{year}〕6号", written_percent=60
    )
    recruitment.draw_up(by=by, plan=plan, targets={(Origin.SPECIAL_POST.value, ""): (2, 1)})
    free = {held.school_id for held in Establishment.objects.all() if held.filled < held.places}
    needs = [replace(wanted, short=1) for wanted, _ in wanted_for(plan, today()) if wanted.school in free]
    recruitment.draw_lines(by=by, plan=plan, needs=(needs or _by_hand())[:2])
    recruitment.submit(by=by, plan=plan)
    plan = recruitment.approve(by=users["approver"], plan=plan)
    for line, name in zip(PostLine.objects.filter(target__plan=plan).in_order(), NEWCOMERS, strict=False):
        candidates.register(
            by=by, plan=plan, applicants=[_applicant(line, name, numbers, Decimal(85), Decimal(90))]
        )
    candidates.select(by=by, plan=plan)
    if not candidates.clear_all(by=by, plan=plan):
        return
    listed = hiring.open_list(by=by, plan=plan)
    _over(listed)
    hiring.approve(by=users["approver"], hire_list=listed)
    for number, candidate in enumerate(listed.candidates.order_by("pk"), start=1):
        posting.post(
            by=by, candidate=candidate, since=dt.date(today().year, 9, 1), code=f"YL9{number:04d}", kind=AppointmentKind.CONTRACT
        )  # fmt: skip


def _over(listed: HireList) -> None:
    """Put the days of a publicity back, so that they are over: it was opened a fortnight ago."""
    back = listed.closes_on - today() + dt.timedelta(days=7)
    listed.drawn_on, listed.closes_on = listed.drawn_on - back, listed.closes_on - back
    listed.save(update_fields=["drawn_on", "closes_on"])
    Notice.objects.filter(about=listed.about).update(opens_on=listed.drawn_on, closes_on=listed.closes_on)


def _applicant(
    line: PostLine, name: str, numbers: Numbers, written: Decimal, interview: Decimal
) -> Applicant:
    # after every teacher of the demo: nobody has a number twice
    born = dt.date(2001, 1 + numbers.dice.randrange(12), 8)
    return Applicant(line.pk, name, numbers.identity(born, "女"), "", written, interview)


def _recruit(users: dict[str, Actor], numbers: Numbers) -> None:
    by, year = users["personnel"], today().year
    plan = RecruitmentPlan(
        year=year, name=f"{year}年教师补充计划", document=f"云教发〔{year}〕8号", written_percent=60
    )
    targets = {(Origin.SPECIAL_POST.value, ""): (3, 2), (Origin.OPEN_RECRUITMENT.value, ""): (3, 0)}
    recruitment.draw_up(by=by, plan=plan, targets=targets)
    needs = [wanted for wanted, _ in wanted_for(plan, today())] or _by_hand()
    recruitment.draw_lines(by=by, plan=plan, needs=needs)
    recruitment.submit(by=by, plan=plan)
    plan = recruitment.approve(by=users["approver"], plan=plan)
    dice, names = numbers.dice, iter(NAMES)
    for line in PostLine.objects.filter(target__plan=plan).in_order()[:4]:
        rows = [
            _applicant(line, name, numbers, Decimal(dice.randrange(60, 95)), Decimal(dice.randrange(70, 95)))
            for name, _ in zip(names, range(line.posts + 2), strict=False)
        ]
        candidates.register(by=by, plan=plan, applicants=rows)
    candidates.select(by=by, plan=plan)
    if candidates.clear_all(by=by, plan=plan):
        hiring.open_list(by=by, plan=plan)
    following = RecruitmentPlan(year=year + 1, name=f"{year + 1}年教师补充计划")
    recruitment.draw_up(by=by, plan=following, targets={(Origin.COMMISSIONED.value, ""): (5, 4)})
    recruitment.submit(by=by, plan=following)


def _by_hand() -> list[Wanted]:
    """Return posts for a county whose schools lack nobody by the standards: music and art at village schools."""
    schools = School.objects.filter(is_open=True, setting="rural", stage_set__stage="primary")[:3]
    return [
        Wanted(school.pk, "primary", subject, 1, True, "乡村学校、本学科没有教师")
        for school in schools
        for subject in ("music", "art")
    ]


def _train(users: dict[str, Actor]) -> None:
    by, day = users["personnel"], today()
    for level, people in (("national", 10), ("county", 120), ("school", 200)):
        training.set_target(by=by, year=day.year, level=level, people=people)
    over, coming = day - dt.timedelta(days=20), day + dt.timedelta(days=20)
    course, _ = (
        training.keep_course(
            by=by,
            course=TrainingCourse(
                name=name, level="county", form=form, organiser="县教师进修学校", starts_on=first, ends_on=first + dt.timedelta(days=4), hours=40, places=60
            ),
        )
        for name, form, first in (("乡村骨干教师研修班", "central", over), ("信息技术应用能力提升", "distance", coming))
    )  # fmt: skip
    picks = picks_for(course, Teacher.objects.all())[:12]
    trainees = training.enrol(by=users["clerk"], course=course, teachers=[pick.teacher for pick in picks])
    for number, trainee in enumerate(trainees[:8]):
        proof = training.Completion(40, f"云训{day.year}{number + 1:03d}", course.ends_on)
        training.report(by=users["clerk"], trainee=trainee, completion=proof)
    done = [training.confirm(by=by, trainee=trainee) for trainee in trainees[:5]]
    if done:
        training.hold_second_round(by=users["clerk"], trainee=done[0], starts_on=day, hours=4, places=20)
