"""应聘人员: ranked, examined by rank, shown in public, hired by another person, posted, their terms watched."""

import datetime as dt
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.inbox.models import Message
from povertyedu.publicity.actions import answer_objection, record_objection
from povertyedu.publicity.models import Notice
from povertyedu.workflow.flow import StepRefused
from teachers.actions import candidates as actions
from teachers.actions import hiring, posting, service_terms
from teachers.actions.establishment import Authorised, authorise
from teachers.models import (
    Appointment,
    Candidate,
    CandidateDecision,
    HireList,
    PostLine,
    ServiceTerm,
    Teacher,
    TermEnd,
)
from tests import factories
from tests.teachers.recruiting import OPEN, SPECIAL, apply, approved, wanted

pytestmark = pytest.mark.django_db
SCORE = st.none() | st.decimals(0, 100, places=2)


@pytest.fixture
def plan(personnel, approver, xiazhai):
    """One post 语文 and two 数学 at 下寨小学, 公开招聘."""
    return approved(
        wanted(xiazhai, 1), wanted(xiazhai, 2, "mathematics"), by=personnel, approver=approver, **{OPEN: 3}
    )


@pytest.fixture
def chinese(plan):
    return PostLine.objects.get(subject="chinese")


def establish(school, posts: int, *, by) -> None:
    authorise(by=by.as_actor(), rows=[Authorised(school.pk, posts, dt.date(2020, 1, 1))])


def listed(plan, *, by) -> HireList:
    """Take everybody who is next to the public list."""
    actions.select(by=by.as_actor(), plan=plan)
    actions.clear_all(by=by.as_actor(), plan=plan)
    return hiring.open_list(by=by.as_actor(), plan=plan)


def hired(plan, *, by, approver, on_day) -> HireList:
    found = listed(plan, by=by)
    on_day(str(found.closes_on + dt.timedelta(days=1)))
    return hiring.approve(by=approver.as_actor(), hire_list=found)


def states() -> dict[str, str]:
    return dict(Candidate.objects.values_list("name", "state"))


@given(st.lists(st.tuples(SCORE, SCORE), max_size=12), st.integers(0, 100))
def test_rank_is_one_more_than_how_many_are_better(scores, percent):
    pairs = [(Candidate.weighed(written, interview, percent), written) for written, interview in scores]
    found = actions.ranks(pairs)
    for (total, written), rank in zip(pairs, found, strict=True):
        if total is None:
            assert rank is None
        else:
            own = (total, written or 0)
            assert rank == 1 + sum(1 for t, w in pairs if t is not None and (t, w or 0) > own)


def test_total_is_weighed_to_a_hundredth_half_up():
    assert Candidate.weighed(Decimal("85.5"), Decimal("90.25"), 60) == Decimal("87.40")  # 51.3 + 36.1
    assert Candidate.weighed(Decimal("80.01"), Decimal("80.00"), 50) == Decimal("80.01")  # 80.005
    assert Candidate.weighed(Decimal("80"), None, 100) == Decimal("80.00")
    assert Candidate.weighed(Decimal("80"), None, 60) is None


def test_best_go_on_as_many_as_there_are_posts_and_the_next_follow(personnel, plan, chinese):
    by = personnel.as_actor()
    first, second, third, absent = apply(
        chinese, ("甲", "80", "90"), ("乙", "90", "70"), ("丙", "60", "60"), ("丁", "99", None), by=personnel
    )
    ranks = dict(Candidate.objects.values_list("name", "rank"))
    assert ranks == {"甲": 1, "乙": 2, "丙": 3, "丁": None}  # 84, 82, 60
    for who, told in ((second, "甲名次在前"), (absent, "没有总成绩")):
        who.refresh_from_db()
        with pytest.raises(StepRefused, match=told):
            actions.choose(by=by, candidate=who)
    assert [each.name for each in actions.select(by=by, plan=plan)] == ["甲"]
    with pytest.raises(StepRefused, match="岗位都已有人"):
        actions.choose(by=by, candidate=second)
    first.refresh_from_db()
    actions.reject(by=by, candidate=first, reason="体检不合格")
    assert [each.name for each in actions.select(by=by, plan=plan)] == ["乙"]
    assert states() == {"甲": "out", "乙": "checking", "丙": "registered", "丁": "registered"}
    chinese.refresh_from_db()
    assert chinese.taken == 1
    assert [d.verb for d in CandidateDecision.objects.filter(subject=first)] == [
        "register",
        "select",
        "reject",
    ]
    assert CandidateDecision.broken_link(first) is None


