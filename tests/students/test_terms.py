"""A closed term: nothing of it changes, but for one child's named facts by leave of another person, once."""

import datetime as dt
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.imports import actions as imports
from povertyedu.office.actions import calendar
from povertyedu.orgs.models import Term
from povertyedu.workbooks.writing import write_table
from povertyedu.workflow.flow import StepRefused
from students.actions import corrections, hardship, moves
from students.enums import HardshipCategory
from students.models import Correction, CorrectionDecision, FactChange, HardshipStatus, Student
from tests import factories

from .test_record import as_sent, edit_url, errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(autumn):
    Term.objects.filter(pk=autumn.pk).update(is_closed=True)
    return Term.objects.get(pk=autumn.pk)


@pytest.fixture
def asked(luona, clerk, closed):
    return corrections.request_correction(
        by=clerk.as_actor(), enrolment=luona.enrolments.get(), facts=["boarding"], wanted="走读", reason="开学后改走读，当时漏报",
    )  # fmt: skip


def correct(client, student, **changes):
    url = edit_url(student, "2020-autumn")
    return client.post(url, as_sent(client, url, **changes))


def test_closed_term_refuses_a_correction_without_leave(client, clerk, luona, closed):
    client.force_login(clerk)
    answer = correct(client, luona, boarding="0")
    assert errors(answer) == {
        "__all__": [f"{closed}已关闭，不能再改；确需更正的，请在学生档案点“申请更正”，批准后再改。"]
    }
    assert luona.enrolments.get().boarding is True
    page = client.get(reverse("students:detail", args=[luona.pk])).content.decode()
    assert "学期已关闭" in page
    assert "申请更正" in page
    assert "修改档案" not in page


def test_leave_opens_the_named_fact_of_that_child_once(client, clerk, aid_officer, luona, asked, closed):
    other = factories.student("王二", at=luona.enrolments.get().school, during=closed, boarding=True)
    corrections.approve(by=aid_officer.as_actor(), correction=asked)
    client.force_login(clerk)
    assert correct(client, luona, boarding="0", grade="4", school_class="").status_code == 200
    assert luona.enrolments.get().grade == 5
    assert correct(client, other, boarding="0").status_code == 200
    answer = correct(client, luona, boarding="0")
    assert answer.status_code == 302
    assert luona.enrolments.get().boarding is False
    assert FactChange.objects.filter(term=closed, student=luona).exists()
    asked.refresh_from_db()
    assert (asked.state, asked.used_by) == ("used", "杨丽")
    assert list(asked.decisions.values_list("verb", flat=True)) == ["request", "approve", "use"]
    assert CorrectionDecision.broken_link(asked) is None
    again = correct(client, luona, boarding="1")
    assert "不能再改" in errors(again)["__all__"][0]


def test_correction_says_what_was_not_granted(client, clerk, aid_officer, luona, asked, closed):
    corrections.approve(by=aid_officer.as_actor(), correction=asked)
    client.force_login(clerk)
    answer = correct(client, luona, boarding="0", name="罗小娜")
    assert errors(answer) == {"__all__": [f"{closed}已关闭，批准更正的是“寄宿”，不能同时改：姓名。"]}
    assert (luona.enrolments.get().boarding, Student.objects.get(pk=luona.pk).name) == (True, "罗娜")


def test_who_asked_cannot_grant(administrator, luona, closed):
    mine = corrections.request_correction(
        by=administrator.as_actor(), enrolment=luona.enrolments.get(), facts=["level"], wanted="四年级", reason="年级填错",
    )  # fmt: skip
    with pytest.raises(StepRefused, match="另一人审批"):
        corrections.approve(by=administrator.as_actor(), correction=mine)
    with pytest.raises(IntegrityError, match="correction_is_answered_by_another"), transaction.atomic():
        Correction.objects.filter(pk=mine.pk).update(
            state="approved", answered_at=mine.requested_at, answered_by_id=administrator.pk
        )


def test_one_request_at_a_time_and_none_in_an_open_term(asked, clerk, luona, aid_officer, closed):
    with pytest.raises(StepRefused, match="没有办完的更正申请"):
        corrections.request_correction(
            by=clerk.as_actor(),
            enrolment=luona.enrolments.get(),
            facts=["home"],
            wanted="青石镇",
            reason="迁户",
        )
    corrections.refuse(by=aid_officer.as_actor(), correction=asked, reason="与当时的公示不符")
    Term.objects.update(is_closed=False)
    with pytest.raises(StepRefused, match="没有关闭"):
        corrections.request_correction(
            by=clerk.as_actor(),
            enrolment=luona.enrolments.get(),
            facts=["home"],
            wanted="青石镇",
            reason="迁户",
        )


