"""乡镇工作补贴 and 乡村教师生活补助: from rates and days worked to what four people paid, once."""

import datetime as dt
from collections import Counter
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from povertyedu.audit.models import AccessEvent
from povertyedu.inbox.models import Message
from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import run
from teachers.actions import allowances as actions
from teachers.actions.allowances import open_due
from teachers.models import AllowanceLine, AllowanceRate, AllowanceRoll, Deployment, FormerTier
from teachers.queries.allowances import Due, month_before, settling_lines, shared_out
from teachers.queries.workplaces import Spell, overlay
from tests import factories
from tests.factories import teachers
from tests.teachers.caring import OCTOBER, carry, draw, lines, rate

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE = reverse("teachers:allowances")
SEPTEMBER, NOVEMBER = dt.date(2020, 9, 1), dt.date(2020, 11, 1)


@pytest.fixture
def bureau(personnel):
    return personnel


@pytest.fixture
def placed(xiazhai, qingshi):
    """下寨小学 is of tier 2 (300 yuan a month), 青石镇中心小学 of tier 1 (200 yuan)."""
    teachers.place(xiazhai, remoteness=2)
    teachers.place(qingshi, remoteness=1)
    rate()
    rate(20_000, tier=1)


@pytest.fixture
def wang(xiazhai, placed):
    return teachers.teacher("王芳", xiazhai)


def test_month_goes_from_the_list_to_paid_by_four_people(
    client, wang, xiazhai, clerk, bureau, approver, finance, on_day
):
    on_day("2020-11-03")
    client.force_login(bureau)
    assert (
        client.post(reverse("teachers:allowance_new"), {"kind": "rural", "month": "2020-10"}).status_code
        == 302
    )
    roll = AllowanceRoll.objects.get()
    sheet = roll.sheets.get()
    assert lines(roll) == [("王芳", OCTOBER, "regular", 30_000, "listed")]
    steps = (
        (clerk, reverse("teachers:allowance_sheet_step", args=[sheet.pk, "confirm"]), {}),
        (bureau, reverse("teachers:allowance_step", args=[roll.pk, "review"]), {}),
        (approver, reverse("teachers:allowance_step", args=[roll.pk, "approve"]), {}),
        (
            finance,
            reverse("teachers:allowance_step", args=[roll.pk, "pay"]),
            {"on": "2020-11-03", "voucher": "记-11"},
        ),
    )
    for user, address, data in steps:
        client.force_login(user)
        assert "300.00" in client.get(address).content.decode()
        assert client.post(address, data).status_code == 302
    roll.refresh_from_db()
    assert (roll.state, roll.voucher, lines(roll)) == (
        "paid",
        "记-11",
        [("王芳", OCTOBER, "regular", 30_000, "paid")],
    )
    assert [d.label for d in roll.decisions.all()] == [
        "生成名单",
        "审核同意，提交审批",
        "审批同意",
        "登记发放",
    ]
    answer = client.get(reverse("teachers:allowance_export", args=[roll.pk]))
    written = load_workbook(BytesIO(answer.content)).active
    assert [cell.value for cell in written[4]][1:9] == [
        wang.code,
        "王芳",
        "城关镇下寨小学",
        31,
        300,
        0,
        0,
        300,
    ]
    assert AccessEvent.objects.get().fields == "教师姓名、补助金额"