def test_who_ties_across_the_last_post_waits_for_a_person_to_settle_it(personnel, plan, chinese):
    apply(chinese, ("甲", "80", "80"), ("乙", "80", "80"), by=personnel)
    assert actions.select(by=personnel.as_actor(), plan=plan) == []
    actions.choose(
        by=personnel.as_actor(), candidate=Candidate.objects.get(name="乙"), reason="同分，先聘本县户籍"
    )
    assert states() == {"甲": "registered", "乙": "checking"}


@pytest.mark.sql
def test_database_counts_posts_and_refuses_one_too_many(personnel, plan, chinese):
    apply(chinese, ("甲", "80", "80"), ("乙", "70", "80"), by=personnel)
    rows = Candidate.objects.filter(line=chinese)
    rows.filter(name="甲").update(state="checking")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.filter(name="乙").update(state="checking")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.filter(name="乙").update(state="hired")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.filter(name="甲").delete()
    chinese.refresh_from_db()
    assert chinese.taken == 1
    rows.filter(name="甲").update(state="out")
    chinese.refresh_from_db()
    assert chinese.taken == 0


def test_person_applies_once_per_plan(client, personnel, plan, chinese):
    client.force_login(personnel)
    page = reverse("teachers:candidate_new", args=[plan.pk])
    data = {
        "line": chinese.pk,
        "name": "罗丽",
        "id_number": factories.id_number(7, birth="19980312"),
        "written": "80",
        "interview": "",
    }
    assert client.post(page, data).status_code == 302
    again = client.post(page, data | {"line": PostLine.objects.get(subject="mathematics").pk})
    assert (again.status_code, "已经报了本计划的岗位" in again.content.decode()) == (422, True)
    assert client.post(page, data | {"id_number": "123"}).status_code == 422
    found = Candidate.objects.get()
    score = reverse("teachers:candidate_step", args=[found.pk, "score"])
    assert client.post(score, {"written": "80", "interview": "101"}).status_code == 422
    assert client.post(score, {"written": "80", "interview": "90"}).status_code == 302
    found.refresh_from_db()
    assert (found.total, found.rank) == (Decimal("84.00"), 1)
    page = client.get(found.get_absolute_url()).content.decode()
    assert found.id_number not in page
    assert f"{found.id_number[:6]}{10 * '*'}{found.id_number[-2:]}" in page


def test_list_shows_names_and_posts_only_and_waits_for_its_days_and_another_person(
    client, personnel, approver, plan, chinese, on_day
):
    on_day("2020-10-12")  # a Monday
    apply(chinese, ("罗丽", "80", "90"), by=personnel)
    found = listed(plan, by=personnel)
    assert found.closes_on == dt.date(2020, 10, 19)  # five working days after
    notice = Notice.objects.get()
    assert notice.rows == [
        {"name": "罗丽", "school": "城关镇下寨小学", "grade": "", "school_class": "", "programme": "小学语文"}
    ]
    page = client.get(reverse("publicity:public", args=[notice.token])).content.decode()
    assert "罗丽" in page
    assert "84.00" not in page
    assert "学生拟享受" not in page
    with pytest.raises(StepRefused, match="公示到 2020-10-19 为止"):
        hiring.approve(by=approver.as_actor(), hire_list=found)
    on_day("2020-10-20")
    with pytest.raises(StepRefused, match="批准人不能是拟订名单的人"):
        hiring.approve(by=personnel.as_actor(), hire_list=found)
    client.force_login(approver)
    assert "公示期满、待批准聘用的名单" in client.get("/").content.decode()
    assert (
        client.post(
            reverse("teachers:hire_list_step", args=[found.pk, "approve"]), {"reason": ""}
        ).status_code
        == 302
    )
    assert states() == {"罗丽": "hired"}


