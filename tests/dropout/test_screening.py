"""排查: who is away and what says so, ledgers, follow-up by a case or an explanation, confirmation, handover."""

import datetime as dt
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dropout.actions import screening as actions
from dropout.actions.cases import open_case
from dropout.models import AbsenceRun, Case, Screening, ScreeningRow
from povertyedu.audit.models import AccessEvent
from povertyedu.jobs.tasks import daily
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import StepRefused
from students.models import ComparisonRow, Enrolment, HardshipStatus, Student
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LEDGERS, HANDOVER = reverse("dropout:ledgers"), reverse("dropout:handover")
BORN = dt.date(2010, 5, 12)


@pytest.fixture
def officer(db):
    return factories.user("石磊", ("township_officer", factories.township()), username="officer")


@pytest.fixture
def cadre(db):
    return factories.user("罗雪", ("village_cadre", factories.village()), username="cadre")


@pytest.fixture
def county(on_day, basic, xiazhai, autumn):
    """One child of each kind, on the fifteenth day of the term."""
    on_day("2020-09-15")
    before = factories.term("2020-spring")
    here = {"at": xiazhai, "birth_date": BORN, "account": False}
    factories.student("在校", during=autumn, **here)
    factories.student(
        "小孩",
        during=autumn,
        at=xiazhai,
        stage="preschool",
        grade=1,
        birth_date=dt.date(2016, 3, 1),
        account=False,
    )
    left = factories.student("转走", during=autumn, **here)
    left.enrolments.update(status="left")
    factories.student("休学", during=autumn, **here).enrolments.update(status="suspended")
    factories.student("没回来", during=before, grade=4, **here)
    factories.student("没送到", during=before, grade=6, categories=4096, **here)
    factories.student("送到了", during=before, grade=6, **here)
    factories.student(
        "毕业了", during=before, stage="junior", grade=3, **(here | {"birth_date": dt.date(2005, 5, 1)})
    )
    away = factories.student("辍学的", during=autumn, **here)
    open_case(
        by=basic.as_actor(),
        student=away,
        term=autumn,
        origin="report",
        kind="dropout",
        since=dt.date(2020, 9, 1),
    )
    arrived = Enrolment.objects.get(student__name="送到了")
    Enrolment.objects.create(
        student=arrived.student,
        term=autumn,
        school=xiazhai,
        stage="junior",
        grade=1,
        school_area="529901100000",
        home_area="529901100001",
    )
    number = factories.id_number(birth="20120601")
    household = factories.household()
    HardshipStatus.objects.create(
        id_hash=keyed_hash(number), id_number=number, name="没上学", birth_date=dt.date(2012, 6, 1), category=1, since=dt.date(2018, 1, 1),
        source="poverty_office", household=household,
    )  # fmt: skip
    return autumn


def standings(screening) -> dict:
    return {row.name: (row.standing, row.ground, row.follow_up) for row in screening.rows.all()}


def test_each_child_stands_where_its_facts_put_it_and_once(basic, county):
    made = actions.screen(by=basic.as_actor(), term=county)
    assert standings(made) == {
        "在校": ("in_school", "", ""), "休学": ("suspended", "", ""), "送到了": ("in_school", "", ""),
        "没回来": ("suspected", "not_returned", "open"), "没送到": ("suspected", "not_received", "open"),
        "辍学的": ("dropout", "case", "case"), "没上学": ("never_enrolled", "no_record", "open"),
    }  # fmt: skip
    assert actions.screen(by=basic.as_actor(), term=county) == made  # the same day doubles nothing
    assert (Screening.objects.count(), made.rows.count()) == (1, 7)
    row = made.rows.get(name="没回来")
    with (
        pytest.raises(IntegrityError, match="child_once_per_screening|screeningrow.subject"),
        transaction.atomic(),
    ):
        ScreeningRow.objects.create(screening=made, subject=row.subject, name="又一次", standing="in_school")


def test_child_absent_until_the_bureau_was_told_is_suspected(basic, county):
    child = Enrolment.objects.get(student__name="在校").student
    days = {
        "first_on": dt.date(2020, 9, 8),
        "last_on": dt.date(2020, 9, 10),
        "known_on": dt.date(2020, 9, 10),
        "days": 3,
    }
    AbsenceRun.objects.create(student=child, term=county, step=3, **days)
    assert standings(actions.screen(by=basic.as_actor(), term=county))["在校"] == (
        "suspected",
        "absent",
        "open",
    )


def test_lists_of_the_four_checks_are_used(basic, county):
    present = factories.comparison(during=county, kind="enrolment_present")
    child = Enrolment.objects.get(student__name="在校").student
    ComparisonRow.objects.create(
        comparison=present, found_in="only_left", id_hash=child.id_hash, name="在校", student=child
    )
    households = factories.comparison(during=county, kind="register_enrolment")
    ComparisonRow.objects.create(
        comparison=households,
        found_in="only_left",
        id_hash="a" * 32,
        id_number=factories.id_number(),
        name="户籍有",
        area_code="529901100001",
    )
    made = standings(actions.screen(by=basic.as_actor(), term=county))
    assert made["在校"] == ("suspected", "not_present", "open")
    assert made["户籍有"] == ("never_enrolled", "no_record", "open")