def test_request_and_answer_by_pages(client, clerk, aid_officer, neighbour, luona, closed):
    client.force_login(clerk)
    url = reverse("students:correction_new", args=[luona.pk]) + f"?term={closed.pk}"
    assert client.post(url, {"wanted": "走读"}).status_code == 422
    client.post(url, {"facts": ["boarding"], "wanted": "走读", "reason": "漏报"})
    found = Correction.objects.get()
    answer_url = reverse("students:correction_answer", args=[found.pk])
    assert client.post(answer_url, {"answer": "approve"}).status_code == 403
    client.force_login(neighbour)
    assert client.get(reverse("students:correction", args=[found.pk])).status_code == 404
    client.force_login(aid_officer)
    assert "待审批的更正申请" in client.get("/").content.decode()
    assert client.post(answer_url, {"answer": "refuse"}).status_code == 422
    client.post(answer_url, {"answer": "approve"})
    found.refresh_from_db()
    assert (found.state, found.answered_by) == ("approved", "周敏")
    client.force_login(clerk)
    page = client.get(reverse("students:correction", args=[found.pk])).content.decode()
    assert "去更正" in page


# --- closing --------------------------------------------------------------------------------------


def test_term_with_a_transfer_under_way_cannot_be_closed(
    client, clerk, administrator, luona, qingshi, autumn
):
    move = moves.request_transfer(
        by=clerk.as_actor(), enrolment=luona.enrolments.get(), to_school=qingshi, side="sending",
        effective_on=autumn.starts_on, reason="迁居",
    )  # fmt: skip
    client.force_login(administrator)
    url = reverse("office:term_close", args=[autumn.pk])
    page = client.post(url, {"closed": "yes"}, follow=True).content.decode()
    assert f"{autumn}还有没办完的事，不能关闭：等对方学校答复的转学 1 件。" in page
    moves.withdraw(by=clerk.as_actor(), move=move)
    client.post(url, {"closed": "yes"})
    assert Term.objects.get().is_closed is True
    days = {"starts_on": "2020-09-01", "ends_on": "2021-01-31", "meal_days": "95"}
    page = client.post(reverse("office:term_edit", args=[autumn.pk]), days).content.decode()
    assert "已关闭，日期和供餐天数不能再改" in page


def test_correction_that_is_not_used_yet_keeps_a_reopened_term_open(
    asked, aid_officer, administrator, closed
):
    calendar.reopen_term(term=closed, by=administrator.as_actor(), reason="漏报")
    corrections.approve(by=aid_officer.as_actor(), correction=asked)
    with pytest.raises(ValidationError, match="待审批或批准后还没有用的更正申请 1 件"):
        calendar.close_term(term=closed, by=administrator.as_actor())
    corrections.withdraw(by=aid_officer.as_actor(), correction=asked)
    assert calendar.close_term(term=closed, by=administrator.as_actor()).is_closed


# --- using what was granted ---


def granted(student, facts, *, by, approver, wanted="照实更正"):
    made = corrections.request_correction(
        by=by.as_actor(), enrolment=student.enrolments.order_by("term__starts_on").first(), facts=facts, wanted=wanted, reason="漏报",
    )  # fmt: skip
    return corrections.approve(by=approver.as_actor(), correction=made)


def use_url(correction):
    return reverse("students:correction_use", args=[correction.pk])


def shown_fields(page) -> set[str]:
    return {bound.name for bound in page.context["form"]} - {"seen"}


@pytest.mark.parametrize(
    ("facts", "fields"),
    [
        (["meal_days"], {"meal_days"}),
        (["level"], {"stage", "grade", "school_class"}),
        (["school"], {"school", "school_class"}),
        (["home", "entered"], {"home_township", "home_village", "entered_on"}),
        (["major", "status"], {"major", "agri_major", "status"}),
        (["categories"], set()),
    ],
)
def test_granted_correction_shows_what_was_granted_alone(
    client, clerk, aid_officer, luona, closed, facts, fields
):
    correction = granted(luona, facts, by=clerk, approver=aid_officer)
    client.force_login(clerk)
    page = client.get(use_url(correction))
    assert shown_fields(page) == fields
    answer = client.post(use_url(correction), as_sent(client, use_url(correction)))
    assert errors(answer)["__all__"] == ["没有任何改动，更正还没有用掉；请改好再保存，不用改的请撤回申请。"]