def test_nobody_acts_in_two_stages(wang, xiazhai, bureau, approver, finance, on_day):
    on_day("2020-11-03")
    roll = draw(bureau)
    both = factories.user(
        "两头",
        ("school_clerk", xiazhai),
        ("personnel_officer", factories.county()),
        ("finance", factories.county()),
    )
    actions.confirm(by=both.as_actor(), sheet=roll.sheets.get())
    with pytest.raises(actions.StepRefused, match="已办理“学校确认”环节"):
        actions.review(by=both.as_actor(), roll=roll)
    actions.review(by=bureau.as_actor(), roll=roll)
    with pytest.raises(actions.StepRefused, match="已办理“县局审核”环节"):
        actions.approve(by=bureau.as_actor(), roll=roll)
    actions.approve(by=approver.as_actor(), roll=roll)
    for who in (both, bureau, approver):
        with pytest.raises(actions.StepRefused):
            actions.pay(by=who.as_actor(), roll=roll, on=NOVEMBER, voucher="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        roll.seats.create(user_id=bureau.pk, stage="pay")


def test_days_are_counted_where_they_were_worked(placed, xiazhai, qingshi, bureau, on_day):
    """1 to 10 October at tier 2, then tier 1: (10 x 300 + 21 x 200) / 31 = 232.258... yuan."""
    on_day("2020-11-03")
    li = teachers.teacher("李明")
    teachers.post(li, xiazhai, since=dt.date(2020, 9, 1), until=dt.date(2020, 10, 10))
    teachers.post(li, qingshi, since=dt.date(2020, 10, 11))
    roll = draw(bureau)
    line = roll.lines.get()
    assert (line.amount_fen, line.days, line.sheet.school) == (23_226, 31, qingshi)
    assert [(p["school"], p["days"], p["rate_fen"], p["fen"]) for p in line.parts] == [
        ("城关镇下寨小学", 10, 30_000, 9_677), ("青石镇中心小学", 21, 20_000, 13_549),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "school", "fen"),
    [("support", "青石镇中心小学", 23_226), ("itinerant", "城关镇下寨小学", 30_000)],
)
def test_deployed_teacher_is_paid_where_the_work_is(
    placed, xiazhai, qingshi, bureau, on_day, kind, school, fen
):
    """Sent from 11 October on: (10 x 300 + 21 x 200) / 31; 走教 stays at the post and its rate."""
    on_day("2020-11-03")
    wang = teachers.teacher("王芳", xiazhai)
    Deployment.objects.create(
        teacher=wang, kind=kind, sending=xiazhai, receiving=qingshi, since=dt.date(2020, 10, 11), until=dt.date(2021, 7, 10), reason="支教",
        state="under_way", started_on=dt.date(2020, 10, 11), drafted_by="甲", drafted_by_id=1, asked_by_id=1, approved_by_id=2,
        approved_on=dt.date(2020, 10, 8), sending_agreed_by_id=3, receiving_agreed_by_id=4,
    )  # fmt: skip
    line = draw(bureau).lines.get()
    assert (line.sheet.school.name, line.amount_fen, line.days) == (school, fen, 31)


def test_contract_teachers_and_schools_without_a_rate_get_nothing_unless_the_rate_says_so(
    placed, xiazhai, bureau, on_day
):
    on_day("2020-11-03")
    town = factories.school("城关镇第一小学")
    teachers.teacher("城里", town)
    teachers.teacher("聘用", xiazhai, kind="contract")
    assert lines(draw(bureau)) == []
    AllowanceRate.objects.filter(tier=2).update(contract_too=True)
    assert lines(draw(bureau)) == [("聘用", OCTOBER, "regular", 30_000, "listed")]


def test_newest_rate_that_has_begun_holds_and_zero_ends_it(wang, bureau, on_day):
    on_day("2020-12-03")
    rate(35_000, since=NOVEMBER)
    rate(0, since=dt.date(2020, 12, 1))
    assert lines(draw(bureau, OCTOBER))[0][3] == 30_000
    assert lines(draw(bureau, NOVEMBER))[0][3] == 35_000
    assert lines(draw(bureau, dt.date(2020, 12, 1))) == []


def test_tier_that_changes_with_a_month_leaves_the_months_before_as_they_were(
    client, wang, xiazhai, bureau, on_day
):
    """Tier 2 (300 yuan) until October, tier 1 (200 yuan) from November on; a correction without a month holds for November alone."""
    on_day("2020-12-03")
    client.force_login(bureau)
    page = reverse("teachers:place", args=[xiazhai.pk])
    data = {"remoteness": "1", "latitude": "25.1", "longitude": "101.5", "document": "云教发〔2020〕21号"}
    for wrong in ("2020-11-15", "2021-01-01"):
        assert client.post(page, data | {"since": wrong}).status_code == 422
    assert client.post(page, data | {"since": "2020-11-01"}).status_code == 302
    assert [lines(draw(bureau, month))[0][3] for month in (OCTOBER, NOVEMBER)] == [30_000, 20_000]
    told = client.get(reverse("teachers:school_establishment", args=[xiazhai.pk])).content.decode()
    assert "一类（较近）；2020年11月以前二类（较远）" in told
    rate(10_000, tier=0)
    assert client.post(page, data | {"remoteness": "0"}).status_code == 302
    assert [lines(draw(bureau, month))[0][3] for month in (OCTOBER, NOVEMBER)] == [30_000, 10_000]
    assert client.post(page, data | {"remoteness": "2", "since": "2020-10-01"}).status_code == 302
    assert (FormerTier.objects.count(), [lines(draw(bureau, m))[0][3] for m in (OCTOBER, NOVEMBER)]) == (
        0,
        [30_000, 30_000],
    )


