"""缺口清单: reckoned from standards and children, ordered by urgency, from gap to project to closed by another person."""

from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.orgs.models import School
from povertyedu.workflow.flow import StepRefused
from projects.actions import gaps as actions
from projects.actions import work
from projects.actions.gaps import NewGap
from projects.models import Condition, Gap, GapDecision, Standard
from projects.queries.needs import Roll, reckon
from tests import factories
from tests.projects.building import project_at

pytestmark = pytest.mark.django_db
PAGE = reverse("projects:gaps")


def gap_of(school, item="课桌椅", *, by, needed=100, present=60, **more) -> Gap:
    new = NewGap(school.pk, item, "套", Decimal(needed), Decimal(present), **more)
    return actions.report(by=by, gaps=[new])[0]


def step(client, gap, verb, **data):
    return client.post(reverse("projects:gap_step", args=[gap.pk, verb]), data)


def standard(item, amount, basis, stage="", unit="套"):
    return Standard(item=item, unit=unit, stage=stage, basis=basis, amount=Decimal(amount))


def test_needs_are_standards_times_pupils_boarders_classes_and_schools():
    roll = Roll()
    roll.pupils |= {"primary": 430, "junior": 151}
    roll.boarders |= {"junior": 90}
    roll.classes |= {"primary": [45, 46, 45], "junior": [50, 51, 50]}
    needs = reckon(
        [
            standard("图书", "15", "pupil", "primary", "册"), standard("图书", "25", "pupil", "junior", "册"), standard("学生用床", "1", "boarder", unit="张"),
            standard("计算机", "0.1", "pupil", unit="台"), standard("教学用房", "4.5", "pupil", "primary", "平方米"), standard("实验室", "1", "school", "junior", "间"),
            standard("实验室", "1", "school", "senior", "间"), standard("班班通", "1", "class", unit="间"), standard("班额", "45", "class_cap", "primary", "班"),
        ],
        roll,
        {"图书": Decimal(9000), "计算机": Decimal(59)},
    )  # fmt: skip
    assert {need.item: (need.needed, need.present, need.short) for need in needs} == {
        "图书": (Decimal(10_225), Decimal(9_000), Decimal(1_225)),  # 430 x 15 + 151 x 25
        "学生用床": (Decimal(90), None, None),
        "计算机": (Decimal(59), Decimal(59), Decimal(0)),  # 581 x 0.1 = 58.1, a whole one more
        "教学用房": (Decimal("1935.0"), None, None),
        "实验室": (Decimal(1), None, None),  # no senior pupils
        "班班通": (Decimal(6), None, None),
        "班额": (Decimal(3), Decimal(2), Decimal(1)),  # one primary class of 46
    }


@pytest.fixture
def children(xiazhai, autumn):
    for number in range(5):
        factories.student(f"孩子{number}", at=xiazhai, during=autumn, boarding=number < 2)


def test_gaps_are_reckoned_kept_up_and_gone_by_themselves(officer, xiazhai, autumn, children):
    by = officer.as_actor()
    assert actions.take_usual_standards(by=by) == 16
    assert actions.take_usual_standards(by=by) == 0
    actions.say_conditions(
        by=by, rows=[(xiazhai.pk, "课桌椅", Decimal(3)), (xiazhai.pk, "学生用床", Decimal(2))]
    )
    schools = [xiazhai.pk]
    assert actions.reckon(by=by, term=autumn, schools=schools) == {"created": 1, "updated": 0, "gone": 0}
    assert actions.reckon(by=by, term=autumn, schools=schools) == {"created": 0, "updated": 0, "gone": 0}
    gap = Gap.objects.get()
    assert (gap.item, gap.needed, gap.present, gap.short, gap.note) == (
        "课桌椅",
        5,
        3,
        2,
        "5 × 1（每名学生）",
    )
    actions.say_conditions(by=by, rows=[(xiazhai.pk, "课桌椅", Decimal(4))])
    assert actions.reckon(by=by, term=autumn, schools=schools) == {"created": 0, "updated": 1, "gone": 0}
    actions.say_conditions(by=by, rows=[(xiazhai.pk, "课桌椅", Decimal(5))])
    assert actions.reckon(by=by, term=autumn, schools=schools) == {"created": 0, "updated": 0, "gone": 1}
    gap.refresh_from_db()
    assert (gap.state, gap.decisions.last().reason) == ("dropped", "按现状和标准测算，已不缺")


