"""资金分配: registered poor x highest standard first, the rest by factors; three people, and never more than came in."""

from io import BytesIO

import openpyxl
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.options.registry import set_option
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import StepRefused
from students.enums import HardshipCategory
from students.models import Enrolment, Student
from subsidies.actions import allocating, batches, funds
from subsidies.actions.allocating import take_step
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.positions import positions
from subsidies.models import Allocation, AllocationDecision, AllocationShare, Entitlement
from subsidies.queries.earmarks import Need, committed_of, spent_of
from tests import factories
from tests.factories import subsidies
from tests.together import refusals, together

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POOR = HardshipCategory.REGISTERED_POOR.value
DIFFICULT = HardshipCategory.DIFFICULT.value


@pytest.fixture
def by(finance):
    return finance.as_actor()


@pytest.fixture
def guiding(by):
    return load_policy(text=pack_text("guiding"), by=by)


@pytest.fixture
def second_finance(db):
    return factories.user("刘会计", ("finance", factories.county())).as_actor()


def child(
    name, at, autumn, *, stage="primary", grade=5, boarding=False, categories=0, owed: int = 0, of=None
):
    made = factories.student(
        name, at=at, during=autumn, stage=stage, grade=grade, boarding=boarding, categories=categories, class_name=stage
    )  # fmt: skip
    if owed:
        subsidies.entitle(made, owed, of=of)
    return made


@pytest.fixture
def two_schools(autumn, xiazhai, qingshi):
    """下寨: 2 registered-poor primary boarders, 1 poor who is owed nothing; 青石: 1 poor junior boarder, 1 difficult."""
    child("甲", xiazhai, autumn, boarding=True, categories=POOR, owed=50_000)
    child("乙", xiazhai, autumn, boarding=True, categories=POOR, owed=50_000)
    child("走读", xiazhai, autumn, categories=POOR)
    child("丙", qingshi, autumn, stage="junior", grade=1, boarding=True, categories=POOR, owed=62_500)
    child("困难", qingshi, autumn, boarding=True, categories=DIFFICULT, owed=50_000)
    return xiazhai, qingshi


def drawn_up(by, autumn, *, fen=400_000, weights=None, of=None, **more) -> Allocation:
    return allocating.draw_up(
        by=by, term=autumn, source=more.pop("source", "superior"), programmes=of or [subsidies.programme()], amount_fen=fen,
        weights=weights or {"pupils": 1}, **more,
    )  # fmt: skip


def shares(allocation) -> dict:
    return {
        share.school.name: (share.first_fen, share.rest_fen, share.amount_fen)
        for share in allocation.shares.select_related("school")
    }


def test_poor_get_the_highest_standard_of_their_stage_first_and_the_rest_goes_by_factors(
    people, autumn, guiding, two_schools
):
    made = drawn_up(people.aid, autumn, weights={"pupils": 60, "hardship": 40})
    # Guiding: 1000 a year primary, 1250 junior; in autumn 500.00 and 625.00
    assert {row["stage"]: row["fen"] for row in made.standards} == {"primary": 50_000, "junior": 62_500}
    assert (made.need_fen, made.first_fen, made.rest_fen) == (162_500, 162_500, 237_500)
    assert [(pool["factor"], pool["weight"], pool["total"], pool["fen"]) for pool in made.pools] == [
        ("pupils", 60, 5, 142_500), ("hardship", 40, 5, 95_000),
    ]  # fmt: skip
    assert shares(made) == {
        "城关镇下寨小学": (100_000, 85_500 + 57_000, 242_500),
        "青石镇中心小学": (62_500, 57_000 + 38_000, 157_500),
    }
    first = made.shares.get(school__name="城关镇下寨小学")
    assert first.poor == [{"programme": "boarding_living", "stage": "primary", "children": 2, "fen": 50_000}]
    assert first.by_factor == {"pupils": {"count": 3, "fen": 85_500}, "hardship": {"count": 3, "fen": 57_000}}