def test_who_is_at_an_office_gets_nothing_for_those_days(placed, xiazhai, bureau, on_day):
    """Sent to the bureau on 11 October: 10 x 300 / 31 = 96.774... yuan."""
    on_day("2020-11-03")
    wang = teachers.teacher("王芳", xiazhai)
    Deployment.objects.create(
        teacher=wang, kind="secondment", sending=xiazhai, office="县教育局教研室", since=dt.date(2020, 10, 11), until=dt.date(2021, 7, 10), reason="教研",
        state="under_way", started_on=dt.date(2020, 10, 11), drafted_by="甲", drafted_by_id=1, asked_by_id=1, approved_by_id=2,
        approved_on=dt.date(2020, 10, 8), sending_agreed_by_id=3,
    )  # fmt: skip
    line = draw(bureau).lines.get()
    assert (line.amount_fen, line.days) == (9_677, 10)


def test_drawing_up_again_changes_nothing_and_what_a_school_confirmed_stays(
    wang, xiazhai, clerk, bureau, on_day
):
    on_day("2020-11-03")
    roll = draw(bureau)
    assert (draw(bureau).pk, lines(roll)) == (roll.pk, [("王芳", OCTOBER, "regular", 30_000, "listed")])
    actions.confirm(by=clerk.as_actor(), sheet=roll.sheets.get())
    AllowanceRate.objects.filter(tier=2).update(monthly_fen=50_000)
    teachers.teacher("新来", xiazhai, since=dt.date(2020, 10, 1))
    draw(bureau)
    assert lines(roll) == [("王芳", OCTOBER, "regular", 30_000, "listed")]


def test_what_changed_since_is_shown_and_a_stale_sheet_is_not_confirmed(client, wang, clerk, bureau, on_day):
    on_day("2020-11-03")
    sheet = draw(bureau).sheets.get()
    AllowanceRate.objects.filter(tier=2).update(monthly_fen=31_000)
    client.force_login(clerk)
    shown = client.get(sheet.get_absolute_url())
    assert shown.context["changes"] == [
        {"name": "王芳", "for_month": OCTOBER, "was_fen": 30_000, "now_fen": 31_000}
    ]
    event = AccessEvent.objects.get()  # amounts are logged, whoever opens them
    assert (event.by_id, event.kind, event.reason) == (clerk.pk, "reveal", "查看补助名单")
    told = client.post(reverse("teachers:allowance_sheet_step", args=[sheet.pk, "confirm"]))
    assert (told.status_code, "请先点“重新测算”" in told.content.decode()) == (422, True)
    client.post(reverse("teachers:allowance_sheet_anew", args=[sheet.pk]))
    assert client.get(sheet.get_absolute_url()).context["changes"] == []
    assert (
        client.post(reverse("teachers:allowance_sheet_step", args=[sheet.pk, "confirm"])).status_code == 302
    )


def test_arrears_and_overpayment_of_a_paid_month_come_as_lines_of_their_own(
    wang, xiazhai, clerk, bureau, approver, finance, on_day
):
    on_day("2020-12-03")
    carry(draw(bureau), clerk, bureau, approver, finance)
    AllowanceRate.objects.filter(tier=2).update(monthly_fen=31_000)
    more = draw(bureau, NOVEMBER)
    assert lines(more) == [
        ("王芳", OCTOBER, "arrears", 1_000, "listed"),
        ("王芳", NOVEMBER, "regular", 31_000, "listed"),
    ]
    AllowanceRate.objects.filter(tier=2).update(monthly_fen=29_000)
    less = draw(bureau, NOVEMBER)
    assert lines(less) == [
        ("王芳", OCTOBER, "recovery", -1_000, "listed"),
        ("王芳", NOVEMBER, "regular", 29_000, "listed"),
    ]
    carry(less, clerk, bureau, approver, finance, on=dt.date(2020, 12, 1))
    assert lines(draw(bureau, dt.date(2020, 12, 1)))[:-1] == []