def test_order_is_hazard_poor_village_boarding_then_share_with_its_reasons(client, officer, xiazhai, qingshi):
    by = officer.as_actor()
    poor = factories.village("529901100077", "穷山村")
    type(poor).objects.filter(pk=poor.pk).update(is_poor_village=True)
    village_school = factories.school("穷山小学", area=poor)
    boarding = factories.school("寄宿小学", takes_boarders=True)
    gap_of(qingshi, by=by, needed=100, present=10)
    gap_of(boarding, by=by, needed=100, present=50)
    gap_of(village_school, by=by, needed=100, present=90)
    gap_of(xiazhai, "围墙", by=by, needed=100, present=95, is_hazard=True)
    client.force_login(officer)
    rows = client.get(PAGE).context["page"].object_list
    assert [(row.school.name, row.reasons) for row in rows] == [
        ("城关镇下寨小学", ["安全隐患", "缺 5%"]), ("穷山小学", ["贫困村", "缺 10%"]), ("寄宿小学", ["寄宿制", "缺 50%"]), ("青石镇中心小学", ["缺 90%"]),
    ]  # fmt: skip
    book = openpyxl.load_workbook(BytesIO(client.get(reverse("projects:gaps_export")).content)).active
    cells = [[cell for cell in row if cell is not None] for row in book.iter_rows(values_only=True)]
    assert [row[1] for row in cells if row and row[0] in (1, 2, 3, 4)] == [row.school.name for row in rows]


def test_gap_goes_into_a_project_is_filled_with_proof_and_closed_by_another_person(
    client, clerk, officer, xiazhai, qingshi
):
    gap = gap_of(xiazhai, by=clerk.as_actor())
    project = project_at(xiazhai, by=officer.as_actor(), name="课桌椅采购")
    other = project_at(qingshi, by=officer.as_actor(), name="别校项目")
    client.force_login(officer)
    assert step(client, gap, "plan", project=other.pk).status_code == 422
    assert step(client, gap, "plan", project=project.pk).status_code == 302
    assert "课桌椅采购" in client.get(reverse("projects:school_plan", args=[xiazhai.pk])).content.decode()
    client.force_login(clerk)
    assert step(client, gap, "fill", reason="40 套到校").status_code == 422  # no proof
    photo = SimpleUploadedFile("验收单.png", b"\x89PNG")
    assert step(client, gap, "fill", reason="40 套到校", scan=photo).status_code == 302
    assert step(client, gap, "confirm", reason="已看").status_code == 403
    client.force_login(officer)
    assert "待核实销号的办学条件缺口" in client.get("/").content.decode()
    assert step(client, gap, "confirm", reason="现场核对 40 套").status_code == 302
    gap.refresh_from_db()
    assert (gap.state, gap.filled_by_id, gap.confirmed_by_id) == ("closed", clerk.pk, officer.pk)
    assert [d.verb for d in gap.decisions.all()] == ["report", "plan", "fill", "confirm"]
    assert b"".join(client.get(reverse("projects:gap_proof", args=[gap.pk])).streaming_content) == b"\x89PNG"
    assert step(client, gap, "reopen", reason="又坏了 5 套").status_code == 302
    gap.refresh_from_db()
    assert (gap.state, gap.proof, gap.decisions.count(), GapDecision.broken_link(gap)) == (
        "open",
        None,
        5,
        None,
    )


def test_gap_is_not_confirmed_by_who_filled_it(officer, xiazhai):
    by = officer.as_actor()
    gap = gap_of(xiazhai, by=by)
    actions.fill(by=by, gap=gap, reason="到了", upload=SimpleUploadedFile("单.png", b"\x89PNG"))
    with pytest.raises(StepRefused, match="核实人不能是报告补齐的人"):
        actions.confirm(by=by, gap=gap, reason="核实")
    with pytest.raises(IntegrityError), transaction.atomic():
        Gap.objects.filter(pk=gap.pk).update(state="closed", confirmed_by_id=by.id, closed_on="2020-09-01")


def test_same_gap_again_is_told_and_no_gap_is_refused(client, clerk, xiazhai):
    client.force_login(clerk)
    data = {"school": xiazhai.pk, "item": "课桌椅", "unit": "套", "needed": "10", "present": "4", "note": ""}
    page = reverse("projects:gap_new")
    assert client.post(page, data).status_code == 302
    again = client.post(page, data)
    assert (again.status_code, "已在清单上" in again.content.decode()) == (422, True)
    assert "没有缺口" in client.post(page, data | {"needed": "4", "item": "床"}).content.decode()
    assert Gap.objects.count() == 1


def test_school_says_what_it_has_and_sees_what_is_lacking(
    client, clerk, neighbour, officer, xiazhai, autumn, children
):
    client.force_login(officer)
    client.post(reverse("projects:standards_take"))
    client.force_login(clerk)
    page = reverse("projects:conditions", args=[xiazhai.pk])
    fields = {bound.label: bound.name for bound in client.get(page).context["form"].visible_fields()}
    assert client.post(page, {fields["课桌椅（套）"]: "4", fields["学生用床（张）"]: ""}).status_code == 302
    assert list(Condition.objects.values_list("item", "amount")) == [("课桌椅", Decimal(4))]
    plan = client.get(reverse("projects:school_plan", args=[xiazhai.pk])).content.decode()
    assert "项没有填报现状，算不出缺口" in plan
    client.force_login(neighbour)
    for url in (page, reverse("projects:school_plan", args=[xiazhai.pk])):
        assert client.get(url).status_code == 404


