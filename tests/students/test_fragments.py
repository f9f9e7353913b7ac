"""What helps while the form is filled in: the number checked on leaving it, choices narrowed, drafts."""

import json
import re

import pytest
from django.urls import reverse

from students.models import StudentDraft
from tests import factories

CHECK = reverse("students:check_id")
DRAFT = reverse("students:draft")
HTMX = {"HX-Request": "true"}


def check(client, number, **more):
    return client.post(
        CHECK, {"id_kind": "id_card", "id_number": number} | more, headers=HTMX
    ).content.decode()


def test_check_fills_birth_date_and_sex(client, clerk):
    client.force_login(clerk)
    answer = check(client, factories.id_number(77, birth="20130917"))
    assert 'value="2013-09-17"' in answer
    assert "校验通过，已带出出生日期和性别" in answer
    assert re.search(r'value="male"[^>]* checked', answer)
    assert "<html" not in answer


def test_check_of_a_wrong_number_never_tells_the_right_one(client, clerk):
    good = factories.id_number(77, birth="20130917")
    wrong = good[:-1] + ("1" if good[-1] != "1" else "2")
    client.force_login(clerk)
    answer = check(client, wrong)
    assert "身份证号校验不通过，可能有一位写错；请对照户口簿逐位核对后重新填写。" in answer
    assert good not in answer
    assert "2013-09-17" not in answer


def test_check_tells_of_a_record_with_a_link_where_it_may_be_seen(client, clerk, neighbour, luona):
    client.force_login(clerk)
    assert f'href="/students/{luona.pk}/"' in check(client, luona.id_number)
    client.force_login(neighbour)
    answer = check(client, luona.id_number)
    assert "该证件号已有档案" in answer
    assert "罗娜" not in answer
    assert f"/students/{luona.pk}/" not in answer


def test_check_of_the_childs_own_number_is_no_duplicate(client, clerk, luona):
    client.force_login(clerk)
    url = f"{CHECK}?student={luona.pk}"
    answer = client.post(url, {"id_kind": "id_card", "id_number": luona.id_number}, headers=HTMX)
    assert "已有档案" not in answer.content.decode()


def test_check_is_for_who_may_edit_and_by_post(client, leader, clerk, neighbour, luona):
    client.force_login(leader)
    assert client.post(CHECK, {"id_number": "1"}).status_code == 403
    client.force_login(clerk)
    assert client.get(CHECK).status_code == 405
    client.force_login(neighbour)
    assert client.post(f"{CHECK}?student={luona.pk}", {}).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 200),
        ({"id_kind": "none"}, 200),
        ({"id_kind": "x", "id_number": "一"}, 200),
        ({"id_number": "\x00"}, 400),
    ],
)
def test_check_bears_anything(client, clerk, sent, status):
    client.force_login(clerk)
    assert client.post(CHECK, sent, headers=HTMX).status_code == status


def test_placement_narrows_to_the_school_stage_and_grade(client, clerk, xiazhai, autumn):
    fits = factories.school_class(xiazhai, grade=2, name="3班")
    factories.school_class(xiazhai, grade=5, name="9班")
    client.force_login(clerk)
    sent = {"school": xiazhai.pk, "stage": "primary", "grade": "2"}
    form = client.post(reverse("students:placement"), sent, headers=HTMX).context["form"]
    assert [value for value, _ in form.fields["stage"].choices] == ["", "primary"]
    assert [label for _, label in form.fields["grade"].choices][1:3] == ["一年级", "二年级"]
    assert list(form.fields["school_class"].queryset) == [fits]


def test_placement_never_offers_another_schools_classes(client, clerk, qingshi, autumn):
    factories.school_class(qingshi)
    client.force_login(clerk)
    form = client.post(reverse("students:placement"), {"school": qingshi.pk}, headers=HTMX).context["form"]
    assert list(form.fields["school_class"].queryset) == []


