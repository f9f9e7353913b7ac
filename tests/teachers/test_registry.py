"""教师名册 through its pages: registering, moving, leaving, terms and titles by date; numbers sealed and logged; own staff only."""

import datetime as dt
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from teachers.models import Appointment, ServiceTerm, Teacher, TitleRecord
from tests import factories
from tests.factories import teachers

pytestmark = pytest.mark.django_db
LIST = reverse("teachers:list")


def act(client, of, verb, **data):
    return client.post(reverse("teachers:act", args=[of.pk, verb]), data)


def page(client, of) -> str:
    return client.get(of.get_absolute_url()).content.decode()


def told(**changes) -> dict:
    """Return the form of a teacher as it is sent."""
    number = factories.id_number(88, birth="19900816")  # of a woman: the seventeenth digit is even
    return {
        "name": "石秀英", "code": "YL0088", "sex": "female", "birth_on": "1990-08-16", "id_number": number, "phone": "13929962626",
        "stage": "primary", "subject": "chinese", "can_teach_all": "on", "title": "second", "backbone": "", "origin": "special_post",
        "began_on": "2013-09-01", "home_area": "", "remark": "", "school": "", "since": "", "kind": "established",
    } | changes  # fmt: skip


def test_teacher_is_registered_with_a_post(client, personnel, xiazhai):
    teachers.establishment(xiazhai, 1)
    client.force_login(personnel)
    made = client.post(reverse("teachers:new"), told(school=xiazhai.pk, since="2013-09-01"))
    wang = Teacher.objects.get()
    assert made.headers["Location"] == wang.get_absolute_url()
    assert (wang.post.school, wang.post.since, wang.can_teach_all) == (xiazhai, dt.date(2013, 9, 1), True)
    assert wang.person.school == xiazhai
    shown = page(client, wang)
    assert "特岗计划" in shown
    assert wang.id_number not in shown
    assert "石秀英" in client.get(LIST + "?origin=special_post&q=yl00").content.decode()
    assert "没有符合条件的教师" in client.get(LIST + "?subject=english").content.decode()


def test_what_does_not_fit_the_id_number_is_told_at_its_field(client, personnel):
    client.force_login(personnel)
    answer = client.post(
        reverse("teachers:new"), told(birth_on="1990-08-17", sex="male", began_on="1980-01-01")
    )
    text = answer.content.decode()
    assert (answer.status_code, Teacher.objects.count()) == (422, 0)
    assert "与身份证件号里的出生日期 1990-08-16 不一致" in text
    assert "参加工作日期应晚于出生日期" in text


def test_code_and_number_are_of_one_teacher_only(client, personnel):
    client.force_login(personnel)
    client.post(reverse("teachers:new"), told())
    for change, sentence in (
        ({"id_number": ""}, "工号 YL0088 已是石秀英的"),
        ({"code": "YL0089"}, "这个身份证件号已有教师"),
    ):
        answer = client.post(reverse("teachers:new"), told(**change))
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert Teacher.objects.count() == 1


def test_correction_keeps_the_number_that_is_left_empty_and_logs_no_number(client, personnel):
    client.force_login(personnel)
    client.post(reverse("teachers:new"), told())
    held = Teacher.objects.get()
    fields = told(id_number="", title="first", state="active", name="石秀兰", seen=held.fingerprint)
    client.post(reverse("teachers:edit", args=[held.pk]), fields)
    now = Teacher.objects.get()
    assert (now.id_number, now.title, now.name) == (held.id_number, "first", "石秀兰")
    event = AuditEvent.objects.get(action="teacher.amend")
    assert event.changes == {"title": ["second", "first"], "name": ["石秀英", "石秀兰"]}


def test_correction_does_not_cover_what_another_changed_meanwhile(client, personnel, xiazhai):
    """Two open the page, one after the other saves: the second is told, whoever changed what."""
    wang = teachers.teacher("王芳", xiazhai)
    client.force_login(personnel)
    url = reverse("teachers:edit", args=[wang.pk])

    def opened() -> dict:
        form = client.get(url).context["form"]
        return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}

    first, second, third = opened(), opened(), opened()
    assert client.post(url, first | {"phone": "13911112222"}).status_code == 302
    late = client.post(url, second | {"remark": "借调过"})
    assert (late.status_code, "已被他人修改或被批量导入更新" in late.content.decode()) == (422, True)
    wang.refresh_from_db()
    assert (wang.person.phone, wang.remark) == ("13911112222", "")
    assert client.post(url, opened() | {"remark": "借调过"}).status_code == 302
    act(client, wang, "award", what="title:senior", on="2018-12-01", document="")
    assert client.post(url, third).status_code == 422
    wang.refresh_from_db()
    assert (wang.remark, wang.title) == ("借调过", "senior")


