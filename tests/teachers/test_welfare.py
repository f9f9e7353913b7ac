"""Health checks, aid in serious illness, insurances: counted by school, what is health opened with a reason only."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from teachers.actions import aid as aids
from teachers.models import HealthCheck, IllnessAid, Insurance
from tests.factories import teachers

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
DIAGNOSIS = "恶性肿瘤术后"


@pytest.fixture
def wang(xiazhai):
    return teachers.teacher("王芳", xiazhai)


def test_yearly_check_is_free_for_all_staff_and_counted_by_school(
    client, personnel, wang, xiazhai, qingshi, on_day
):
    on_day("2020-10-20")
    teachers.teacher("李明", xiazhai)
    teachers.teacher("张红", qingshi)
    teachers.teacher("退休", qingshi, state="retired")
    client.force_login(personnel)
    invite = {"year": "2020", "schools": [], "hospital": "县医院", "on": "2020-10-08"}
    for _ in range(2):
        assert client.post(reverse("teachers:health_invite"), invite).status_code == 302
    check = HealthCheck.objects.get(teacher=wang)
    done = reverse("teachers:health_step", args=[check.pk, "done"])
    early = client.post(done, {"on": "2020-10-07"})
    assert (early.status_code, "不能早于通知日期" in early.content.decode()) == (422, True)
    assert client.post(done, {"on": "2020-10-12", "result": "血压偏高"}).status_code == 302
    other = HealthCheck.objects.get(teacher__person__name="李明")
    client.post(reverse("teachers:health_step", args=[other.pk, "missed"]), {"reason": "产假"})
    page = client.get(reverse("teachers:health"), {"school": xiazhai.pk, "year": "2020"})
    assert page.context["sums"] == {
        "staff": 2,
        "invited": 2,
        "done": 1,
        "missed": 1,
        "waiting": 0,
        "uninvited": 0,
    }
    whole = client.get(reverse("teachers:health"))
    assert whole.context["sums"] == {
        "staff": 3,
        "invited": 3,
        "done": 1,
        "missed": 1,
        "waiting": 1,
        "uninvited": 0,
    }
    assert "血压偏高" not in page.content.decode() + str(list(AuditEvent.objects.values()))


def test_result_is_sealed_and_opens_with_a_reason_for_who_needs_it(
    client, personnel, clerk, leader, wang, on_day
):
    on_day("2020-10-20")
    check = HealthCheck.objects.create(
        teacher=wang,
        year=2020,
        invited_on=dt.date(2020, 10, 8),
        hospital="县医院",
        done_on=dt.date(2020, 10, 9),
        result="血压偏高",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT result FROM teachers_healthcheck")
        assert "血压".encode() not in bytes(cursor.fetchone()[0])
    page = reverse("teachers:health_reveal", args=[check.pk])
    for user in (clerk, leader):
        client.force_login(user)
        assert client.post(page, {"reason": "想看"}).status_code == 403
    client.force_login(personnel)
    unsaid = client.post(page)
    assert (unsaid.status_code, "血压偏高" in unsaid.content.decode(), AccessEvent.objects.count()) == (
        422,
        False,
        0,
    )
    told = client.post(page, {"reason": "安排工作量"})
    event = AccessEvent.objects.get()
    assert ("血压偏高" in told.content.decode(), "no-store" in told.headers["Cache-Control"]) == (True, True)
    assert (event.by_name, event.subject_label, event.fields, event.reason) == (
        "唐人事",
        "王芳",
        "体检结果",
        "安排工作量",
    )


def apply(client, who, **more):
    data = {
        "teacher": who.code, "diagnosis": DIAGNOSIS, "ill_since": "2020-09-15", "cost_fen": "120000", "own_fen": "50000", "asked_fen": "30000",
    }  # fmt: skip
    return client.post(reverse("teachers:aid_new"), data | more)


def test_aid_goes_from_application_to_paid_by_four_people(
    client, clerk, personnel, approver, finance, wang, on_day
):
    on_day("2020-10-20")
    client.force_login(clerk)
    over = apply(client, wang, asked_fen="50000.01")
    assert (over.status_code, "不能超过个人负担" in over.content.decode()) == (422, True)
    assert apply(client, wang).status_code == 302
    found = IllnessAid.objects.get()

    def step(user, verb, **data):
        client.force_login(user)
        return client.post(reverse("teachers:aid_step", args=[found.pk, verb]), data).status_code

    assert step(clerk, "review", reason="自己审") == 403
    assert step(personnel, "return", reason="补报销单") == 302
    assert step(clerk, "apply_again", cost_fen="120000", own_fen="48000", asked_fen="30000") == 302
    assert step(personnel, "review", reason="属实") == 302
    assert step(approver, "approve", approved_fen="30000.01") == 422
    assert step(approver, "approve", approved_fen="25000") == 302
    assert step(finance, "pay", paid_on="2020-10-20", voucher="记-9") == 302
    assert step(finance, "pay", paid_on="2020-10-20", voucher="记-9") == 422
    found.refresh_from_db()
    assert (found.state, found.own_fen, found.approved_fen, found.voucher) == (
        "paid",
        4_800_000,
        2_500_000,
        "记-9",
    )
    assert [d.label for d in found.decisions.all()] == [
        "申请救助",
        "退回补充",
        "重新申请",
        "审核同意",
        "审批同意",
        "登记发放",
    ]
    assert DIAGNOSIS not in str(list(AuditEvent.objects.values())) + str(list(found.decisions.values()))
    with pytest.raises(IntegrityError), transaction.atomic():
        IllnessAid.objects.filter(pk=found.pk).update(approved_fen=1)


def test_one_person_takes_one_stage_of_an_application(personnel, wang, on_day):
    on_day("2020-10-20")
    by = personnel.as_actor()
    figures = {"cost_fen": 300, "own_fen": 200, "asked_fen": 100}
    found = aids.apply(by=by, teacher=wang, diagnosis=DIAGNOSIS, ill_since=dt.date(2020, 9, 1), **figures)
    with pytest.raises(aids.StepRefused, match="已办理“学校确认”环节"):
        aids.take_step(by=by, aid=found, verb="review", reason="同意")


def test_diagnosis_is_shown_to_nobody_unasked(client, clerk, personnel, approver, neighbour, wang, on_day):
    on_day("2020-10-20")
    client.force_login(clerk)
    apply(client, wang)
    found = IllnessAid.objects.get()
    reveal = reverse("teachers:aid_reveal", args=[found.pk])
    for user, status in ((clerk, 403), (approver, 403), (neighbour, 403), (personnel, 200)):
        client.force_login(user)
        page = client.get(found.get_absolute_url())
        assert (page.status_code, DIAGNOSIS in page.content.decode()) == (
            404 if user is neighbour else 200,
            False,
        )
        assert client.post(reveal, {"reason": "核实"}).status_code == status
    assert [(e.fields, e.by_name) for e in AccessEvent.objects.all()] == [("诊断", "唐人事")]


def test_housing_fund_and_insurances_are_counted_and_who_lacks_them_is_named(
    client, clerk, wang, xiazhai, on_day
):
    """住房公积金和各项社会保险 (S2 二12): six kinds, by school, with the names of who lacks which."""
    on_day("2020-10-20")
    li = teachers.teacher("李明", xiazhai)
    client.force_login(clerk)
    page = reverse("teachers:insurance")
    kinds = ["housing_fund", "pension", "medical", "unemployment", "injury", "maternity"]
    data = {"school": xiazhai.pk, "code": "", "kinds": kinds, "since": "2020-09-01"}
    assert client.post(reverse("teachers:insure"), data | {"code": wang.code}).status_code == 302
    shown = client.get(page, {"school": xiazhai.pk})
    row = shown.context["rows"][0]
    assert (row.staff, row.cells) == (2, [1] * 6)
    assert row.lacking == [("李明", "住房公积金、养老保险、医疗保险、失业保险、工伤保险、生育保险")]
    client.post(reverse("teachers:insure"), data | {"kinds": kinds[:5]})
    assert client.get(page).context["rows"][0].cells == [2, 2, 2, 2, 2, 1]
    fund = Insurance.objects.get(teacher=li, kind="housing_fund")
    client.post(reverse("teachers:insurance_end", args=[fund.pk]), {"until": "2020-10-19", "note": "停职"})
    assert client.get(page).context["rows"][0].lacking == [("李明", "住房公积金、生育保险")]
    with pytest.raises(IntegrityError), transaction.atomic():
        Insurance.objects.create(teacher=li, kind="pension", since=dt.date(2020, 9, 1))


def test_empty_pages_say_what_comes_next(client, clerk, approver):
    client.force_login(clerk)
    for name, told in (
        ("health", "每年通知体检"),
        ("aids", "申请救助"),
        ("insurance", "登记公积金和社会保险"),
    ):
        assert told in client.get(reverse(f"teachers:{name}")).content.decode()
    client.force_login(approver)
    assert "没有救助申请" in client.get(reverse("teachers:aids")).content.decode()