@pytest.mark.parametrize("school", ["x", "9" * 40, "-1", "٣"])
def test_placement_bears_anything(client, clerk, school, autumn):
    client.force_login(clerk)
    sent = {"school": school, "stage": school, "grade": school, "school_class": school}
    assert client.post(reverse("students:placement"), sent, headers=HTMX).status_code == 200


def test_villages_follow_the_township(client, clerk, autumn):
    village = factories.village()
    factories.village("529901101001", "大田村")
    client.force_login(clerk)
    form = client.post(reverse("students:villages"), {"home_township": "529901100"}, headers=HTMX).context[
        "form"
    ]
    assert list(form.fields["home_village"].queryset) == [village]


def test_draft_is_kept_sealed_and_offered_again(client, clerk, filled, autumn):
    client.force_login(clerk)
    answer = client.post(DRAFT, filled | {"csrfmiddlewaretoken": "t"}, headers=HTMX)
    assert "草稿已自动保存" in answer.content.decode()
    assert "已完成" in answer.content.decode()
    draft = StudentDraft.objects.get()
    assert (draft.user, draft.student, draft.term) == (clerk, None, autumn)
    assert json.loads(draft.sealed)["id_number"] == filled["id_number"]
    assert "csrfmiddlewaretoken" not in draft.sealed
    page = client.get(reverse("students:create")).content.decode()
    assert "恢复草稿" in page
    assert filled["id_number"] not in page
    form = client.get(reverse("students:create") + "?draft=1").context["form"]
    assert (form["name"].value(), form["id_number"].value()) == ("王小雨", filled["id_number"])


def test_draft_is_written_over_and_gone_once_saved(client, clerk, filled):
    client.force_login(clerk)
    client.post(DRAFT, filled, headers=HTMX)
    client.post(DRAFT, filled | {"name": "王小雪"}, headers=HTMX)
    assert json.loads(StudentDraft.objects.get().sealed)["name"] == "王小雪"
    client.post(reverse("students:create"), filled)
    assert not StudentDraft.objects.exists()


def test_draft_of_a_known_child_stays_with_its_owner(client, clerk, aid_officer, neighbour, luona):
    url, discard = (reverse(f"students:{name}", args=[luona.pk]) for name in ("draft_of", "draft_of_discard"))
    client.force_login(clerk)
    client.post(url, {"name": "罗娜娜", "is_left_behind": "on"}, headers=HTMX)
    edit = reverse("students:edit", args=[luona.pk])
    assert client.get(edit + "?draft=1").context["form"]["is_left_behind"].value() is True
    client.force_login(aid_officer)
    assert client.get(edit).context["draft"] is None
    client.force_login(neighbour)
    assert client.post(url, {"name": "x"}).status_code == 404
    client.force_login(clerk)
    client.post(discard)
    assert not StudentDraft.objects.exists()


def test_draft_tells_a_box_that_was_unticked(client, clerk, luona):
    luona.is_left_behind = True
    luona.save()
    client.force_login(clerk)
    client.post(reverse("students:draft_of", args=[luona.pk]), {"name": "罗娜"}, headers=HTMX)
    form = client.get(reverse("students:edit", args=[luona.pk]) + "?draft=1").context["form"]
    assert form["is_left_behind"].value() is False


def test_draft_of_a_new_child_can_be_thrown_away(client, clerk, filled):
    client.force_login(clerk)
    client.post(DRAFT, filled, headers=HTMX)
    client.post(reverse("students:draft_discard"))
    assert not StudentDraft.objects.exists()


def test_draft_too_long_is_refused(client, clerk, filled):
    client.force_login(clerk)
    assert client.post(DRAFT, filled | {"remark": "长" * 20_000}, headers=HTMX).status_code == 400
    assert not StudentDraft.objects.exists()


def test_draft_is_for_who_may_edit(client, leader, autumn):
    client.force_login(leader)
    assert client.post(DRAFT, {}).status_code == 403
