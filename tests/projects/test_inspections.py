"""半年检查: 乡镇自查 and 县级复查 of three items, problems go to who uses the project, two rounds a year."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.findings import actions as findings
from povertyedu.findings.models import Finding
from povertyedu.home.todos import todos_of
from projects.models import Inspection
from tests import factories
from tests.projects.building import project_at

pytestmark = pytest.mark.django_db
PAGE = reverse("projects:inspections")
FINE = {
    "funds_verdict": "ok",
    "funds_text": "",
    "progress_verdict": "ok",
    "progress_text": "",
    "quality_verdict": "ok",
    "quality_text": "",
    "partners": "财政局 李明",
}


@pytest.fixture
def cadre(db):
    return factories.user("田镇长", ("township_officer", factories.township()), username="cadre")


def look(client, project, on="2020-10-20", **more):
    data = FINE | {"on": on, "due_on": "2020-11-30"} | more
    return client.post(reverse("projects:inspect", args=[project.pk]), data)


def test_round_of_a_half_year_from_self_check_to_a_closed_finding(
    client, cadre, officer, clerk, dormitory, on_day
):
    on_day("2020-10-20")
    type(dormitory).objects.update(registered_on=dt.date(2020, 3, 1))
    client.force_login(cadre)
    page = client.get(reverse("projects:inspect", args=[dormitory.pk])).content.decode()
    assert [label in page for label in ("乡镇自查", "资金使用", "项目进展", "工程质量")] == [True] * 4
    unsaid = look(client, dormitory, quality_verdict="problem")
    assert (unsaid.status_code, "有问题的，请写明情况" in unsaid.content.decode()) == (422, True)
    assert look(client, dormitory, quality_verdict="problem", quality_text="外墙开裂").status_code == 302
    finding = Finding.objects.get()
    assert (finding.school, finding.source, finding.origin, finding.title) == (
        dormitory.schools.get(), "self_check", "2020年下半年 乡镇自查", "宿舍楼：工程质量外墙开裂",
    )  # fmt: skip
    again = look(client, dormitory)
    assert (again.status_code, "本半年已有这一层级的检查记录" in again.content.decode()) == (422, True)
    client.force_login(officer)
    alone = look(client, dormitory, partners="")
    assert (alone.status_code, "教育局会同财政局" in alone.content.decode()) == (422, True)
    assert look(client, dormitory).status_code == 302
    assert [(each.level, each.partners) for each in dormitory.inspections.order_by("pk")] == [
        ("township", ""), ("county", "财政局 李明"),
    ]  # fmt: skip
    assert "会同财政局 李明" in client.get(dormitory.get_absolute_url()).content.decode()
    shown = client.get(PAGE).context
    assert [(row.own[0].by_name, row.county.by_name, row.problems, row.open) for row in shown["rows"]] == [
        ("田镇长", "马项目", 1, 1)
    ]
    findings.plan(by=clerk.as_actor(), finding=finding, measure="返工")
    findings.finish(
        by=clerk.as_actor(), finding=finding, result="已返工", upload=SimpleUploadedFile("图.png", b"\x89PNG")
    )
    findings.recheck(by=officer.as_actor(), finding=finding, reason="现场看过")
    findings.close(by=officer.as_actor(), finding=finding)
    assert "1 个，都已销号" in client.get(PAGE).content.decode()


def test_two_rounds_a_year_of_three_items_each(client, officer, dormitory, on_day):
    on_day("2020-12-31")
    client.force_login(officer)
    for on in ("2020-06-30", "2020-07-01"):
        assert look(client, dormitory, on=on, due_on="2021-01-31").status_code == 302
    assert list(Inspection.objects.order_by("on").values_list("year", "half")) == [(2020, 1), (2020, 2)]
    assert [result.item for result in Inspection.objects.first().results.all()] == [
        "funds",
        "progress",
        "quality",
    ]
    made = Inspection.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Inspection.objects.create(
            project=dormitory, year=made.year, half=made.half, level=made.level, on=made.on, by_name="x"
        )
    assert look(client, dormitory, on="2021-01-01", due_on="2021-01-31").status_code == 422


def test_problem_of_a_project_for_several_schools_is_its_townships(client, officer, xiazhai, on_day):
    on_day("2020-10-20")
    second = factories.school("城关镇第二小学")
    both = project_at(xiazhai, second, by=officer.as_actor(), name="两校管网", area=factories.township())
    client.force_login(officer)
    look(
        client,
        both,
        funds_verdict="problem",
        funds_text="票据不全",
        progress_verdict="problem",
        progress_text="停工",
    )
    assert (
        list(Finding.objects.order_by("pk").values_list("area", "school", "source"))
        == [("529901100", None, "spot_check")] * 2
    )


def test_inspector_of_another_township_and_a_school_are_kept_out(client, clerk, dormitory, officer):
    elsewhere = factories.user("别镇", ("township_officer", factories.township("529901101", "青石镇")))
    client.force_login(elsewhere)
    assert look(client, dormitory).status_code == 404
    client.force_login(clerk)
    assert look(client, dormitory).status_code == 403


def test_round_takes_the_same_queries_for_one_and_for_forty_projects(client, officer, xiazhai, dormitory):
    client.force_login(officer)
    day = str(dt.date.today())

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(PAGE).status_code == 200
        return len(caught)

    look(client, dormitory, on=day, due_on="2099-01-01", funds_verdict="problem", funds_text="超付")
    queries()
    few = queries()
    for number in range(40):
        project_at(xiazhai, by=officer.as_actor(), name=f"项目{number}")
    assert queries() == few


@pytest.fixture
def both_towns(officer, xiazhai, qingshi):
    """A project of the county for a school of 城关镇, two of 青石镇."""
    third = factories.school("青石镇第二小学", area=qingshi.area)
    made = project_at(
        xiazhai, qingshi, third, by=officer.as_actor(), name="三校饮水", area=factories.county()
    )
    type(made).objects.update(registered_on=dt.date(2020, 3, 1))
    return made


def places() -> list[tuple]:
    return list(Finding.objects.order_by("pk").values_list("area", "school__name"))


def test_problem_of_a_county_project_is_answered_by_each_township_that_uses_it(
    client, officer, cadre, both_towns, on_day
):
    on_day("2020-10-20")
    client.force_login(officer)
    page = client.get(reverse("projects:inspect", args=[both_towns.pk])).content.decode()
    assert [page.count(f">{name}</option>") for name in ("城关镇", "青石镇", "青石镇第二小学")] == [3, 3, 3]
    assert look(client, both_towns, funds_verdict="problem", funds_text="票据不全").status_code == 302
    assert places() == [("529901100", None), ("529901101", None)]
    finding = Finding.objects.get(area="529901100")
    client.force_login(cadre)
    step = reverse("findings:step", args=[finding.pk, "plan"])
    assert client.post(step, {"measure": "补齐票据"}).status_code == 302
    finding.refresh_from_db()
    assert finding.state == "planned"
    client.force_login(officer)
    [row] = client.get(PAGE).context["rows"]
    assert (row.due, row.problems, row.open) == (2, 1, 1)


def test_inspector_says_at_which_school_the_problem_is(client, officer, both_towns, on_day):
    on_day("2020-10-20")
    client.force_login(officer)
    third = both_towns.schools.get(name="青石镇第二小学")
    answer = look(
        client, both_towns, quality_verdict="problem", quality_text="水管漏", quality_places=[f"s{third.pk}", "529901100"],
        progress_verdict="problem", progress_text="没有开工", progress_places=[f"s{third.pk}"],
    )  # fmt: skip
    assert answer.status_code == 302
    assert places() == [(None, "青石镇第二小学"), ("529901100", None), (None, "青石镇第二小学")]
    page = client.get(both_towns.get_absolute_url()).content.decode()
    assert page.count("青石镇第二小学</a>（待整改）") == 2


def test_each_township_checks_itself_and_answers_for_its_own_schools(
    client, officer, cadre, both_towns, on_day
):
    on_day("2020-10-20")
    other = factories.user(
        "石镇长", ("township_officer", factories.township("529901101", "青石镇")), username="other"
    )
    for user in (cadre, other):
        client.force_login(user)
        done = look(client, both_towns, quality_verdict="problem", quality_text="水质不合格")
        assert done.status_code == 302
        assert look(client, both_towns).status_code == 422
    assert places() == [(None, "城关镇下寨小学"), ("529901101", None)]
    client.force_login(officer)
    page = client.get(PAGE)
    assert [(len(row.own), row.due, row.towns, row.open) for row in page.context["rows"]] == [
        (2, 2, "城关镇、青石镇", 2)
    ]
    assert page.context["sums"] == {"own": 1, "county": 0, "open": 2}


def test_problem_of_a_project_that_names_no_school_needs_a_township(client, officer, xiazhai, on_day):
    on_day("2020-10-20")
    whole = project_at(by=officer.as_actor(), name="教育云平台", area=factories.county())
    client.force_login(officer)
    unsaid = look(client, whole, funds_verdict="problem", funds_text="超付")
    assert (unsaid.status_code, "请选使用的乡镇" in unsaid.content.decode()) == (422, True)
    assert (
        look(
            client, whole, funds_verdict="problem", funds_text="超付", funds_places=["529901100"]
        ).status_code
        == 302
    )
    assert places() == [("529901100", None)]


def test_what_is_not_inspected_waits_in_the_last_two_months_of_a_half(
    client, officer, cadre, both_towns, dormitory, on_day
):
    type(dormitory).objects.update(registered_on=dt.date(2020, 3, 1))

    def waiting(user) -> list[int]:
        return [todo.count for todo in todos_of(user) if "没有检查的建设项目" in todo.text]

    on_day("2020-10-31")
    assert (waiting(officer), waiting(cadre)) == ([], [])
    on_day("2020-11-01")
    assert (waiting(officer), waiting(cadre)) == ([2], [2])
    client.force_login(cadre)
    look(client, dormitory, on="2020-11-01")
    assert (waiting(officer), waiting(cadre)) == ([2], [1])


def test_tabs_show_what_is_still_to_do_and_what_has_open_problems(
    client, officer, cadre, both_towns, dormitory, on_day
):
    type(dormitory).objects.update(registered_on=dt.date(2020, 3, 1))
    on_day("2020-11-20")
    client.force_login(cadre)
    look(client, both_towns, quality_verdict="problem", quality_text="水质不合格")

    def names(tab: str, **wanted) -> list[str]:
        return [row.project.name for row in client.get(PAGE, {"tab": tab} | wanted).context["rows"]]

    assert (names("all"), names("todo"), names("open")) == (["宿舍楼", "三校饮水"], ["宿舍楼"], ["三校饮水"])
    page = client.get(PAGE).content.decode()
    assert (page.count("已检查"), page.count(">登记检查</a>")) == (1, 1)
    client.force_login(officer)
    assert names("todo") == ["宿舍楼", "三校饮水"]
    assert names("all", township="529901101") == ["三校饮水"]