def test_objection_holds_the_list_and_upheld_strikes_the_name_off(
    client, personnel, approver, plan, chinese, on_day
):
    on_day("2020-10-12")
    apply(chinese, ("罗丽", "80", "90"), ("何勇", "70", "70"), by=personnel)
    apply(PostLine.objects.get(subject="mathematics"), ("周敏", "80", "80"), by=personnel)
    found = listed(plan, by=personnel)
    notice = Notice.objects.get()
    client.force_login(personnel)
    who = Candidate.objects.get(name="罗丽")
    data = {"subject": f"teachers.candidate:{who.pk}", "text": "学历不符", "raised_by": ""}
    assert client.post(reverse("publicity:object", args=[notice.pk]), data).status_code == 302
    on_day("2020-10-20")
    with pytest.raises(StepRefused, match="还有没处理的公示异议"):
        hiring.approve(by=approver.as_actor(), hire_list=found)
    objection = notice.objections.get()
    answer = {"result": "upheld", "answer": "毕业证书与报考条件不符"}
    assert client.post(reverse("publicity:answer", args=[objection.pk]), answer).status_code == 302
    hiring.approve(by=approver.as_actor(), hire_list=found)
    assert states() == {"罗丽": "out", "何勇": "registered", "周敏": "hired"}
    assert [each.name for each in actions.select(by=personnel.as_actor(), plan=plan)] == ["何勇"]


def test_aid_office_and_personnel_hear_only_their_own_notices(
    client, aid_officer, personnel, plan, chinese, on_day
):
    on_day("2020-10-12")
    apply(chinese, ("罗丽", "80", "90"), by=personnel)
    listed(plan, by=personnel)
    notice = Notice.objects.get()
    objection = record_objection(
        by=personnel.as_actor(), notice=notice, subject=f"teachers.candidate:{Candidate.objects.get().pk}", text="学历不符"
    )  # fmt: skip
    client.force_login(aid_officer)
    assert client.get(reverse("publicity:notice", args=[notice.pk])).status_code == 404
    assert client.get(reverse("publicity:answer", args=[objection.pk])).status_code == 404
    client.force_login(personnel)
    assert client.get(reverse("publicity:notice", args=[notice.pk])).status_code == 200
    assert "登记并暂缓该生" not in client.get(reverse("publicity:notice", args=[notice.pk])).content.decode()
    answer_objection(by=personnel.as_actor(), objection=objection, upheld=False, answer="证书已核对")
    assert states() == {"罗丽": "listed"}


def test_list_taken_back_takes_its_notices_down_and_may_be_shown_again(personnel, plan, chinese, on_day):
    on_day("2020-10-12")
    apply(chinese, ("罗丽", "80", "90"), by=personnel)
    found = listed(plan, by=personnel)
    hiring.withdraw_list(by=personnel.as_actor(), hire_list=found, reason="漏了一人")
    assert (states(), Notice.objects.get().state) == ({"罗丽": "cleared"}, "withdrawn")
    assert hiring.open_list(by=personnel.as_actor(), plan=plan).number == 2


def test_posting_makes_a_teacher_with_a_post_and_is_refused_without_a_place(
    client, personnel, approver, plan, chinese, xiazhai, on_day
):
    on_day("2020-08-10")
    apply(chinese, ("罗丽", "80", "90"), by=personnel)
    hired(plan, by=personnel, approver=approver, on_day=on_day)
    who = Candidate.objects.get()
    client.force_login(personnel)
    page = reverse("teachers:candidate_step", args=[who.pk, "post"])
    data = {"since": "2020-08-25", "code": "T0901", "kind": "established", "service_until": ""}
    refused = client.post(page, data)
    assert (refused.status_code, "还没有核定编制" in refused.content.decode()) == (422, True)
    assert (Teacher.objects.count(), states()) == (0, {"罗丽": "hired"})
    establish(xiazhai, 1, by=personnel)
    assert client.post(page, data).status_code == 302
    teacher, post = Teacher.objects.get(), Appointment.objects.get()
    assert (teacher.name, teacher.code, teacher.origin, teacher.began_on, teacher.birth_on) == (
        "罗丽", "T0901", "open_recruitment", dt.date(2020, 8, 25), dt.date(1998, 3, 12),
    )  # fmt: skip
    assert (post.school, post.subject, post.since, post.kind) == (
        xiazhai,
        "chinese",
        dt.date(2020, 8, 25),
        "established",
    )
    who.refresh_from_db()
    assert (who.state, who.teacher, who.posted_on) == ("posted", teacher, dt.date(2020, 8, 25))
    assert ServiceTerm.objects.count() == 0