def test_number_is_shown_for_a_reason_that_is_logged(client, personnel, school_head, xiazhai):
    wang = teachers.teacher(at=xiazhai)
    url = reverse("teachers:reveal", args=[wang.pk])
    client.force_login(school_head)
    assert client.post(url, {"reason": "核对工资"}).status_code == 403
    client.force_login(personnel)
    assert client.post(url, {"reason": ""}).status_code == 422
    answer = client.post(url, {"reason": "核对职称材料"})
    assert wang.id_number in answer.content.decode()
    event = AccessEvent.objects.get()
    assert (event.fields, event.reason, event.subject_label) == ("身份证件号", "核对职称材料", "王芳")


def test_move_ends_the_post_the_day_before(client, personnel, xiazhai, qingshi):
    wang = teachers.teacher(at=xiazhai)
    teachers.establishment(qingshi)
    client.force_login(personnel)
    act(
        client,
        wang,
        "appoint",
        school=qingshi.pk,
        subject="science",
        since="2020-09-01",
        kind="established",
        note="云教人〔2020〕3号",
    )
    posts = list(Appointment.objects.order_by("since").values_list("school", "since", "until", "subject"))
    assert posts == [
        (xiazhai.pk, dt.date(2015, 9, 1), dt.date(2020, 8, 31), "chinese"),
        (qingshi.pk, dt.date(2020, 9, 1), None, "science"),
    ]
    xiazhai.establishment.refresh_from_db()
    qingshi.establishment.refresh_from_db()
    assert (xiazhai.establishment.filled, qingshi.establishment.filled) == (0, 1)


@pytest.mark.parametrize(
    ("since", "sentence"),
    [("2015-09-01", "不能在 2015-08-31 以前结束"), ("", "请填写"), ("2020-13-45", "看不懂或不存在")],
)
def test_move_on_a_day_that_cannot_be_is_told(client, personnel, xiazhai, qingshi, since, sentence):
    wang = teachers.teacher(at=xiazhai)
    teachers.establishment(qingshi)
    client.force_login(personnel)
    answer = act(
        client,
        wang,
        "appoint",
        school=qingshi.pk,
        subject="science",
        since=since,
        kind="established",
        note="",
    )
    assert answer.status_code == 422
    assert sentence in answer.content.decode() or (since == "" and "必填" in answer.content.decode())
    assert Appointment.objects.get().until is None


def test_post_over_the_establishment_is_refused_with_its_figures(client, personnel, xiazhai, qingshi):
    wang, _ = teachers.teacher(at=xiazhai), teachers.establishment(qingshi, 0)
    client.force_login(personnel)
    answer = act(
        client,
        wang,
        "appoint",
        school=qingshi.pk,
        subject="science",
        since="2020-09-01",
        kind="established",
        note="",
    )
    assert "青石镇中心小学核定编制 0 名，批准超编 0 名，已有在编 0 名，没有空编" in answer.content.decode()
    assert wang.appointments.get().until is None
    done = act(
        client,
        wang,
        "appoint",
        school=qingshi.pk,
        subject="science",
        since="2020-09-01",
        kind="contract",
        note="",
    )
    assert done.status_code == 302


def test_post_is_corrected_and_the_establishment_follows(client, personnel, xiazhai):
    wang = teachers.teacher(at=xiazhai)
    client.force_login(personnel)
    url = reverse("teachers:post_correct", args=[wang.post.pk])
    client.post(url, {"subject": "art", "since": "2016-03-01", "kind": "contract", "note": "合同制"})
    post = Appointment.objects.get()
    assert (post.subject, post.since, post.kind) == ("art", dt.date(2016, 3, 1), "contract")
    xiazhai.establishment.refresh_from_db()
    assert xiazhai.establishment.filled == 0


def test_retired_teacher_leaves_the_post_and_can_hold_none(client, personnel, school_head, xiazhai):
    wang = teachers.teacher(at=xiazhai)
    client.force_login(personnel)
    act(client, wang, "leave", state="retired", on="2020-08-31", reason="到龄")
    wang.refresh_from_db()
    assert (wang.state, wang.appointments.get().until) == ("retired", dt.date(2020, 8, 31))
    answer = act(
        client,
        wang,
        "appoint",
        school=xiazhai.pk,
        subject="chinese",
        since="2020-09-01",
        kind="established",
        note="",
    )
    assert "退休，不能聘任" in answer.content.decode()
    assert "王芳" in client.get(LIST + "?tab=gone").content.decode()
    client.force_login(school_head)
    assert client.get(wang.get_absolute_url()).status_code == 404


def test_leaving_is_told_where_nothing_would_end(client, personnel, xiazhai, on_day):
    on_day("2020-09-01")
    wang, waiting = teachers.teacher(at=xiazhai), teachers.teacher("孙丽")
    client.force_login(personnel)
    ahead = act(client, wang, "leave", state="retired", on="2020-09-02", reason="到龄")
    assert "止任日期不能晚于今天 2020-09-01；请到那天再办理" in ahead.content.decode()
    wang.refresh_from_db()
    assert (wang.state, wang.appointments.get().until) == ("active", None)
    assert act(client, wang, "leave", state="retired", on="2020-09-01", reason="到龄").status_code == 302
    again = act(client, wang, "leave", state="left", on="2020-09-01", reason="到龄")
    assert "王芳已是“退休”，没有岗位，不用再办理离任" in again.content.decode()
    nothing = act(client, waiting, "leave", state="active", on="2020-09-01", reason="待岗")
    assert "孙丽没有岗位，不用再办理离任" in nothing.content.decode()
    assert act(client, waiting, "leave", state="left", on="2020-09-01", reason="考走").status_code == 302
    assert AuditEvent.objects.filter(action="teacher.leave").count() == 2


