"""Selecting children within a quota: who may be, how many, what follows, and two people at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import SYSTEM, StepRefused
from students.models import Enrolment, FactChange
from subsidies.actions.recalculation import recalculate
from subsidies.actions.selections import eligible, quota_of, select
from subsidies.models import Entitlement, Selection
from tests import factories
from tests.factories import policies
from tests.together import together

pytestmark = [pytest.mark.sql]
LIST = reverse("subsidies:selections")
COUNTY = policies.QUOTA.replace('places = 2, per = "school"', 'places = 3, per = "county"')
BY_SCHOOL = (
    policies.QUOTA.replace('places = 2, per = "school"', 'parameter = "seats", per = "school"')
    + """
[[parameter]]
code = "seats"
label = "励志奖学金名额"
reason = "文件没有写明"
kind = "places"
scope = "school"
"""
)


def page(school) -> str:
    return reverse("subsidies:selection", args=["grant-1", school.pk if school else 0])


def pupils(school, term, count: int) -> list:
    return [factories.student(f"学生{number}", at=school, during=term) for number in range(count)]


def choose(term, school, *children, drop=(), by=SYSTEM):
    return select(
        by=by, term=term, rule="grant-1", school=school, add=[c.pk for c in children], drop=[c.pk for c in drop]
    )  # fmt: skip


def chosen() -> set:
    return set(Selection.objects.values_list("student_id", flat=True))


def owed() -> dict:
    rows = Entitlement.objects.filter(programme="grant")
    return dict(rows.values_list("student_id", "amount_fen"))


@pytest.mark.django_db
def test_who_meets_all_but_the_selection_may_be_selected(xiazhai, autumn):
    policies.published(policies.QUOTA)
    first, second = pupils(xiazhai, autumn, 2)
    factories.student("四年级", at=xiazhai, during=autumn, grade=4)
    quota = quota_of(autumn, "grant-1")

    before = eligible(quota, Enrolment.objects.of(autumn))
    choose(autumn, xiazhai, first)
    after = eligible(quota, Enrolment.objects.of(autumn))

    assert before == after == {first.pk, second.pk}
    assert quota_of(autumn, "living-1") is None


@pytest.mark.django_db
def test_selected_child_is_marked_and_gets_it_others_do_not(aid_officer, xiazhai, autumn):
    policies.published(policies.QUOTA)
    first, second = pupils(xiazhai, autumn, 2)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    before = owed()

    done = choose(autumn, xiazhai, first, by=aid_officer.as_actor())
    marked = set(FactChange.objects.values_list("term", "student"))
    recalculate(term=autumn, by=SYSTEM, trigger="测试", only_changed=True)
    with_it = owed()
    back = choose(autumn, xiazhai, drop=[first], by=aid_officer.as_actor())
    recalculate(term=autumn, by=SYSTEM, trigger="测试", only_changed=True)

    assert (before, with_it, owed()) == ({}, {first.pk: 30_000}, {})
    assert (done, back, marked) == ((1, 0), (0, 1), {(autumn.pk, first.pk)})
    events = AuditEvent.objects.filter(action__startswith="selection").order_by("pk")
    assert [(event.action, event.by_name, event.reason) for event in events] == [
        ("selection.add", "周敏", str(autumn)),
        ("selection.drop", "周敏", str(autumn)),
    ]


@pytest.mark.django_db
def test_quota_of_a_school_is_its_own(xiazhai, qingshi, autumn):
    policies.published(policies.QUOTA)
    here, there = pupils(xiazhai, autumn, 3), pupils(qingshi, autumn, 1)
    choose(autumn, xiazhai, *here[:2])
    choose(autumn, qingshi, *there)

    with pytest.raises(StepRefused) as refusal:
        choose(autumn, xiazhai, here[2])
    swapped = choose(autumn, xiazhai, here[2], drop=here[:1])

    assert str(refusal.value) == (
        "城关镇下寨小学名额 2 个，已选 2 人，再选 1 人就超出 1 个；没有保存，请减少后再存。"
    )
    assert (swapped, chosen()) == ((1, 1), {here[1].pk, here[2].pk, there[0].pk})


@pytest.mark.django_db
def test_quota_of_the_county_counts_all_schools(xiazhai, qingshi, autumn):
    policies.published(COUNTY)
    choose(autumn, xiazhai, *pupils(xiazhai, autumn, 2))
    there = pupils(qingshi, autumn, 2)

    with pytest.raises(StepRefused) as refusal:
        choose(autumn, qingshi, *there)
    choose(autumn, qingshi, there[0])

    assert str(refusal.value).startswith("全县名额 3 个，已选 2 人，再选 2 人就超出 1 个")
    assert Selection.objects.count() == 3


@pytest.mark.django_db
def test_quota_that_the_bureau_gave_school_by_school(xiazhai, qingshi, autumn):
    policies.published(BY_SCHOOL, figures={"seats": {xiazhai.code: 1}})
    (here,), (there,) = pupils(xiazhai, autumn, 1), pupils(qingshi, autumn, 1)

    choose(autumn, xiazhai, here)
    with pytest.raises(StepRefused):
        choose(autumn, qingshi, there)

    quota = quota_of(autumn, "grant-1")
    assert (quota.places(xiazhai), quota.places(qingshi), quota.places(None)) == (1, 0, 0)
    assert (quota.places_words, chosen()) == ("按学校确定", {here.pk})


@pytest.mark.django_db
def test_child_of_another_school_or_without_the_conditions_is_refused(xiazhai, qingshi, autumn):
    policies.published(policies.QUOTA)
    stranger = factories.student("别校", at=qingshi, during=autumn)
    young = factories.student("四年级", at=xiazhai, during=autumn, grade=4)
    gone = factories.student("已转出", at=xiazhai, during=autumn)
    gone.enrolments.update(status="left")

    for child in (stranger, young, gone):
        with pytest.raises(StepRefused) as refusal:
            choose(autumn, xiazhai, child)
        assert str(refusal.value).startswith(f"{child.name}等 1 人已不符合“励志奖学金”的其他条件")

    assert not Selection.objects.exists()
    assert not FactChange.objects.exists()


@pytest.mark.django_db
def test_closed_term_takes_no_selection(xiazhai, autumn):
    policies.published(policies.QUOTA)
    (child,) = pupils(xiazhai, autumn, 1)
    Term.objects.update(is_closed=True)

    with pytest.raises(StepRefused) as refusal:
        choose(autumn, xiazhai, child)

    assert "已关闭" in str(refusal.value)


@pytest.mark.django_db
def test_merged_record_keeps_its_selection_for_the_one_that_stays(xiazhai, autumn):
    policies.published(policies.QUOTA)
    gone, kept = pupils(xiazhai, autumn, 2)
    choose(autumn, xiazhai, gone)
    type(gone).objects.filter(pk=gone.pk).update(merged_into=kept)

    recalculate(term=autumn, by=SYSTEM, trigger="测试")

    assert owed() == {kept.pk: 30_000}


@pytest.mark.django_db
def test_officer_ticks_children_on_the_page(client, aid_officer, xiazhai, autumn):
    policies.published(policies.QUOTA)
    first, second, third = pupils(xiazhai, autumn, 3)
    client.force_login(aid_officer)
    opened = client.get(page(xiazhai))

    client.post(page(xiazhai), {"term": autumn.pk, "child": [first.pk, second.pk]})
    after = client.get(page(xiazhai))
    swapped = client.post(
        page(xiazhai), {"term": autumn.pk, "was": [first.pk, second.pk], "child": [second.pk, third.pk]}, follow=True
    )  # fmt: skip
    over = client.post(page(xiazhai), {"term": autumn.pk, "was": [], "child": [first.pk]})
    nothing = client.post(page(xiazhai), {"term": autumn.pk}, follow=True)
    elsewhere = client.post(page(xiazhai), {"term": "2021-spring", "child": [first.pk]})

    assert [row["ticked"] for row in opened.context["rows"]] == [False, False, False]
    assert [row["ticked"] for row in after.context["rows"]] == [True, True, False]
    assert "已选定 1 人，取消 1 人" in swapped.text
    assert "再选 1 人就超出 1 个" in over.text
    assert (over.status_code, client.get(page(None)).status_code) == (422, 404)
    assert [row["ticked"] for row in over.context["rows"]] == [True, False, False]
    assert "没有改动" in nothing.text
    assert "您在别处换了学期" in elsewhere.text
    assert chosen() == {second.pk, third.pk}


@pytest.mark.django_db
def test_selected_child_that_no_longer_qualifies_is_shown_apart(client, aid_officer, xiazhai, autumn):
    policies.published(policies.QUOTA)
    first, second = pupils(xiazhai, autumn, 2)
    choose(autumn, xiazhai, first)
    first.enrolments.update(grade=4)
    client.force_login(aid_officer)

    answer = client.get(page(xiazhai))
    client.post(page(xiazhai), {"term": autumn.pk, "was": [first.pk], "child": []})

    assert [row["it"].student_id for row in answer.context["fallen"]] == [first.pk]
    assert [row["it"].student_id for row in answer.context["rows"]] == [second.pk]
    assert not Selection.objects.exists()


@pytest.mark.django_db
def test_children_elsewhere_have_a_page_of_their_own(client, aid_officer, xiazhai, autumn):
    policies.published(COUNTY)
    away, here = pupils(xiazhai, autumn, 2)
    away.enrolments.update(
        school=None, school_class=None, place="elsewhere", outside_school="外县小学", aided_elsewhere="no"
    )
    client.force_login(aid_officer)

    listed = client.get(page(None))
    client.post(page(None), {"term": autumn.pk, "child": [away.pk, here.pk, "x", 10**20]})

    assert [row["it"].student_id for row in listed.context["rows"]] == [away.pk]
    assert "在县外就读的学生" in client.get(reverse("subsidies:selection_schools", args=["grant-1"])).text
    assert "外县小学" in listed.text
    assert not Selection.objects.exists()  # one of them studies here: nothing is saved
    client.post(page(None), {"term": autumn.pk, "child": [away.pk]})
    assert chosen() == {away.pk}


@pytest.mark.django_db
def test_lists_tell_quota_and_what_is_taken(client, aid_officer, xiazhai, qingshi, autumn):
    policies.published(policies.QUOTA)
    choose(autumn, xiazhai, *pupils(xiazhai, autumn, 2))
    factories.school("停办小学", is_open=False)
    factories.school("云岭一中", kind="senior")
    client.force_login(aid_officer)
    schools = reverse("subsidies:selection_schools", args=["grant-1"])

    rules = client.get(LIST)
    rows = client.get(schools).context["rows"]
    found = client.get(schools, {"q": "青石"}).context["rows"]

    assert [(row["quota"].rule.code, row["taken"]) for row in rules.context["rows"]] == [("grant-1", 2)]
    assert [(row["school"].name, row["places"], row["taken"]) for row in rows] == [
        ("城关镇下寨小学", 2, 2),
        ("青石镇中心小学", 2, 0),
    ]
    assert [row["school"].name for row in found] == ["青石镇中心小学"]
    assert client.get(reverse("subsidies:selection_schools", args=["living-1"])).status_code == 404


@pytest.mark.django_db
def test_list_without_a_policy_says_what_to_do(client, aid_officer, autumn):
    client.force_login(aid_officer)

    assert "还没有适用的资助政策" in client.get(LIST).text


@pytest.mark.django_db
def test_pages_cost_the_same_for_one_child_and_thirty(client, aid_officer, xiazhai, autumn):
    policies.published(policies.QUOTA)
    client.force_login(aid_officer)
    pupils(xiazhai, autumn, 1)

    def queries() -> list[int]:
        counts = []
        for url in (LIST, reverse("subsidies:selection_schools", args=["grant-1"]), page(xiazhai)):
            client.get(url)
            with CaptureQueriesContext(connection) as captured:
                client.get(url)
            counts.append(len(captured))
        return counts

    few = queries()
    pupils(xiazhai, autumn, 30)
    for number in range(30):
        factories.school(f"第{number}小学")
    assert queries() == few


@pytest.mark.usefixtures("real_commits")
def test_two_officers_at_once_never_exceed_the_quota(xiazhai, autumn):
    policies.published(policies.QUOTA)
    children = pupils(xiazhai, autumn, 4)
    results = together(
        lambda: choose(autumn, xiazhai, *children[:2]), lambda: choose(autumn, xiazhai, *children[2:])
    )
    assert sorted(isinstance(result, StepRefused) for result in results) == [False, True]
    assert Selection.objects.count() == 2