def test_held_lines_wait_and_come_back_as_arrears(client, wang, clerk, bureau, approver, finance, on_day):
    on_day("2020-12-03")
    teachers.teacher("李明", wang.post.school)
    roll = draw(bureau)
    sheet = roll.sheets.get()
    client.force_login(clerk)
    hold = reverse("teachers:allowance_line_step", args=[sheet.pk, wang.pk, "hold"])
    assert client.post(hold).status_code == 422
    assert client.post(hold, {"reason": "病假待核实"}).status_code == 302
    draw(bureau)
    carry(roll, clerk, bureau, approver, finance)
    assert lines(roll) == [
        ("王芳", OCTOBER, "regular", 30_000, "held"),
        ("李明", OCTOBER, "regular", 30_000, "paid"),
    ]
    later = draw(bureau, NOVEMBER)
    assert [(line[1], line[4]) for line in lines(later) if line[0] == "王芳"] == [
        (OCTOBER, "held"),
        (NOVEMBER, "held"),
    ]
    actions.release(by=clerk.as_actor(), sheet=later.sheets.get(), teacher=wang, reason="已核实")
    assert [line[2:] for line in lines(later) if line[0] == "王芳"] == [
        ("arrears", 30_000, "listed"),
        ("regular", 30_000, "listed"),
    ]


def test_payment_returned_by_the_bank_is_paid_again_next_month(
    client, wang, clerk, bureau, approver, finance, on_day
):
    on_day("2020-12-03")
    roll = carry(draw(bureau), clerk, bureau, approver, finance)
    client.force_login(finance)
    answer = client.post(
        reverse("teachers:allowance_line_step", args=[roll.sheets.get().pk, wang.pk, "fail"]),
        {"reason": "账号有误"},
    )
    assert (answer.status_code, lines(roll)) == (302, [("王芳", OCTOBER, "regular", 30_000, "failed")])
    assert "账号有误" in client.get(roll.get_absolute_url()).content.decode()
    assert lines(draw(bureau, NOVEMBER)) == [
        ("王芳", OCTOBER, "arrears", 30_000, "listed"),
        ("王芳", NOVEMBER, "regular", 30_000, "listed"),
    ]


def test_returned_sheet_and_roll_go_back_with_their_reason(client, wang, clerk, bureau, approver, on_day):
    on_day("2020-11-03")
    roll = draw(bureau)
    sheet = roll.sheets.get()
    actions.confirm(by=clerk.as_actor(), sheet=sheet)
    actions.review(by=bureau.as_actor(), roll=roll)
    client.force_login(approver)
    assert client.post(reverse("teachers:allowance_step", args=[roll.pk, "send_back"])).status_code == 422
    client.post(reverse("teachers:allowance_step", args=[roll.pk, "send_back"]), {"reason": "天数有误"})
    client.force_login(bureau)
    client.post(reverse("teachers:allowance_sheet_step", args=[sheet.pk, "return"]), {"reason": "核对天数"})
    sheet.refresh_from_db()
    assert (sheet.state, sheet.roll.state, Message.objects.get(to=clerk).text) == (
        "returned",
        "open",
        f"{sheet}被退回：核对天数",
    )
    with pytest.raises(actions.StepRefused, match="还有学校没有确认"):
        actions.review(by=bureau.as_actor(), roll=roll)