def test_programmes_that_stack_are_each_counted_for_the_children_they_are_owed_to(
    client, leader, people, autumn, guiding, two_schools
):
    topup = subsidies.programme("boarding_topup")
    for name in ("甲", "丙"):
        subsidies.entitle(Student.objects.get(name=name), 5_000, of=topup)

    made = drawn_up(people.aid, autumn, of=[subsidies.programme(), topup], weights={"pupils": 1})

    assert {(row["programme"], row["stage"]): row["fen"] for row in made.standards} == {
        ("boarding_living", "primary"): 50_000, ("boarding_living", "junior"): 62_500,
        ("boarding_topup", "primary"): 5_000, ("boarding_topup", "junior"): 5_000,
    }  # fmt: skip
    owed = Entitlement.objects.filter(student__name__in="甲乙丙").aggregate(fen=Sum("amount_fen"))["fen"]
    assert made.need_fen == owed == 172_500
    assert made.shares.get(school__name="城关镇下寨小学").poor == [
        {"programme": "boarding_living", "stage": "primary", "children": 2, "fen": 50_000},
        {"programme": "boarding_topup", "stage": "primary", "children": 1, "fen": 5_000},
    ]
    client.force_login(leader)
    page = text(client.get(reverse("subsidies:allocation", args=[made.pk])))
    living = subsidies.programme()
    assert f"{living}小学 2 人 × 500.00；{topup}小学 1 人 × 50.00" in page
    assert "共 5 人次，需 1,725.00 元" in page
    assert "各个项目分别算再相加" in page


def test_share_worked_out_over_all_programmes_together_is_still_told(
    client, leader, people, autumn, guiding, two_schools
):
    topup = subsidies.programme("boarding_topup")
    made = drawn_up(people.aid, autumn, of=[subsidies.programme(), topup])
    former = [{"stage": "primary", "children": 2, "fen": 50_000}]
    made.shares.filter(school__name="城关镇下寨小学").update(poor=former)

    client.force_login(leader)
    assert "小学 2 人 × 500.00" in text(client.get(reverse("subsidies:allocation", args=[made.pk])))


def test_too_little_money_is_cut_by_need_and_nothing_is_left_for_factors(
    people, autumn, guiding, two_schools
):
    made = drawn_up(people.aid, autumn, fen=100_000)
    assert (made.need_fen, made.first_fen, made.rest_fen, made.pools) == (162_500, 100_000, 0, [])
    assert shares(made) == {"城关镇下寨小学": (61_538, 0, 61_538), "青石镇中心小学": (38_462, 0, 38_462)}


def test_small_rural_and_remote_schools_count_as_factors(people, autumn, guiding, two_schools):
    xiazhai, qingshi = two_schools
    School.objects.update(tags=["边远"])
    School.objects.filter(pk=xiazhai.pk).update(former_tags=[["2021-spring", []]])  # remote from then on
    Enrolment.objects.filter(school=xiazhai).update(setting="town")  # it is rural since, was none in the term
    made = drawn_up(people.aid, autumn, fen=163_500, weights={"small": 1, "remote": 1, "boarders": 2})
    far = made.shares.get(school=qingshi)
    assert far.by_factor == {
        "boarders": {"count": 2, "fen": 250}, "small": {"count": 98, "fen": 250}, "remote": {"count": 2, "fen": 250},
    }  # fmt: skip
    assert made.shares.get(school=xiazhai).by_factor["small"] == {"count": 0, "fen": 0}


def test_allocation_goes_from_a_drafter_over_an_approver_to_a_third_person(
    people, autumn, guiding, two_schools
):
    subsidies.receipt(400_000, by=people.finance, source="superior")
    made = drawn_up(people.aid, autumn)
    take_step(by=people.aid, allocation=made, verb="submit")
    with pytest.raises(StepRefused, match="一人只能办理一个环节"):
        take_step(by=people.aid, allocation=made, verb="approve")
    take_step(by=people.approver, allocation=made, verb="approve")
    with pytest.raises(StepRefused, match="您在本次分配已办理“拟订”环节"):
        take_step(by=people.aid, allocation=made, verb="allocate")
    take_step(by=people.finance, allocation=made, verb="allocate")
    made.refresh_from_db()
    assert made.state == "allocated"
    assert [d.verb for d in made.decisions.all()] == ["draw_up", "submit", "approve", "allocate"]
    assert AllocationDecision.broken_link(made) is None
    with pytest.raises(StepRefused, match="刷新后再看"):
        take_step(by=people.finance, allocation=made, verb="allocate")