def test_ledgers_are_read_by_line_township_and_focus_group_and_exported(
    client, basic, clerk, neighbour, officer, county
):
    made = actions.screen(by=basic.as_actor(), term=county)

    def names(user, **query):
        client.force_login(user)
        return sorted(row["it"].name for row in client.get(LEDGERS, query).context["rows"])

    assert names(basic) == ["没回来", "没送到"]
    assert names(basic, tab="dropout") == ["辍学的"]
    assert names(basic, tab="never_enrolled") == ["没上学"]
    assert len(names(basic, tab="school_age")) == 7
    assert names(clerk, tab="never_enrolled") == []  # at no school: the township's, by household
    assert names(officer, tab="never_enrolled", by="home_area") == ["没上学"]
    assert names(basic, category="4096") == ["没送到"]
    assert names(basic, ground="not_received", print="1") == ["没送到"]
    assert names(neighbour, tab="school_age") == []
    client.force_login(basic)
    answer = client.get(reverse("dropout:ledger_export"), {"tab": "suspected"})
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    assert [
        row[0] for row in sheet.iter_rows(min_row=4, values_only=True) if row[0] in ("没回来", "没送到")
    ] == ["没回来", "没送到"]
    page = client.get(reverse("dropout:screening", args=[made.pk]))
    assert {figure["label"]: figure["value"] for figure in page.context["figures"]} == {
        "适龄儿童": "7", "在校": "2", "休学、缓学": "1", "疑似辍学": "2", "辍学": "1", "失学": "1",
    }  # fmt: skip
    assert page.context["sums"] == [7, 2, 1, 1, 3]  # the dropout has a case
    groups = {group["category"].label: (group["all"], group["away"]) for group in page.context["groups"]}
    assert (groups["留守儿童"], groups["建档立卡"], groups["残疾"]) == ((1, 1), (1, 1), (0, 0))


def test_row_is_followed_by_a_case_or_an_explanation_and_the_village_confirms(
    client, basic, clerk, neighbour, cadre, officer, county
):
    made = actions.screen(by=basic.as_actor(), term=county)
    rows = {row.name: row for row in made.rows.all()}
    client.force_login(cadre)
    confirm = reverse("dropout:screening_confirm", args=[made.pk, "529901100001"])
    assert "还有 3 名学生没有处理" in client.post(confirm).content.decode()
    client.force_login(neighbour)
    assert client.get(reverse("dropout:screening_row", args=[rows["没回来"].pk])).status_code == 404
    assert (
        client.post(
            reverse("dropout:screening_cases", args=[made.pk]), {"row": rows["没回来"].pk}
        ).status_code
        == 404
    )
    client.force_login(basic)
    for _ in range(2):
        client.post(
            reverse("dropout:screening_cases", args=[made.pk]),
            {"row": [rows["没送到"].pk, rows["没上学"].pk, rows["在校"].pk]},
        )
    cases = {
        case.student.name: (case.kind, case.origin, case.since)
        for case in Case.objects.select_related("student")
    }
    first = dt.date(2020, 9, 1)
    assert cases == {
        "辍学的": ("dropout", "report", first), "没送到": ("suspected", "promotion", first), "没上学": ("never_enrolled", "screening", first),
    }  # fmt: skip
    client.force_login(clerk)
    address = reverse("dropout:screening_row", args=[rows["没回来"].pk])
    for code in ("exempt", "home_taught"):  # whose right to stay away another person confirms
        assert client.post(address, {"code": code, "reason": "残疾"}).status_code == 422
        with pytest.raises(StepRefused, match="请建立个案"):
            actions.explain(by=clerk.as_actor(), row=rows["没回来"], code=code, reason="残疾")
    unproved = client.post(address, {"code": "deceased", "reason": "溺水"})
    assert (unproved.status_code, "须上传佐证材料" in unproved.content.decode()) == (422, True)
    scan = SimpleUploadedFile("证明.png", b"\x89PNG and more")
    assert (
        client.post(address, {"code": "other_county", "reason": "随父母到外县就读", "scan": scan}).status_code
        == 302
    )
    row = ScreeningRow.objects.get(pk=rows["没回来"].pk)
    assert (row.follow_up, row.explained_as, row.followed_by, row.evidence.name) == (
        "explained",
        "other_county",
        "杨丽",
        "证明.png",
    )
    with pytest.raises(StepRefused, match="已经处理过"):
        actions.explain(by=clerk.as_actor(), row=row, code="other", reason="又一次")
    for user, code in ((cadre, "529901100001"), (officer, "529901100")):
        client.force_login(user)
        assert client.post(reverse("dropout:screening_confirm", args=[made.pk, code])).status_code == 302
    assert client.post(reverse("dropout:screening_confirm", args=[made.pk, "529901101"])).status_code == 404
    assert sorted(made.confirmations.values_list("area", "confirmed_by")) == [
        ("529901100", "石磊"),
        ("529901100001", "罗雪"),
    ]