def test_database_refuses_a_second_payment_and_any_change_of_what_was_confirmed(
    wang, clerk, bureau, approver, finance, on_day
):
    on_day("2020-12-03")
    roll = draw(bureau)
    actions.confirm(by=clerk.as_actor(), sheet=roll.sheets.get())
    line = roll.lines.get()
    fields = {name: getattr(line, name) for name in ("teacher", "kind", "days", "due_fen")}
    other = AllowanceRoll.objects.create(kind="rural", month=NOVEMBER, drawn_by="甲")
    more = other.sheets.create(school=wang.post.school)
    twice = fields | {
        "roll": other,
        "sheet": more,
        "month": NOVEMBER,
        "for_month": OCTOBER,
        "nature": "arrears",
        "amount_fen": 1,
    }
    changes = (
        lambda: AllowanceLine.objects.create(**twice),
        lambda: AllowanceLine.objects.create(**twice | {"nature": "regular", "month": OCTOBER}),
        lambda: roll.lines.update(amount_fen=31_000),
        lambda: roll.lines.all().delete(),
        lambda: roll.lines.update(state="paid", settled_on=NOVEMBER),
        lambda: AllowanceRoll.objects.filter(pk=roll.pk).delete(),
    )
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    for verb, by in ((actions.review, bureau), (actions.approve, approver)):
        verb(by=by.as_actor(), roll=roll)
    actions.pay(by=finance.as_actor(), roll=roll, on=NOVEMBER, voucher="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        roll.lines.update(state="listed", settled_on=None)
    with pytest.raises(actions.StepRefused):
        actions.pay(by=finance.as_actor(), roll=roll, on=NOVEMBER, voucher="2")


def test_beat_draws_up_last_month_once_and_tells_the_school(
    wang, clerk, on_day, django_capture_on_commit_callbacks
):
    on_day("2020-11-01")
    rate(10_000, kind="township")
    with django_capture_on_commit_callbacks():
        jobs = open_due()
    assert sorted(job.label for job in jobs) == [
        "生成2020年10月乡村教师生活补助名单",
        "生成2020年10月乡镇工作补贴名单",
    ]
    assert open_due() == []
    for job in jobs * 2:
        run(job.pk)
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}
    assert sorted(AllowanceRoll.objects.values_list("kind", "month", "lines__amount_fen")) == [
        ("rural", OCTOBER, 30_000), ("township", OCTOBER, 10_000),
    ]  # fmt: skip
    assert Message.objects.filter(to=clerk).count() == 2
    assert open_due() == []


def test_neighbour_and_head_see_no_amounts_and_a_school_sees_its_own(
    client, wang, qingshi, clerk, neighbour, bureau, leader, on_day
):
    on_day("2020-11-03")
    roll = draw(bureau)
    sheet = roll.sheets.get()
    head = factories.user("吴校长", ("school_head", wang.post.school))
    for user, status in ((neighbour, 404), (head, 403), (leader, 403), (clerk, 200)):
        client.force_login(user)
        assert {
            client.get(page).status_code for page in (sheet.get_absolute_url(), roll.get_absolute_url())
        } == {status}
    teachers.teacher("邻校", qingshi)
    draw(bureau)
    client.force_login(clerk)
    page = client.get(roll.get_absolute_url())
    assert ([s.school for s in page.context["sheets"]], page.context["sums"]["total_fen"]) == (
        [wang.post.school],
        30_000,
    )


def test_rates_are_dated_cite_a_document_and_are_kept_by_the_bureau(client, bureau, clerk):
    client.force_login(bureau)
    assert "还没有补助标准" in client.get(reverse("teachers:allowance_rates")).content.decode()
    new = reverse("teachers:allowance_rate_new")
    data = {
        "kind": "rural",
        "tier": "3",
        "since": "2020-09",
        "monthly_fen": "400",
        "document": "云教发〔2020〕5号",
    }
    scan = SimpleUploadedFile("文件.pdf", b"%PDF-1.4")
    assert client.post(new, data | {"scan": scan}).status_code == 302
    made = AllowanceRate.objects.get()
    assert (made.tier, made.since, made.monthly_fen, made.document) == (
        3,
        SEPTEMBER,
        40_000,
        "云教发〔2020〕5号",
    )
    sent = client.get(reverse("teachers:allowance_rate_scan", args=[made.pk]))
    assert b"".join(sent.streaming_content) == b"%PDF-1.4"
    again = client.post(new, data)
    assert (again.status_code, "已经有了" in again.content.decode()) == (422, True)
    for wrong in (
        {"monthly_fen": "x"},
        {"since": "2020-13"},
        {"document": ""},
        {"monthly_fen": "-1"},
        {"monthly_fen": "1.234"},
    ):
        assert client.post(new, data | wrong).status_code == 422
    client.post(reverse("teachers:allowance_rate_edit", args=[made.pk]), data | {"monthly_fen": "420.50"})
    made.refresh_from_db()
    assert made.monthly_fen == 42_050
    client.force_login(clerk)
    assert client.post(new, data).status_code == 403