def test_returned_allocation_is_worked_out_again_with_other_weights(people, autumn, guiding, two_schools):
    made = drawn_up(people.aid, autumn)
    take_step(by=people.aid, allocation=made, verb="submit")
    with pytest.raises(StepRefused, match="已待审批，不能再改"):
        allocating.work_out_again(by=people.aid, allocation=made, amount_fen=1, weights={"pupils": 1})
    with pytest.raises(StepRefused, match="必须填写理由"):
        take_step(by=people.approver, allocation=made, verb="return", reason=" ")
    take_step(by=people.approver, allocation=made, verb="return", reason="权重")
    allocating.work_out_again(
        by=people.aid, allocation=made, amount_fen=300_000, weights={"boarders": 1}, note="改"
    )
    made.refresh_from_db()
    assert (made.amount_fen, made.weights, made.note) == (300_000, {"boarders": 1}, "改")
    assert sum(share.amount_fen for share in made.shares.all()) == 300_000


def test_database_keeps_what_was_submitted(people, autumn, guiding, two_schools):
    made = drawn_up(people.aid, autumn)
    take_step(by=people.aid, allocation=made, verb="submit")
    for deed in (
        lambda: Allocation.objects.filter(pk=made.pk).update(amount_fen=1, first_fen=1, rest_fen=0),
        lambda: AllocationShare.objects.filter(allocation=made).update(amount_fen=0, first_fen=0, rest_fen=0),
        lambda: AllocationShare.objects.filter(allocation=made).delete(),
        lambda: made.programmes.add(subsidies.programme("other", "另一项目")),
        lambda: made.programmes.clear(),
        lambda: AllocationDecision.objects.update(reason="改"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


def test_no_more_is_approved_than_came_in(people, by, autumn, guiding, two_schools):
    receipt = subsidies.receipt(500_000, by=by, source="superior")
    first, second = drawn_up(people.aid, autumn, receipt=receipt), drawn_up(people.aid, autumn)
    for made in (first, second):
        take_step(by=people.aid, allocation=made, verb="submit")
    take_step(by=people.approver, allocation=first, verb="approve")
    with pytest.raises(
        StepRefused, match="上级财政到账扣除已经分配的，还缺 3,000.00 元，不能分配 4,000.00 元"
    ):
        take_step(by=people.approver, allocation=second, verb="approve")
    # revoked, the money may be shared out anew
    take_step(by=people.approver, allocation=first, verb="revoke", reason="重新分配")
    take_step(by=people.approver, allocation=second, verb="approve")


def test_allocation_of_a_receipt_is_bound_to_it(people, by, autumn, guiding, two_schools):
    receipt = subsidies.receipt(300_000, by=by, source="superior")
    subsidies.receipt(900_000, by=by, source="superior", number="另一笔")
    made = drawn_up(people.aid, autumn, receipt=receipt)
    take_step(by=people.aid, allocation=made, verb="submit")
    with pytest.raises(StepRefused, match="文号 云财教〔2020〕36号 的到账扣除已经分配的，还缺 1,000.00 元"):
        take_step(by=people.approver, allocation=made, verb="approve")
    take_step(by=people.approver, allocation=made, verb="return", reason="金额")
    allocating.work_out_again(by=people.aid, allocation=made, amount_fen=300_000, weights={"pupils": 1})
    take_step(by=people.aid, allocation=made, verb="submit")
    take_step(by=people.approver, allocation=made, verb="approve")
    with pytest.raises(StepRefused, match="请先收回分配，再冲销"):
        funds.reverse_receipt(by=by, receipt=receipt, reason="登错")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "county"}, "不能用于所选的来源或项目"),
        ({"of": ["other"]}, "不能用于所选的来源或项目"),
        ({"of": ["meals", "boarding_living"]}, "一个项目一个项目地分配"),
        ({"weights": {"pupils": 101}}, "权重应为 0 到 100"),
        ({"weights": {"remote": 5}}, "还剩 2,375.00 元，所选因素在各校都是零"),
    ],
)
def test_allocation_that_cannot_be_is_refused_in_words(
    people, by, autumn, guiding, two_schools, change, words
):
    receipt = subsidies.receipt(400_000, by=by, source="superior")
    subsidies.programme("meals", "供餐", kind="in_kind")
    change = {"receipt": receipt} | change
    if "of" in change:
        change["of"] = [subsidies.programme(code) for code in change["of"]]
    with pytest.raises(StepRefused, match=words):
        drawn_up(people.aid, autumn, **change)
    assert Allocation.objects.count() == 0


