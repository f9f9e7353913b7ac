"""The class grid: rows saved one by one, nothing of anybody's lost, the same without script."""

import pytest
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Term
from students.actions.grid import Cells
from students.models import Enrolment, FactChange, Student
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def wanger(xiazhai, autumn):
    return factories.student("王二", at=xiazhai, during=autumn, account=False)


def row_of(student, **changes):
    """What the row of ``student`` sends when it stands as it is, with ``changes``."""
    row = Enrolment.objects.select_related("student__bank_account").get(student=student)
    sent = {
        "boarding": "1" if row.boarding else "0", "meal_days": row.meal_days or "", "account_number": "", "seen": Cells.of(row).seen,
    }  # fmt: skip
    return {f"{row.pk}-{name}": value for name, value in (sent | changes).items()}


def url_of(student):
    return reverse("students:grid_row", args=[student.enrolments.get().pk])


def test_row_is_saved_alone_and_marks_the_child(client, clerk, luona, autumn):
    client.force_login(clerk)
    answer = client.post(url_of(luona), row_of(luona, boarding="0", meal_days="88"), headers=HTMX)
    assert answer.status_code == 200
    assert "已保存" in answer.content.decode()
    row = luona.enrolments.get()
    assert (row.boarding, row.meal_days) == (False, 88)
    assert FactChange.objects.get().student == luona
    assert AuditEvent.objects.get().changes == {"寄宿": ["是", "否"], "供餐天数": ["同学期", "88"]}


def test_card_is_masked_a_first_one_applies_and_another_one_waits(client, clerk, luona, wanger):
    client.force_login(clerk)
    old = luona.bank_account.number
    page = client.get(
        reverse("students:grid", args=[luona.enrolments.get().school_class_id])
    ).content.decode()
    assert old not in page
    assert f"尾号{old[-4:]}" in page
    answer = client.post(url_of(luona), row_of(luona, account_number="6226 0000 1111 2222 333"), headers=HTMX)
    assert "待复核：罗娜 **** 2333" in answer.content.decode()
    assert f"尾号{old[-4:]}" in answer.content.decode()
    assert "6226000011112222333" not in answer.content.decode()
    client.post(url_of(wanger), row_of(wanger, account_number="6226000011112222444"), headers=HTMX)
    cards = {s.name: (s.bank_account.number, s.bank_account.holder) for s in Student.objects.all()}
    assert cards == {"罗娜": (old, "罗娜"), "王二": ("6226000011112222444", "王二")}
    assert "6226" not in str(list(AuditEvent.objects.values_list("changes", flat=True)))


def test_card_that_waits_is_shown_in_the_grid(client, clerk, luona):
    factories.pending_change(luona, by=clerk, number="6226000011112222333")
    client.force_login(clerk)
    url = reverse("students:grid", args=[luona.enrolments.get().school_class_id])
    assert "待复核：罗娜 **** 2333" in client.get(url).content.decode()
    client.post(url_of(luona), row_of(luona, account_number="6226000011112222333"), headers=HTMX)
    assert luona.pending_changes.get().state == "waiting"


def test_blank_card_leaves_the_account(client, clerk, luona):
    client.force_login(clerk)
    client.post(url_of(luona), row_of(luona, boarding="0"), headers=HTMX)
    assert Student.objects.get().bank_account.number == luona.bank_account.number


def test_later_change_of_another_is_not_overwritten(client, clerk, luona):
    mine = row_of(luona, boarding="0")
    Enrolment.objects.update(meal_days=90)
    client.force_login(clerk)
    answer = client.post(url_of(luona), mine, headers=HTMX)
    assert answer.status_code == 422
    assert "没有保存：他人刚改过，现在是寄宿 是，供餐天数 90" in answer.content.decode()
    assert (luona.enrolments.get().boarding, luona.enrolments.get().meal_days) == (True, 90)
    again = client.post(url_of(luona), mine, headers=HTMX)
    assert again.status_code == 422


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("meal_days", "一百", "供餐天数应为整数"),
        ("meal_days", "200", "不会超过 140 天"),
        ("boarding", "2", ""),
    ],
)
def test_wrong_cell_says_what_is_wrong(client, clerk, luona, field, value, sentence):
    client.force_login(clerk)
    answer = client.post(url_of(luona), row_of(luona, **{field: value}), headers=HTMX)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not AuditEvent.objects.exists()


def test_whole_grid_is_sent_without_script(client, clerk, luona, wanger):
    client.force_login(clerk)
    url = reverse("students:grid", args=[luona.enrolments.get().school_class_id])
    sent = row_of(luona, boarding="0") | row_of(wanger, meal_days="不知道")
    page = client.post(url, sent)
    assert "已保存 1 行；1 行没有保存，原因见各行。" in page.content.decode()
    assert luona.enrolments.get().boarding is False
    page = client.post(url, row_of(luona) | row_of(wanger, boarding="1"), follow=True)
    assert "已保存 1 行。" in page.content.decode()
    assert wanger.enrolments.get().boarding is True
    assert AuditEvent.objects.count() == 2


def test_closed_term_shows_the_grid_and_saves_nothing(client, clerk, luona, autumn):
    Term.objects.update(is_closed=True)
    client.force_login(clerk)
    page = client.get(
        reverse("students:grid", args=[luona.enrolments.get().school_class_id])
    ).content.decode()
    assert "学期已关闭" in page
    assert "全部保存" not in page
    answer = client.post(url_of(luona), row_of(luona, boarding="0"), headers=HTMX)
    assert answer.status_code == 422
    assert luona.enrolments.get().boarding is True


def test_grid_is_for_the_schools_own_clerk(client, neighbour, leader, luona):
    row, school_class = url_of(luona), reverse("students:grid", args=[luona.enrolments.get().school_class_id])
    client.force_login(neighbour)
    assert (client.get(school_class).status_code, client.post(row, {}).status_code) == (404, 404)
    client.force_login(leader)
    assert (client.get(school_class).status_code, client.post(row, {}).status_code) == (403, 403)


def test_grid_takes_the_same_queries_for_any_class(client, clerk, xiazhai, autumn, django_assert_num_queries):
    client.force_login(clerk)
    for more in (1, 30):
        for _ in range(more):
            factories.student(at=xiazhai, during=autumn)
        url = reverse("students:grid", args=[xiazhai.classes.get().pk])
        with django_assert_num_queries(15):
            client.get(url)