def test_standard_added_meanwhile_does_not_shift_what_was_typed(client, clerk, officer, xiazhai):
    desks = Standard.objects.create(item="课桌椅", unit="套", basis="pupil", amount=1)
    client.force_login(clerk)
    page = reverse("projects:conditions", args=[xiazhai.pk])
    [name] = [bound.name for bound in client.get(page).context["form"].visible_fields()]
    Standard.objects.create(
        item="图书", unit="册", basis="pupil", amount=15
    )  # comes before 课桌椅 in the form
    assert client.post(page, {name: "40"}).status_code == 302
    assert list(Condition.objects.values_list("item", "amount")) == [(desks.item, Decimal(40))]


def test_list_and_plan_take_the_same_queries_for_one_and_for_sixty_gaps(
    client, officer, xiazhai, autumn, children
):
    client.force_login(officer)
    by = officer.as_actor()
    gap_of(xiazhai, by=by)
    pages = [
        PAGE,
        PAGE + "?print=1",
        reverse("projects:gaps_export"),
        reverse("projects:school_plan", args=[xiazhai.pk]),
    ]

    def queries():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    queries()
    few = queries()
    actions.report(
        by=by, gaps=[NewGap(xiazhai.pk, f"项{n}", "个", Decimal(9), Decimal(1)) for n in range(60)]
    )
    assert queries() == few


def closed_by_another(gap, *, by, confirmed_by) -> Gap:
    actions.fill(by=by, gap=gap, reason="到校", upload=SimpleUploadedFile("单.png", b"\x89PNG"))
    return actions.confirm(by=confirmed_by, gap=gap, reason="现场清点")


def test_closed_gap_is_not_found_again_until_it_is_opened_again(clerk, officer, xiazhai, autumn, children):
    """5 pupils, 3 desks: 2 lacking, filled and confirmed. Reopened, the school has 3 again, as it had."""
    by, schools = officer.as_actor(), [xiazhai.pk]
    actions.take_usual_standards(by=by)
    actions.say_conditions(by=by, rows=[(xiazhai.pk, "课桌椅", Decimal(3))])
    actions.reckon(by=by, term=autumn, schools=schools)
    gap = closed_by_another(Gap.objects.get(), by=clerk.as_actor(), confirmed_by=by)
    assert Condition.objects.get().amount == 5
    assert actions.reckon(by=by, term=autumn, schools=schools) == {"created": 0, "updated": 0, "gone": 0}
    actions.reopen(by=by, gap=gap, reason="不是这所学校的")
    assert Condition.objects.get().amount == 3
    assert (Gap.objects.get().state, Gap.objects.get().short) == ("open", 2)


def test_gap_entered_in_another_unit_raises_nothing_the_school_reported(clerk, officer, xiazhai):
    by = officer.as_actor()
    actions.take_usual_standards(by=by)
    actions.say_conditions(by=by, rows=[(xiazhai.pk, "图书", Decimal(50))])
    new = NewGap(xiazhai.pk, "图书", "箱", Decimal(100), Decimal(60))
    closed_by_another(actions.report(by=by, gaps=[new])[0], by=clerk.as_actor(), confirmed_by=by)
    assert Condition.objects.get().amount == 50


def test_cancelled_project_gives_its_gaps_back_to_the_list(officer, xiazhai):
    by = officer.as_actor()
    gap = gap_of(xiazhai, by=by)
    project = project_at(xiazhai, by=by, name="课桌椅采购", budget={})
    actions.plan(by=by, gap=gap, project=project)
    work.cancel(by=by, project=project, reason="并入县里统一采购")
    gap.refresh_from_db()
    assert (gap.state, gap.project, gap.decisions.last().label) == ("open", None, "项目取消，回到清单")


def test_school_that_was_closed_lacks_nothing_any_more(officer, xiazhai, qingshi, autumn):
    by = officer.as_actor()
    gap, other = gap_of(xiazhai, by=by), gap_of(qingshi, by=by)
    School.objects.filter(pk=xiazhai.pk).update(is_open=False)
    assert actions.reckon(by=by, term=autumn, schools=[qingshi.pk])["gone"] == 1
    gap.refresh_from_db()
    other.refresh_from_db()
    assert (gap.state, gap.decisions.last().reason, other.state) == ("dropped", "学校已撤并", "open")


def test_reckoning_takes_the_same_queries_for_two_and_for_fifty_gaps_that_are_gone(
    officer, xiazhai, autumn, children
):
    by = officer.as_actor()

    def queries(count: int) -> int:
        news = [NewGap(xiazhai.pk, f"项{n}", "个", Decimal(9), Decimal(1)) for n in range(count)]
        actions.report(by=by, gaps=news, origin="computed")
        with CaptureQueriesContext(connection) as caught:
            assert actions.reckon(by=by, term=autumn, schools=[xiazhai.pk])["gone"] == count
        return len(caught)

    queries(1)
    assert queries(2) == queries(50)