def test_explanation_is_for_who_works_the_child_and_each_opening_is_logged(
    client, basic, clerk, leader, county
):
    made = actions.screen(by=basic.as_actor(), term=county)
    row = made.rows.get(name="没回来")
    scan = SimpleUploadedFile("死亡证明.png", b"\x89PNG and more")
    actions.explain(
        by=clerk.as_actor(), row=row, code="deceased", reason="病故，家里不愿提起", upload=scan, account=clerk
    )
    page, paper = (reverse(f"dropout:screening_{name}", args=[row.pk]) for name in ("row", "evidence"))

    def told() -> list:
        texts = [client.get(page), client.get(LEDGERS, {"tab": "suspected"})]
        sheet = openpyxl.load_workbook(
            BytesIO(client.get(reverse("dropout:ledger_export"), {"tab": "suspected"}).content)
        ).active
        cells = " ".join(str(cell) for line in sheet.iter_rows(values_only=True) for cell in line)
        return [word in text for text in [*(one.content.decode() for one in texts), cells] for word in ("已说明", "死亡", "病故")]  # fmt: skip

    client.force_login(leader)
    assert told() == [True, False, False] * 3
    assert client.get(paper).status_code == 403
    assert list(AccessEvent.objects.values_list("kind", flat=True)) == ["download"]  # the workbook
    AccessEvent.objects.all().delete()

    client.force_login(clerk)
    assert told() == [True, True, True, True, True, False, True, True, True]
    assert b"".join(client.get(paper).streaming_content) == b"\x89PNG and more"
    assert list(AccessEvent.objects.order_by("pk").values_list("by_name", "kind", "fields")) == [
        ("杨丽", "reveal", "排查说明、理由"), ("杨丽", "reveal", "不在校学生的说明"), ("杨丽", "download", "疑似辍学台账 2 人；全部"),
        ("杨丽", "download", "排查佐证材料 死亡证明.png"),
    ]  # fmt: skip


def test_handover_names_who_was_sent_and_not_received(client, basic, clerk, neighbour, county):
    client.force_login(clerk)
    page = client.get(HANDOVER)
    assert [row["it"].student.name for row in page.context["rows"]] == ["没送到"]
    assert [(row["sent"], row["received"], row["missing"]) for row in page.context["schools"]] == [(2, 1, 1)]
    assert page.context["sums"] == [2, 1, 1]
    missing = Student.objects.get(name="没送到")
    assert reverse("dropout:case_new", args=[missing.pk]) in page.content.decode()
    case = open_case(
        by=clerk.as_actor(), student=missing, term=factories.term("2020-autumn"), origin="promotion", kind="suspected", since=dt.date(2020, 9, 1)
    )  # fmt: skip
    text = client.get(HANDOVER).content.decode()
    assert (
        reverse("dropout:case", args=[case.pk]) in text,
        reverse("dropout:case_new", args=[missing.pk]) in text,
    ) == (
        True,
        False,
    )
    assert len(client.get(HANDOVER, {"all": "1"}).context["rows"]) == 2
    assert (
        client.get(HANDOVER, {"all": "1", "export": "1"})
        .headers["Content-Type"]
        .startswith("application/vnd.openxml")
    )
    client.force_login(neighbour)
    assert client.get(HANDOVER).context["rows"] == []


def test_term_is_screened_by_itself_two_weeks_after_it_began(on_day, client, basic, clerk, county):
    on_day("2020-09-14")
    daily()
    assert Screening.objects.count() == 0
    on_day("2020-09-15")
    daily()
    daily()
    assert list(Screening.objects.values_list("term", "on", "made_by")) == [
        ("2020-autumn", dt.date(2020, 9, 15), "系统")
    ]
    client.force_login(clerk)
    assert (
        client.post(reverse("dropout:screen")).status_code == 403
    )  # a county's list is the county's to make


def test_queries_of_a_screening_and_its_pages_do_not_grow_with_children(
    on_day, client, basic, xiazhai, autumn
):
    before, counts = factories.term("2020-spring"), []
    client.force_login(basic)
    for number, day in ((1, "2020-09-15"), (25, "2020-09-16")):
        on_day(day)
        for n in range(number):
            factories.student(f"在校{number}{n}", at=xiazhai, during=autumn, birth_date=BORN, account=False)
            factories.student(f"没来{number}{n}", at=xiazhai, during=before, birth_date=BORN, account=False)
        with CaptureQueriesContext(connection) as queries:
            made = actions.screen(by=basic.as_actor(), term=autumn)
        with CaptureQueriesContext(connection) as of_pages:
            pages = [
                LEDGERS,
                HANDOVER,
                reverse("dropout:screening", args=[made.pk]),
                reverse("dropout:ledger_export"),
            ]
            assert [client.get(page).status_code for page in pages] == [200] * 4
        counts.append((len(queries), len(of_pages)))
    assert counts[1][0] <= counts[0][0]
    assert counts[1][1] == counts[0][1]
