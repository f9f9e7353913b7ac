"""半年检查: 乡镇自查 and 县级复查 of three items, problems go to who uses the project, two rounds a year."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.findings import actions as findings
from povertyedu.findings.models import Finding
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
    assert look(client, dormitory).status_code == 302
    shown = client.get(PAGE).context
    assert [(row.own.by_name, row.county.by_name, row.problems, row.open) for row in shown["rows"]] == [
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