def posted_special(personnel, approver, xiazhai, on_day, since="2020-09-01") -> ServiceTerm:
    plan = approved(wanted(xiazhai), by=personnel, approver=approver, **{SPECIAL: 1})
    on_day("2020-08-10")
    apply(PostLine.objects.get(), ("罗丽", "80", "90"), by=personnel)
    hired(plan, by=personnel, approver=approver, on_day=on_day)
    posting.post(
        by=personnel.as_actor(), candidate=Candidate.objects.get(), since=dt.date.fromisoformat(since), code="T1", kind="contract"
    )  # fmt: skip
    return ServiceTerm.objects.get()


def test_special_post_serves_three_years_and_is_reminded_of_in_time(
    client, personnel, approver, xiazhai, on_day
):
    term = posted_special(personnel, approver, xiazhai, on_day)
    assert (term.kind, term.since, term.until) == ("special_post", dt.date(2020, 9, 1), dt.date(2023, 8, 31))
    counts = []
    for day in (
        "2023-06-01",
        "2023-06-02",
        "2023-06-03",
        "2023-08-01",
        "2023-08-02",
        "2023-09-01",
        "2023-09-02",
    ):
        on_day(day)
        counts.append(service_terms.remind())
    assert counts == [0, 1, 0, 1, 0, 1, 0]  # 90 days before, 30 days before, over
    assert Message.objects.filter(to=personnel, text__contains="服务期").count() == 3
    client.force_login(personnel)
    home = client.get("/").content.decode()
    assert "服务期（合同）临近到期或已到期，待办理去向" in home
    assert "罗丽" in client.get(reverse("teachers:service_terms") + "?tab=over").content.decode()
    ledger = openpyxl.load_workbook(
        BytesIO(client.get(reverse("teachers:service_terms_export") + "?tab=over").content)
    ).active
    (row,) = (row for row in ledger.iter_rows(values_only=True) if row[0] == "罗丽")
    assert (row[3], str(row[5])[:10], row[6]) == ("特岗服务期", "2023-08-31", "已到期 2 天")


def test_term_ends_with_an_established_post_where_there_is_a_place(
    client, personnel, approver, xiazhai, on_day
):
    term = posted_special(personnel, approver, xiazhai, on_day)
    on_day("2023-08-20")
    client.force_login(personnel)
    page = reverse("teachers:service_term_end", args=[term.pk])
    data = {"outcome": "stay", "until": "", "reason": "考核合格"}
    assert client.post(page, data).status_code == 422  # nothing authorised
    assert TermEnd.objects.count() == 0
    establish(xiazhai, 1, by=personnel)
    assert client.post(page, data).status_code == 302
    term.refresh_from_db()
    assert (term.ended_on, term.end.outcome) == (dt.date(2023, 8, 20), "stay")
    assert Appointment.objects.get().kind == "established"
    assert client.post(page, data).status_code == 422  # once only


def test_who_leaves_after_the_term_no_longer_holds_a_post(personnel, approver, xiazhai, on_day):
    term = posted_special(personnel, approver, xiazhai, on_day)
    on_day("2023-09-10")
    service_terms.end(by=personnel.as_actor(), term=term, outcome="leave", reason="本人不愿续签")
    post = Appointment.objects.get()
    assert (post.until, post.teacher.state) == (dt.date(2023, 8, 31), "left")


def test_contract_after_the_term_begins_the_day_after(personnel, approver, xiazhai, on_day):
    term = posted_special(personnel, approver, xiazhai, on_day)
    on_day("2023-08-20")
    with pytest.raises(StepRefused, match="续签的止日应晚于"), transaction.atomic():
        service_terms.end(
            by=personnel.as_actor(), term=term, outcome="extend", reason="续签", until=term.until
        )
    service_terms.end(
        by=personnel.as_actor(), term=term, outcome="extend", reason="续签", until=dt.date(2024, 8, 31)
    )
    found = ServiceTerm.objects.get(ended_on=None)
    assert (found.kind, found.since, found.until) == ("contract", dt.date(2023, 9, 1), dt.date(2024, 8, 31))