def test_allocation_without_a_policy_is_refused(people, autumn, two_schools):
    with pytest.raises(StepRefused, match="还没有适用的资助政策"):
        drawn_up(people.aid, autumn)


def test_county_without_receipts_may_share_out_and_is_told(people, autumn, guiding, two_schools):
    made = drawn_up(people.aid, autumn)
    take_step(by=people.aid, allocation=made, verb="submit")
    take_step(by=people.approver, allocation=made, verb="approve")
    set_option("funds_check", "不足时拒绝", by_name="陈数据")
    with pytest.raises(StepRefused, match="还缺 4,000.00 元"):
        take_step(by=people.finance, allocation=made, verb="allocate")


def test_money_handed_to_schools_is_spent_and_not_there_for_batches(people, by, autumn, xiazhai):
    """Waivers and meals: the allocation itself is the payment."""
    waiver = subsidies.programme("waiver", "免学费", kind="waiver")
    subsidies.funded(by=by, weights={"county": 1}, waiver={"county": 1})
    boy = child("甲", xiazhai, autumn, categories=POOR, owed=50_000)
    subsidies.entitle(boy, 30_000, of=waiver)
    subsidies.receipt(70_000, by=by, of=[subsidies.programme(), waiver])
    made = drawn_up(people.aid, autumn, fen=30_000, of=[waiver], source="county")
    take_step(by=people.aid, allocation=made, verb="submit")
    take_step(by=people.approver, allocation=made, verb="approve")
    assert (committed_of(), spent_of()) == ({Need("county", "waiver"): 30_000}, {})
    take_step(by=people.finance, allocation=made, verb="allocate")
    assert spent_of() == {Need("county", "waiver"): 30_000}
    rows = {row.programme.pk: row for position in positions(autumn) for row in position.rows}
    assert (rows["waiver"].committed_fen, rows["waiver"].needed_fen) == (30_000, 0)
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    with pytest.raises(StepRefused, match="缺 100.00 元（需 500.00 元，可用 400.00 元）"):
        batches.approve_office(by=people.aid, batch=batch)
    # and the other way round: what a batch holds is not there for schools
    subsidies.receipt(10_000, by=by, number="补到")
    batches.approve_office(by=people.aid, batch=batch)
    more = drawn_up(people.aid, autumn, fen=1_000, of=[waiver], source="county")
    take_step(by=people.aid, allocation=more, verb="submit")
    with pytest.raises(StepRefused, match="资金不足，不能下达：县级财政的“免学费”缺 10.00 元"):
        take_step(by=people.approver, allocation=more, verb="approve")


@pytest.mark.usefixtures("real_commits")
def test_two_allocations_at_once_never_share_out_the_same_money(people, by, autumn, guiding, two_schools):
    subsidies.receipt(500_000, by=by, source="superior")
    made = [drawn_up(people.aid, autumn) for _ in range(2)]
    for one in made:
        take_step(by=people.aid, allocation=one, verb="submit")
    results = together(
        *(
            lambda pk=one.pk: take_step(by=people.approver, allocation=Allocation.objects.get(pk=pk), verb="approve")
            for one in made
        )
    )  # fmt: skip
    assert len(refusals(results)) == 1
    assert Allocation.objects.live().count() == 1


# --- pages ------------------------------------------------------------------------------------------


