"""A post that has not begun is taken back with a reason, the one before it goes on; a wrong last day is corrected."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.workflow.flow import StepRefused
from teachers.actions import posts
from teachers.models import Appointment, Deployment, Establishment
from tests.factories import teachers
from tests.teachers.deploying import deployment
from tests.teachers.moving import BY, appoint, day

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def corrected(post, **changes):
    facts = {name: getattr(post, name) for name in ("subject", "since", "until", "kind")}
    return posts.correct_post(by=BY, post=post, note="文件写错", **facts | changes)


def days_of(teacher) -> list[tuple]:
    return list(teacher.appointments.order_by("since").values_list("school__name", "since", "until"))


def test_future_move_is_withdrawn_and_the_post_before_goes_on(leaving, client, personnel, xiazhai, qingshi):
    client.force_login(personnel)
    began, coming = leaving.appointments.order_by("since")
    url = reverse("teachers:post_withdraw", args=[coming.pk])
    page = client.get(leaving.get_absolute_url()).content.decode()
    assert f'href="{url}"' in page
    assert reverse("teachers:post_withdraw", args=[began.pk]) not in page
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "文件撤销"}).headers["Location"] == leaving.get_absolute_url()
    assert days_of(leaving) == [(xiazhai.name, began.since, None)]
    leaving.person.refresh_from_db()
    assert leaving.person.school == xiazhai
    assert {held.school: held.filled for held in Establishment.objects.all()} == {xiazhai: 2, qingshi: 0}
    told = AuditEvent.objects.get(action="teacher.withdraw_post")
    assert (told.reason, told.changes) == (
        "文件撤销",
        {
            "school": [qingshi.name, xiazhai.name],
            "since": [f"{day(100)}", None],
            "kind": ["established", None],
        },
    )
    assert client.get(url).status_code == 404


def test_post_that_has_begun_is_not_withdrawn_whatever_writes(client, personnel, xiazhai):
    wang = teachers.teacher(at=xiazhai, since=day(0))
    client.force_login(personnel)
    answer = client.post(reverse("teachers:post_withdraw", args=[wang.post.pk]), {"reason": "登记错"})
    assert "已经开始，不能撤回" in answer.content.decode()
    with pytest.raises(IntegrityError, match="已开始的岗位聘任不得删除"), transaction.atomic():
        Appointment.objects.all().delete()


def test_post_before_goes_on_only_where_its_place_is_still_free(leaving, xiazhai):
    appoint(teachers.teacher("赵平"), xiazhai, day(100))
    with pytest.raises(StepRefused, match="没有空编"):
        posts.withdraw_post(by=BY, post=leaving.appointments.get(until=None), reason="文件撤销")
    assert leaving.appointments.count() == 2


def test_post_of_a_newcomer_who_does_not_come_is_withdrawn(xiazhai):
    teachers.establishment(xiazhai, 1)
    zhao = teachers.teacher("赵平")
    posts.withdraw_post(by=BY, post=appoint(zhao, xiazhai, day(9)), reason="本人放弃")
    zhao.person.refresh_from_db()
    assert (zhao.appointments.count(), zhao.person.school, Establishment.objects.get().filled) == (0, None, 0)


def test_post_that_an_approved_deployment_goes_out_from_is_not_withdrawn(leaving, xiazhai):
    sent = deployment(leaving, xiazhai, state="approved", since=day(120), until=day(200))
    coming = leaving.appointments.get(until=None)
    with pytest.raises(StepRefused, match=f"轮岗交流（{day(120)} 至 {day(200)}）已批准；请先撤回那次派出"):
        posts.withdraw_post(by=BY, post=coming, reason="文件撤销")
    Deployment.objects.filter(pk=sent.pk).update(state="withdrawn")
    posts.withdraw_post(by=BY, post=coming, reason="文件撤销")


def test_verbs_before_a_coming_post_say_that_it_can_be_withdrawn(leaving, xiazhai, qingshi):
    for verb in (
        lambda: appoint(leaving, xiazhai, day(9)),
        lambda: posts.leave(by=BY, teacher=leaving, state="retired", on=day(0), reason="到龄"),
    ):
        with pytest.raises(
            StepRefused, match=f"{qingshi.name}的岗位自 {day(100)} 起，还没有开始；请先在任职经历里撤回"
        ):
            verb()


def test_wrong_last_day_is_corrected(client, personnel, xiazhai):
    wang = teachers.teacher(at=xiazhai)
    posts.leave(by=BY, teacher=wang, state="retired", on=day(-9), reason="到龄")
    post = wang.appointments.get()
    client.force_login(personnel)
    url = reverse("teachers:post_correct", args=[post.pk])
    sent = {"subject": "chinese", "since": f"{post.since}", "kind": "established", "note": "文件写错"}
    assert client.get(url).context["form"]["until"].value() == day(-9)
    for until, told in (
        (f"{day(3)}", "退休，止任日期不能晚于今天"),
        ("", "退休，止任日期不能晚于今天"),
        ("2015-08-31", "不能晚于止任日期"),
    ):
        answer = client.post(url, sent | {"until": until})
        assert answer.status_code == 422
        assert told in answer.content.decode()
    assert client.post(url, sent | {"until": f"{day(-3)}"}).status_code == 302
    assert days_of(wang) == [(xiazhai.name, post.since, day(-3))]
    assert AuditEvent.objects.get(action="teacher.correct_post").changes == {
        "until": [f"{day(-9)}", f"{day(-3)}"]
    }


def test_end_written_down_by_mistake_is_taken_away(xiazhai, qingshi):
    wang = teachers.teacher(at=xiazhai)
    posts.leave(by=BY, teacher=wang, state="active", on=day(-9), reason="停课")
    corrected(wang.appointments.get(), until=None)
    assert days_of(wang) == [(xiazhai.name, teachers.SINCE, None)]
    assert Establishment.objects.get(school=xiazhai).filled == 1


def test_leaving_before_a_last_day_that_was_set_brings_it_forward(leaving, xiazhai):
    began, coming = leaving.appointments.order_by("since")
    posts.withdraw_post(by=BY, post=coming, reason="文件撤销")
    Appointment.objects.filter(pk=began.pk).update(until=day(30))
    for state, told in (("active", "没有岗位，不用再办理离任"), ("retired", "已是“退休”")):
        posts.leave(by=BY, teacher=leaving, state=state, on=day(0), reason="到龄")
        assert days_of(leaving) == [(xiazhai.name, began.since, day(0))]
        with pytest.raises(StepRefused, match=told):
            posts.leave(by=BY, teacher=leaving, state=state, on=day(0), reason="到龄")


def test_last_day_does_not_run_into_the_next_post_nor_end_a_standing_one(leaving):
    began, coming = leaving.appointments.order_by("since")
    for until in (day(100), None):
        with pytest.raises(StepRefused, match="一人同时只能有一个岗位"):
            corrected(began, until=until)
    with pytest.raises(StepRefused, match="请办理“离任”或“调动”"):
        corrected(coming, until=day(200))
    corrected(began, until=day(50))
    assert [until for *_, until in days_of(leaving)] == [day(50), None]
