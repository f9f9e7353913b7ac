"""Public lists: who sees what, how long, and what an objection does."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.options.registry import set_option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import CalendarDay
from povertyedu.publicity import actions
from povertyedu.publicity.models import Notice, Objection
from povertyedu.workflow.flow import StepRefused
from subsidies.actions.batches import open_batch
from subsidies.models import Line
from tests import factories
from tests.factories import subsidies

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(clerk, aid_officer, approver, finance):
    return subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)


@pytest.fixture
def luona(xiazhai, autumn):
    child = factories.student(
        "罗娜", at=xiazhai, during=autumn, categories=1, phone="13912342716", home_address="红星村三组九号",
        birth_date=dt.date(2010, 5, 12), ethnicity="布依族", remark="父亲重病",
    )  # fmt: skip
    subsidies.entitle(child, 67_543)
    return child


@pytest.fixture
def notice(people, autumn, luona):
    subsidies.batch_at("in_publicity", people, term=autumn)
    return Notice.objects.get()


def public_page(client, notice):
    return client.get(reverse("publicity:public", args=[notice.token]))


def test_public_page_opens_without_login_and_is_not_indexed(client, notice):
    response = public_page(client, notice)
    assert response.status_code == 200
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert '<meta name="robots" content="noindex' in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


def test_public_page_shows_five_columns_and_nothing_else_of_the_child(client, notice, luona):
    html = public_page(client, notice).content.decode()
    for shown in ("罗娜", "城关镇下寨小学", "五年级", "1班", "寄宿生生活补助"):
        assert shown in html
    account = luona.bank_account
    hidden = [
        luona.id_number, luona.id_number[6:14], luona.student_no, "2010", "05-12", "13912342716", "红星村", "布依族",
        "父亲重病", "罗丽浩", "建档立卡", account.number, account.bank, "675.43", "67543", "67,543", "女",
    ]  # fmt: skip
    assert [text for text in hidden if text in html.replace(notice.token, "")] == []
    assert {frozenset(row) for row in notice.rows} == {
        frozenset(("name", "school", "grade", "school_class", "programme"))
    }


def test_child_of_two_programmes_stands_on_the_list_once(people, autumn, luona):
    topup = subsidies.programme("boarding_topup", "寄宿生县级增补")
    subsidies.entitle(luona, 5_000, of=topup)
    subsidies.batch_at("in_publicity", people, term=autumn, programmes=[subsidies.programme(), topup])
    assert [row["programme"] for row in Notice.objects.get().rows] == ["寄宿生生活补助、寄宿生县级增补"]


def test_notice_keeps_nothing_it_was_not_meant_to(xiazhai, aid_officer):
    row = {
        "name": "甲", "school": "乙", "grade": "丙", "school_class": "丁", "programme": "戊", "id_number": "529901",
    }  # fmt: skip
    [notice] = actions.put_up(
        by=aid_officer.as_actor(), about="subsidies.batch:1", title="公示", lists=[(xiazhai.pk, [row])]
    )
    assert "529901" not in str(notice.rows)
    assert notice.digest == Notice.digest_of(notice.rows)


def test_public_page_is_gone_after_its_last_day_even_before_anything_takes_it_down(client, notice):
    Notice.objects.update(opens_on=today() - dt.timedelta(days=8), closes_on=today())
    assert public_page(client, notice).status_code == 200
    Notice.objects.update(closes_on=today() - dt.timedelta(days=1))
    response = public_page(client, notice)
    assert response.status_code == 410
    assert "名单已撤下" in response.content.decode()
    assert "罗娜" not in response.content.decode()
    assert response.headers["X-Robots-Tag"].startswith("noindex")


def test_expired_notices_are_taken_down_once_and_keep_their_digest(notice):
    assert actions.take_down_expired() == 0
    Notice.objects.update(opens_on=today() - dt.timedelta(days=8), closes_on=today() - dt.timedelta(days=1))
    assert actions.take_down_expired() == 1
    assert actions.take_down_expired() == 0
    notice.refresh_from_db()
    assert (notice.state, notice.digest) == ("closed", Notice.digest_of(notice.rows))


def test_unknown_address_answers_404_without_login(client, db):
    assert client.get(reverse("publicity:public", args=["nichts"])).status_code == 404


def test_print_only_list_is_not_on_the_net(client, people, autumn, luona, aid_officer):
    set_option("publicity_print_only", "是", by_name="测试")
    subsidies.batch_at("in_publicity", people, term=autumn)
    notice = Notice.objects.get()
    response = public_page(client, notice)
    assert response.status_code == 404
    assert "只在学校张贴" in response.content.decode()
    client.force_login(aid_officer)
    assert "罗娜" in client.get(reverse("publicity:notice", args=[notice.pk])).content.decode()


def test_period_counts_working_days_and_skips_the_holiday(people, autumn, luona):
    # of the next thirty days only these are worked: two of them beyond a long holiday
    worked = [1, 2, 9, 11, 20]
    CalendarDay.objects.bulk_create(
        CalendarDay(date=today() + dt.timedelta(days=n), is_working=n in worked) for n in range(1, 31)
    )
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    assert batch.publicity_until == today() + dt.timedelta(days=20)
    assert Notice.objects.get().closes_on == batch.publicity_until


def test_period_is_as_long_as_the_county_says(people, autumn, luona):
    CalendarDay.objects.bulk_create(
        CalendarDay(date=today() + dt.timedelta(days=n), is_working=True) for n in range(1, 31)
    )
    set_option("publicity_working_days", "7", by_name="测试")
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    assert batch.publicity_until == today() + dt.timedelta(days=7)


def test_objection_holds_the_child_and_not_the_list(
    client, people, autumn, xiazhai, luona, clerk, aid_officer
):
    other = factories.student("严宇", at=xiazhai, during=autumn)
    subsidies.entitle(other, 20_000)
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    notice, line = Notice.objects.get(), batch.lines.get(student=luona)
    client.force_login(clerk)
    response = client.post(
        reverse("publicity:object", args=[notice.pk]),
        {"subject": f"subsidies.line:{line.pk}", "text": "家有小汽车", "raised_by": ""},
    )
    assert response.status_code == 302
    line.refresh_from_db()
    assert (line.state, line.hold) == ("held", "objection")
    assert batch.lines.get(student=other).state == "listed"
    client.force_login(aid_officer)
    objection = Objection.objects.get()
    answer = reverse("publicity:answer", args=[objection.pk])
    assert client.post(answer, {"result": "dismissed", "answer": ""}).status_code == 422
    client.post(answer, {"result": "dismissed", "answer": "经入户核实，车辆为亲戚所有"})
    line.refresh_from_db()
    objection.refresh_from_db()
    assert (line.state, line.hold, objection.state) == ("listed", "", "dismissed")
    again = client.post(answer, {"result": "upheld", "answer": "再答一次"}, follow=True)
    assert "已有处理结果" in again.content.decode()


def test_upheld_objection_removes_the_child(people, notice, luona):
    line = Line.objects.get()
    objection = actions.record_objection(
        by=people.aid, notice=notice, subject=f"subsidies.line:{line.pk}", text="不符合条件"
    )
    actions.answer_objection(by=people.aid, objection=objection, upheld=True, answer="属实")
    line.refresh_from_db()
    assert (line.state, line.note) == ("removed", "公示异议成立")
    assert actions.matter_of(notice).people_on(notice) == []


def test_child_objected_to_with_success_waits_for_a_person_in_the_next_batch(people, notice, luona, autumn):
    line = Line.objects.get()
    objection = actions.record_objection(
        by=people.aid, notice=notice, subject=f"subsidies.line:{line.pk}", text="不符合条件"
    )
    actions.answer_objection(by=people.aid, objection=objection, upheld=True, answer="属实")
    following = open_batch(by=people.aid, term=autumn, programmes=[line.programme], title="补发")
    again = following.lines.get()
    assert (again.student, again.state, again.hold) == (luona, "held", "by_hand")


def test_objection_needs_somebody_on_the_list_and_an_open_period(people, notice):
    with pytest.raises(StepRefused, match="不在本公示名单上"):
        actions.record_objection(by=people.aid, notice=notice, subject="subsidies.line:0", text="x")
    Notice.objects.update(opens_on=today() - dt.timedelta(days=8), closes_on=today() - dt.timedelta(days=1))
    with pytest.raises(StepRefused, match="公示期已过"):
        actions.record_objection(by=people.aid, notice=notice, subject="subsidies.line:0", text="x")


def test_staff_pages_are_scoped(client, notice, clerk, neighbour, finance):
    pages = [reverse("publicity:notice", args=[notice.pk])]
    client.force_login(clerk)
    assert [client.get(page).status_code for page in pages] == [200]
    assert "城关镇下寨小学" in client.get(reverse("publicity:notices")).content.decode()
    client.force_login(neighbour)
    assert [client.get(page).status_code for page in pages] == [404]
    assert "城关镇下寨小学" not in client.get(reverse("publicity:notices")).content.decode()
    assert client.post(reverse("publicity:object", args=[notice.pk]), {}).status_code == 404
    client.force_login(finance)
    assert client.post(reverse("publicity:object", args=[notice.pk]), {}).status_code == 403


def test_list_of_notices_asks_the_same_number_of_queries(client, aid_officer):
    def queries(schools):
        for number in range(schools):
            school = factories.school(f"第{number}小学")
            actions.put_up(
                by=aid_officer.as_actor(), about="subsidies.batch:1", title="公示", lists=[(school.pk, [])]
            )
        client.force_login(aid_officer)
        with CaptureQueriesContext(connection) as captured:
            html = client.get(reverse("publicity:notices")).content.decode()
        assert html.count("查看</a>") == Notice.objects.count()
        return len(captured)

    assert queries(1) == queries(29)