def test_meal_days_of_a_closed_term_are_corrected_once(client, clerk, aid_officer, luona, closed):
    correction = granted(luona, ["meal_days"], by=clerk, approver=aid_officer)
    FactChange.objects.all().delete()
    client.force_login(clerk)
    url = use_url(correction)
    assert client.post(url, as_sent(client, url, meal_days="141")).status_code == 422
    sent = as_sent(client, url, meal_days="60", name="罗小娜", grade="2", boarding="0")
    assert client.post(url, sent).headers["Location"] == reverse("students:correction", args=[correction.pk])
    row = luona.enrolments.get()
    assert (row.meal_days, row.grade, row.boarding) == (60, 5, True)
    assert Student.objects.get(pk=luona.pk).name == "罗娜"
    assert FactChange.objects.get().student == luona
    assert AuditEvent.objects.get(action="students.correct").changes == {"供餐天数": ["", "60"]}
    assert client.post(url, sent).headers["Location"] == reverse("students:correction", args=[correction.pk])
    assert AuditEvent.objects.filter(action="students.correct").count() == 1


def test_grade_and_class_of_a_closed_term_go_together(client, clerk, aid_officer, luona, xiazhai, closed):
    other = factories.school_class(xiazhai, grade=4, name="2班")
    correction = granted(luona, ["level"], by=clerk, approver=aid_officer)
    client.force_login(clerk)
    url = use_url(correction)
    answer = client.post(url, as_sent(client, url, school_class=other.pk))
    assert errors(answer) == {"school_class": ["所选班级不属于这所学校的这个年级，请重新选择。"]}
    client.post(url, as_sent(client, url, grade="4", school_class=other.pk))
    row = luona.enrolments.get()
    assert (row.grade, row.school_class, row.school) == (4, other, xiazhai)


def test_categories_of_a_closed_term_follow_the_lists_by_leave(client, clerk, aid_officer, luona, closed):
    HardshipStatus.objects.create(
        id_hash=luona.id_hash, id_number=luona.id_number, name="罗娜", category=1, since=dt.date(2016, 1, 1), source="poverty_office",
    )  # fmt: skip
    assert hardship.derive_categories() == 0
    correction = granted(luona, ["categories"], by=clerk, approver=aid_officer)
    client.force_login(clerk)
    url = use_url(correction)
    assert client.get(url).context["by_lists"] == ["建档立卡"]
    client.post(url, as_sent(client, url))
    assert luona.enrolments.get().categories == HardshipCategory.REGISTERED_POOR
    correction.refresh_from_db()
    assert correction.state == "used"
    assert AuditEvent.objects.get(action="students.correct").changes == {"困难类型": ["", "建档立卡"]}


def test_former_school_corrects_its_own_closed_term(
    client, clerk, neighbour, aid_officer, luona, qingshi, xiazhai, closed
):
    spring = factories.term("2021-spring")
    row = luona.enrolments.get()
    row.pk, row.term, row.school, row.school_class = None, spring, qingshi, None
    row.school_area = qingshi.area.full_code
    row.save()
    ask = reverse("students:correction_new", args=[luona.pk])
    client.force_login(clerk)
    page = client.get(reverse("students:detail", args=[luona.pk]) + f"?term={closed.pk}")
    assert ("申请更正" in page.content.decode(), luona.phone in page.content.decode()) == (True, False)
    assert client.get(f"{ask}?term={spring.pk}").status_code == 404
    client.post(f"{ask}?term={closed.pk}", {"facts": ["boarding"], "wanted": "走读", "reason": "当时漏报"})
    correction = Correction.objects.get()
    corrections.approve(by=aid_officer.as_actor(), correction=correction)
    page = client.get(use_url(correction)).content.decode()
    assert (luona.guardian.name in page, "139" in page) == (False, False)
    client.post(use_url(correction), as_sent(client, use_url(correction), boarding="0"))
    assert [row.boarding for row in luona.enrolments.order_by("term__starts_on")] == [False, True]
    assert Student.objects.get(pk=luona.pk).home_area == luona.home_area
    client.force_login(neighbour)
    assert client.get(use_url(correction)).status_code == 404
    assert client.get(f"{ask}?term={closed.pk}").status_code == 404