def text(response) -> str:
    return response.content.decode()


def test_walk_in_pages_from_receipt_to_schools(
    client, aid_officer, approver, finance, by, autumn, guiding, two_schools
):
    receipt = subsidies.receipt(400_000, by=by, source="superior")
    client.force_login(aid_officer)
    address = reverse("subsidies:allocation_of", args=[receipt.pk])
    assert "4000.00" in text(client.get(address))
    sent = {
        "term": "2020-autumn",
        "amount": "4000",
        "programmes": ["boarding_living"],
        "weight_pupils": "60",
        "weight_hardship": "40",
    }
    wrong = client.post(address, sent | {"amount": "0", "weight_pupils": "x"})
    assert wrong.status_code == 422
    assert "权重应为 0 到 100 之间的整数" in text(wrong)
    page = client.post(address, sent, follow=True)
    made = Allocation.objects.get()
    assert "小学 2 人 × 500.00" in text(page)
    assert "2,425.00" in text(page)
    assert "肆仟元整" in text(page)
    edit = reverse("subsidies:allocation_edit", args=[made.pk])
    assert client.get(edit).context["form"].initial["weight_pupils"] == 60
    client.post(edit, {"amount": "3999.99", "weight_boarders": "10"})
    made.refresh_from_db()
    assert (made.amount_fen, made.weights) == (399_999, {"boarders": 10})

    def step(verb):
        return reverse("subsidies:allocation_step", args=[made.pk, verb])

    client.post(step("submit"))
    assert client.post(step("approve")).status_code == 403
    client.force_login(approver)
    assert "叁仟玖佰玖拾玖元玖角玖分" in text(client.get(step("approve")))
    assert client.post(step("return"), {"reason": ""}).status_code == 422
    client.post(step("approve"))
    client.force_login(finance)
    assert "已下达" in text(client.post(step("allocate"), follow=True))
    assert "刷新后再看" in text(client.post(step("allocate"), follow=True))
    assert made.number in text(client.get(reverse("subsidies:receipt", args=[receipt.pk])))
    assert client.get(step("nonsense")).status_code == 404


def test_workbook_says_what_the_page_says(client, leader, people, autumn, guiding, two_schools):
    made = drawn_up(people.aid, autumn, weights={"pupils": 60, "hardship": 40})
    client.force_login(leader)
    answer = client.get(reverse("subsidies:allocation_export", args=[made.pk]))
    sheet = openpyxl.load_workbook(BytesIO(answer.content), data_only=True).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert rows[0][:4] == ["学校", "乡镇", "建档立卡人数 × 最高标准", "首先分配"]
    assert rows[1] == ["城关镇下寨小学", "城关镇", "小学 2 人 × 500.00", 1000, 3, 855, 3, 570, 1425, 2425]
    assert rows[3][3:] == [1625, 5, 1425, 5, 950, 2375, 4000]


def test_new_allocation_by_source_is_drawn_up_in_the_page(client, aid_officer, autumn, guiding, two_schools):
    client.force_login(aid_officer)
    address = reverse("subsidies:allocation_new")
    assert client.post(address, {"amount": ""}).status_code == 422
    sent = {"term": "2020-autumn", "source": "superior", "amount": "4000", "programmes": ["boarding_living"]}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "所选因素在各校都是零" in text(refused)
    client.post(address, sent | {"weight_pupils": "1"})
    assert Allocation.objects.get().receipt is None
    assert "2020秋分-001" in text(client.get(reverse("subsidies:allocations")))


def test_working_out_and_page_cost_the_same_for_few_and_many_schools(
    client, leader, people, autumn, guiding, two_schools
):
    client.force_login(leader)

    def queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as working:
            made = drawn_up(people.aid, autumn)
        with CaptureQueriesContext(connection) as page:
            client.get(reverse("subsidies:allocation", args=[made.pk]))
        return len(working), len(page)

    queries()
    few = queries()
    for number in range(30):
        school = factories.school(f"第{number}小学")
        child(f"生{number}", school, autumn, boarding=True, categories=POOR, owed=50_000)
    assert queries() == few