def test_pages_take_the_same_queries_for_one_and_for_forty_teachers(client, wang, xiazhai, bureau, on_day):
    on_day("2020-11-03")
    roll = draw(bureau)
    client.force_login(bureau)
    pages = (PAGE, roll.get_absolute_url(), roll.sheets.get().get_absolute_url())

    def queries() -> list[int]:
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    queries()
    few = queries()
    for number in range(40):
        teachers.teacher(f"教师{number}", xiazhai)
    with CaptureQueriesContext(connection) as caught:
        draw(bureau)
    assert (queries(), roll.lines.count(), len(caught) < 45) == (few, 41, True)


def test_empty_page_says_what_to_do_next(client, bureau, clerk):
    client.force_login(bureau)
    assert "新增标准" in client.get(PAGE).content.decode()
    rate()
    assert "生成名单" in client.get(PAGE).content.decode()
    client.force_login(clerk)
    assert "还没有名单" in client.get(PAGE).content.decode()


# --- arithmetic ------------------------------------------------------------------------------------


@given(
    parts=st.lists(st.tuples(st.integers(1, 31), st.integers(1, 500_000)), min_size=1, max_size=5),
    month=st.sampled_from([28, 29, 30, 31]),
)
def test_parts_add_up_to_the_month_rounded_once(parts, month):
    fen = shared_out(parts, month)
    exact = sum(days * each for days, each in parts)
    assert abs(2 * (sum(fen) * month - exact)) <= month
    assert all(part >= 0 for part in fen)
    assert shared_out([(month, 30_000)], month) == [30_000]


@given(months=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=8))
def test_lines_settle_each_month_and_keep_back_no_more_than_is_paid(months):
    """(what a month comes to, what is settled of it), the newest last."""
    dues = {month_before(NOVEMBER, len(months) - n): Due(fen, 30, 1) for n, (fen, _) in enumerate(months)}
    settled = Counter({(7, of): fen for of, (_, fen) in zip(dues, months, strict=True)})
    found = settling_lines(7, dues, settled, max(dues), 1)
    after = settled + Counter({(7, line.for_month): line.amount_fen for line in found if line.amount_fen > 0})
    for line in found:
        if line.amount_fen < 0:
            after[7, line.for_month] += line.amount_fen
    more = sum(max(0, fen - paid) for fen, paid in months)
    less = sum(max(0, paid - fen) for fen, paid in months)
    assert sum(line.amount_fen for line in found) == max(0, more - less)
    assert all(after[7, of] >= due.fen for of, due in dues.items())
    assert sum(after[7, of] - due.fen for of, due in dues.items()) == max(0, less - more)
    assert all(
        (line.nature == "regular") == (line.for_month == max(dues) and line.amount_fen > 0) for line in found
    )


days = st.integers(0, 60).map(lambda number: dt.date(2020, 9, 1) + dt.timedelta(days=number))


@st.composite
def spells(draw, schools):
    """Spells that do not overlap each other."""
    ends = sorted(draw(st.lists(days, unique=True, max_size=8)))
    return [Spell(draw(st.sampled_from(schools)), *ends[n : n + 2]) for n in range(0, len(ends) - 1, 2)]


@given(posts=spells([1, 2]), elsewhere=spells([8, 9]))
def test_each_day_of_a_post_is_worked_at_one_place(posts, elsewhere):
    def by_day(found):
        return {
            spell.first + dt.timedelta(days=n): spell.school for spell in found for n in range(spell.days)
        }

    found, away = overlay(posts, elsewhere), by_day(elsewhere)
    assert by_day(found) == {day: away.get(day, school) for day, school in by_day(posts).items()}
    assert sum(spell.days for spell in found) == len(by_day(posts))


@given(year=st.integers(2000, 2100), month=st.integers(1, 12), back=st.integers(0, 40))
def test_months_are_counted_back_over_years(year, month, back):
    found = month_before(dt.date(year, month, 17), back)
    assert (found.day, (year - found.year) * 12 + month - found.month) == (1, back)