def test_correction_of_a_child_away_is_read_by_its_county(client, administrator, aid_officer, luona, closed):
    luona.enrolments.update(
        school=None, school_class=None, school_area="", place="in_province", outside_school="贵阳一中"
    )
    client.force_login(administrator)
    url = reverse("students:correction_new", args=[luona.pk])
    answer = client.post(url, {"facts": ["status"], "wanted": "休学", "reason": "漏报"}, follow=True)
    assert "已申请" in answer.content.decode()
    corrections.approve(by=aid_officer.as_actor(), correction=Correction.objects.get())
    use = use_url(Correction.objects.get())
    client.post(use, as_sent(client, use, status="suspended"))
    assert luona.enrolments.get().status == "suspended"


def test_clerk_cannot_close_a_term(client, clerk, autumn):
    client.force_login(clerk)
    assert client.post(reverse("office:term_close", args=[autumn.pk]), {"closed": "yes"}).status_code == 403


@pytest.mark.sql
def test_later_lists_leave_the_categories_of_a_closed_term(luona, closed):
    spring = factories.term("2021-spring")
    row = luona.enrolments.get()
    row.pk, row.term = None, spring
    row.save()
    HardshipStatus.objects.create(
        id_hash=luona.id_hash,
        category=HardshipCategory.ORPHAN,
        since="2019-01-01",
        name="罗娜",
        source="department_list",
    )
    hardship.derive_categories()
    assert dict(luona.enrolments.values_list("term", "categories")) == {
        "2020-autumn": 0, "2021-spring": HardshipCategory.ORPHAN,
    }  # fmt: skip


# --- imports --------------------------------------------------------------------------------------


def _roster() -> bytes:
    out = io.BytesIO()
    columns = [column.column_name for column in imports.resource_of("roster").columns()]
    write_table(out, columns, [["x"] * len(columns)])
    return out.getvalue()


def test_import_into_a_closed_term_is_refused_whole(client, administrator, clerk, closed, tmp_path):
    sentence = f"{closed}已关闭，不能导入；个别学生要更正的请逐人“申请更正”，确需整批导入的，请数据管理员先重新打开该学期。"
    client.force_login(administrator)
    sent = {"kind": "roster", "term": closed.pk, "file": SimpleUploadedFile("花名册.xlsx", _roster())}
    page = client.post(reverse("imports:upload"), sent)
    assert page.context["form"].errors["term"] == [sentence]

    batch = imports.receive(
        chunks=[_roster()], name="花名册.xlsx", kind="roster", term=closed, by=administrator
    )
    imports.check(batch=batch)
    assert (batch.state, batch.error) == ("refused", sentence)

    path = tmp_path / "roster.xlsx"
    path.write_bytes(_roster())
    err = io.StringIO()
    with pytest.raises((SystemExit, CommandError)) as ended:
        call_command(
            "import_workbook", "roster", str(path), "--term", closed.pk, stderr=err, stdout=io.StringIO()
        )
    assert getattr(ended.value, "returncode", getattr(ended.value, "code", None)) == 1
    assert not Student.objects.exists()


def test_import_checked_before_the_term_was_closed_is_not_written(administrator, autumn):
    batch = imports.receive(
        chunks=[_roster()], name="花名册.xlsx", kind="roster", term=autumn, by=administrator
    )
    imports.check(batch=batch)
    Term.objects.update(is_closed=True)
    imports.confirm(batch=batch)
    with pytest.raises(StepRefused, match="已关闭，不能导入"):
        imports.apply(batch=batch, by=administrator.as_actor())
    batch.refresh_from_db()
    assert batch.state == "checked"


@pytest.mark.sql
def test_correction_of_the_child_itself_marks_every_open_term(client, clerk, luona, xiazhai, autumn):
    spring, closed = factories.term("2021-spring"), factories.term("2020-spring")
    for term in (spring, closed):
        row = luona.enrolments.get(term=autumn)
        row.pk, row._state.adding, row.term = None, True, term
        row.save()
    Term.objects.filter(pk=closed.pk).update(is_closed=True)
    client.force_login(clerk)
    url = edit_url(luona, autumn.pk)

    client.post(url, as_sent(client, url, hukou="rural", ethnicity="布依族"))

    assert set(FactChange.objects.values_list("term", flat=True)) == {autumn.pk, spring.pk}