def test_special_post_is_to_be_served_three_years(client, personnel, xiazhai, on_day):
    on_day("2020-06-01")
    wang = teachers.teacher(at=xiazhai)
    client.force_login(personnel)
    act(client, wang, "term", kind="special_post", since="2017-09-01", until="", note="")
    term = ServiceTerm.objects.get()
    assert (term.until, term.days_left) == (dt.date(2020, 8, 31), 91)
    again = act(client, wang, "term", kind="special_post", since="2020-09-01", until="", note="")
    assert "还有一份没有办结" in again.content.decode()
    client.post(reverse("teachers:term_end", args=[term.pk]), {"on": "2020-08-31", "note": "期满留任"})
    shown = page(client, wang)
    assert "已办结" in shown
    assert "期满留任" in shown


def test_newest_title_holds_and_the_older_stays_in_the_history(client, personnel, xiazhai):
    wang = teachers.teacher(at=xiazhai, title="none")
    client.force_login(personnel)
    act(client, wang, "award", what="title:first", on="2018-12-01", document="云职改〔2018〕2号")
    act(client, wang, "award", what="title:second", on="2012-12-01", document="")
    act(client, wang, "award", what="backbone:county", on="2019-09-10", document="")
    wang.refresh_from_db()
    assert (wang.title, wang.backbone, wang.is_backbone) == ("first", "county", True)
    assert TitleRecord.objects.count() == 3
    again = act(client, wang, "award", what="title:first", on="2019-12-01", document="")
    assert "已登记" in again.content.decode()


def test_neighbour_sees_only_own_staff(client, school_head, neighbour_head, xiazhai, qingshi):
    wang, zhao = teachers.teacher(at=xiazhai), teachers.teacher("赵平", qingshi)
    client.force_login(neighbour_head)
    listed = client.get(LIST).content.decode()
    assert ("赵平" in listed, "王芳" in listed) == (True, False)
    assert client.get(wang.get_absolute_url()).status_code == 404
    assert client.get(zhao.get_absolute_url()).status_code == 200
    assert client.get(reverse("teachers:edit", args=[zhao.pk])).status_code == 403
    assert client.get(reverse("teachers:school_establishment", args=[xiazhai.pk])).status_code == 404
    assert client.get(reverse("teachers:school_need", args=[xiazhai.pk])).status_code == 404
    client.force_login(school_head)
    assert client.get(zhao.get_absolute_url()).status_code == 404


def test_who_waits_for_a_post_is_the_countys_alone(client, personnel, school_head, xiazhai):
    waiting = teachers.teacher("孙丽")
    client.force_login(personnel)
    assert "孙丽" in client.get(LIST + "?tab=waiting").content.decode()
    client.force_login(school_head)
    assert client.get(waiting.get_absolute_url()).status_code == 404


def test_empty_list_says_what_comes_next(client, personnel, school_head):
    client.force_login(personnel)
    assert "先导入各校编制，再导入教师名册" in client.get(LIST).content.decode()
    client.force_login(school_head)
    assert "人事股登记、聘任到本校的教师列在这里" in client.get(LIST).content.decode()


def test_list_pages_by_key_and_takes_the_same_queries_for_one_and_for_sixty(client, personnel, xiazhai):
    client.force_login(personnel)
    teachers.teacher(at=xiazhai)

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(LIST).status_code == 200
        return len(made)

    queries()
    few = queries()
    teachers.establishment(xiazhai)
    for number in range(59):
        teachers.teacher(f"教师{number}", xiazhai, kind="contract")
    assert queries() == few
    first = client.get(LIST)
    assert len(first.context["rows"]) == 50
    after = first.context["page"].following
    assert len(client.get(f"{LIST}?after={after}").context["rows"]) == 10
    assert len(client.get(LIST + "?print=1").context["rows"]) == 60


def test_export_has_the_rows_of_the_filter_and_no_numbers(client, personnel, xiazhai):
    wang = teachers.teacher(at=xiazhai)
    teachers.teacher("赵平", xiazhai, subject="mathematics")
    client.force_login(personnel)
    answer = client.get(reverse("teachers:export") + "?subject=chinese")
    rows = list(openpyxl.load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))
    head = next(row for row in rows if "工号" in row)
    body = rows[rows.index(head) + 1 :]
    assert [row[:2] for row in body if row[0]] == [(wang.code, "王芳")]
    assert wang.id_number not in str(rows)