@given(st.dates(dt.date(2000, 1, 1), dt.date(2060, 1, 1)), st.integers(1, 10))
def test_years_of_service_end_the_day_before_their_anniversary(since, years):
    after = posting.service_end(since, years) + dt.timedelta(days=1)
    assert after.year == since.year + years
    assert (after.month, after.day) == (
        (since.month, since.day) if (since.month, since.day) != (2, 29) or after.day == 29 else (3, 1)
    )


def test_head_sees_only_who_comes_to_the_own_school(
    client, school_head, personnel, approver, plan, chinese, qingshi, on_day
):
    on_day("2020-08-10")
    apply(chinese, ("罗丽", "80", "90"), ("何勇", "70", "70"), by=personnel)
    hired(plan, by=personnel, approver=approver, on_day=on_day)
    coming, waiting = Candidate.objects.get(name="罗丽"), Candidate.objects.get(name="何勇")
    client.force_login(school_head)
    page = client.get(reverse("teachers:arrivals")).content.decode()
    assert "罗丽" in page
    assert "何勇" not in page
    own = client.get(coming.get_absolute_url())
    assert own.status_code == 200
    assert "84.00" not in own.content.decode()
    assert client.get(waiting.get_absolute_url()).status_code == 404
    assert client.get(reverse("teachers:candidates", args=[plan.pk])).status_code == 403
    other = factories.user("邻校校长", ("school_head", qingshi))
    client.force_login(other)
    assert client.get(coming.get_absolute_url()).status_code == 404
    assert "罗丽" not in client.get(reverse("teachers:arrivals")).content.decode()


def test_transfer_goes_to_a_post_of_the_same_subject_that_lacks_applicants(
    client, personnel, approver, xiazhai, qingshi
):
    plan = approved(
        wanted(qingshi, remote=True), wanted(xiazhai), by=personnel, approver=approver, **{OPEN: 2}
    )
    far, near = PostLine.objects.get(school=qingshi), PostLine.objects.get(school=xiazhai)
    apply(near, ("甲", "80", "80"), ("乙", "70", "70"), by=personnel)
    client.force_login(personnel)
    second = Candidate.objects.get(name="乙")
    page = reverse("teachers:candidate_step", args=[second.pk, "transfer"])
    assert client.post(page, {"line": far.pk, "reason": "服从调剂"}).status_code == 302
    second.refresh_from_db()
    assert (second.line, second.rank) == (far, 1)
    with pytest.raises(StepRefused, match="不少于岗位数"):
        actions.transfer(
            by=personnel.as_actor(), candidate=Candidate.objects.get(name="甲"), line=far, reason="x"
        )
    assert [each.name for each in actions.select(by=personnel.as_actor(), plan=plan)] == ["乙", "甲"]


def test_together_steps_and_export(client, personnel, plan, chinese):
    apply(chinese, ("罗丽", "80", "90"), ("何勇", "70.5", "70"), by=personnel)
    client.force_login(personnel)
    for verb in ("select", "clear", "list"):
        assert client.get(reverse("teachers:candidates_together", args=[plan.pk, verb])).status_code == 200
        assert client.post(reverse("teachers:candidates_together", args=[plan.pk, verb])).status_code == 302
    assert states() == {"罗丽": "listed", "何勇": "registered"}
    content = client.get(reverse("teachers:candidates_export", args=[plan.pk])).content
    rows = list(openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True))
    assert [row[4:10] for row in rows if row[4] in ("罗丽", "何勇")] == [
        ("罗丽", "80.00", "90.00", "84.00", 1, "公示中"), ("何勇", "70.50", "70.00", "70.30", 2, "已报名"),
    ]  # fmt: skip


def test_list_of_candidates_takes_the_same_queries_for_one_and_for_thirty(client, personnel, plan, chinese):
    client.force_login(personnel)
    page = reverse("teachers:candidates", args=[plan.pk])
    pages = [
        page,
        f"{page}?print=1",
        reverse("teachers:candidates_export", args=[plan.pk]),
        reverse("teachers:arrivals"),
    ]

    def queries_of():
        counts = []
        for each in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(each).status_code == 200
            counts.append(len(caught))
        return counts

    apply(chinese, ("甲", "80", "80"), by=personnel)
    queries_of()
    few = queries_of()
    apply(chinese, *[(f"考生{number}", "70", "70") for number in range(30)], by=personnel)
    assert queries_of() == few
    rows = PostLine.objects.filter(pk=chinese.pk)
    assert rows.get().taken == 0
