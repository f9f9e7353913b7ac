"""Accounts and grants through their pages, and accounts from a workbook."""

import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.accounts.models import Grant, GrantProposal, User
from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Person
from tests import factories

HEAD = ["账号", "姓名", "电话", "角色", "所在单位"]


def workbook(*rows, head=HEAD) -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for row in [head, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("accounts.xlsx", out.getvalue())


@pytest.fixture
def system(client, system_administrator):
    client.force_login(system_administrator)
    return client


@pytest.fixture
def security(client, security_administrator):
    client.force_login(security_administrator)
    return client


def slips_in(response) -> dict[str, str]:
    """Return account -> first password as the page of slips shows them."""
    found = re.findall(
        r'<dt>账号</dt><dd class="mono">(.*?)</dd>.*?slip-password">(.*?)</dd>', response.text, re.S
    )
    return dict(found)


def test_account_new_shows_its_slip_once(system):
    response = system.post(reverse("office:account_new"), {"username": "luona", "name": "罗娜", "phone": ""})

    password = slips_in(response)["luona"]
    assert User.objects.get(username="luona").check_password(password)
    assert password not in system.get(reverse("office:accounts")).text
    assert password not in str(list(AuditEvent.objects.values()))


def test_account_new_under_a_used_name_is_refused_in_place(system, clerk):
    response = system.post(reverse("office:account_new"), {"username": "CLERK", "name": "别人", "phone": ""})

    assert "这个账号已经有人使用，请换一个。" in response.text
    assert User.objects.filter(name="别人").count() == 0


def test_account_new_under_a_name_of_other_signs_is_refused_in_place(system):
    response = system.post(reverse("office:account_new"), {"username": "罗 娜", "name": "罗娜", "phone": ""})

    assert "账号应为 3 到 40 位字母、数字、点、横线或下划线。" in response.text


def test_account_edit_keeps_the_username_and_tells_what_changed(system, clerk):
    person = Person.objects.create(name="杨丽")

    system.post(
        reverse("office:account_edit", args=[clerk.pk]),
        {"username": "hacker", "name": "杨莉", "phone": "13900000000", "person": person.pk},
    )

    clerk.refresh_from_db()
    assert (clerk.username, clerk.name, clerk.phone, clerk.person) == ("clerk", "杨莉", "13900000000", person)
    assert AuditEvent.objects.get().changes == {
        "name": ["杨丽", "杨莉"], "phone": ["", "****0000"], "person": ["", "杨丽"],
    }  # fmt: skip


def test_account_disabled_and_enabled_by_button(system, clerk):
    system.post(reverse("office:account_active", args=[clerk.pk]), {"active": "no"})
    clerk.refresh_from_db()
    disabled = clerk.is_active
    system.post(reverse("office:account_active", args=[clerk.pk]), {"active": "yes"})
    clerk.refresh_from_db()

    assert (disabled, clerk.is_active) == (False, True)


def test_account_reset_shows_the_new_slip(system, clerk):
    response = system.post(reverse("office:account_reset", args=[clerk.pk]))

    clerk.refresh_from_db()
    assert clerk.check_password(slips_in(response)["clerk"])


def test_account_import_makes_accounts_and_proposes_grants(system, xiazhai):
    school_class = factories.school_class(xiazhai)
    file = workbook(
        ["yangli", "杨丽", "13900000001", "学校经办", "城关镇下寨小学"],
        ["hekai", "何凯", 13900000002, "班主任", "城关镇下寨小学 五年级1班"],
        ["hekai", "何凯", 13900000002, "乡镇干部", "529901100"],
    )

    response = system.post(reverse("office:account_import"), {"file": file})

    assert set(slips_in(response)) == {"yangli", "hekai"}
    assert "新建 2 个账号，0 个已有账号没有改动，提出 3 项授权" in response.text
    assert [(p.user.username, p.role, p.place) for p in GrantProposal.objects.with_place()] == [
        ("yangli", "school_clerk", xiazhai),
        ("hekai", "class_teacher", school_class),
        ("hekai", "township_officer", factories.township()),
    ]
    assert not Grant.objects.exclude(user__username="system").exists()


def test_account_import_of_the_same_file_again_changes_nothing(system, xiazhai):
    row = ["yangli", "杨丽", "13900000001", "学校经办", xiazhai.code]
    system.post(reverse("office:account_import"), {"file": workbook(row)})
    before = list(User.objects.values()), list(GrantProposal.objects.values()), AuditEvent.objects.count()

    response = system.post(reverse("office:account_import"), {"file": workbook(row)})

    assert "新建 0 个账号，1 个已有账号没有改动，提出 0 项授权" in response.text
    assert before == (
        list(User.objects.values()),
        list(GrantProposal.objects.values()),
        AuditEvent.objects.count(),
    )


@pytest.mark.sql
def test_account_import_writes_in_a_number_of_statements_that_does_not_grow(system, xiazhai):
    def writes(first: int, count: int) -> int:
        rows = [[f"user{n}", f"教师{n}", "", "学校经办", xiazhai.code] for n in range(first, first + count)]
        with CaptureQueriesContext(connection) as queries:
            system.post(reverse("office:account_import"), {"file": workbook(*rows)})
        return len(queries)

    assert writes(1000, 2) == writes(2000, 40)
    assert GrantProposal.objects.count() == 42
    assert AuditEvent.objects.filter(action="accounts.create").count() == 42
    assert AuditEvent.objects.get(subject_label="教师2039（user2039）", action="grants.propose").changes == {
        "grant": ["", "学校经办（城关镇下寨小学）"]
    }


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["", "杨丽", "", "学校经办", "城关镇下寨小学"], "没有填写账号；请补填后重新上传。"),
        (
            ["杨丽", "杨丽", "", "学校经办", "城关镇下寨小学"],
            "账号“杨丽”应为 3 到 40 位字母、数字、点、横线或下划线。",
        ),
        (["yangli", "杨丽", "", "站长", "城关镇下寨小学"], "没有“站长”这个角色，可填：班主任、"),
        (
            ["yangli", "杨丽", "", "学校经办", "下寨小学"],
            "没有找到“下寨小学”；“学校经办”的所在单位应是学校，请核对名称或改填代码。",
        ),
        (["yangli", "杨丽", "", "学校经办", "城关镇"], "没有找到“城关镇”；“学校经办”的所在单位应是学校"),
        (["yangli", "杨丽", "", "村干部", "红星村"], "有 2 个“红星村”，请改填代码。"),
        (["clerk", "别人", "", "学校经办", "城关镇下寨小学"], "账号“clerk”已由“杨丽”使用，请换一个账号。"),
        (["good", "别人", "", "学校经办", "城关镇下寨小学"], "账号“good”在第 2 行写的是“好人”"),
    ],
)
def test_account_import_with_one_wrong_row_takes_in_none(system, clerk, xiazhai, row, sentence):
    factories.village()
    factories.village("529901101002", "红星村")
    good = ["good", "好人", "", "学校经办", "城关镇下寨小学"]

    response = system.post(reverse("office:account_import"), {"file": workbook(good, row)})

    assert sentence in response.text
    assert 'class="num">3</th>' in response.text
    assert User.objects.count() == 2
    assert GrantProposal.objects.count() == 0


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04 torn"), "无法读取；请用 Excel 或 WPS 打开"),
        (SimpleUploadedFile("a.txt", b"a,b"), "只能上传 .xlsx、.xls 或 .csv 文件"),
        (workbook(head=["随便", "写写"]), "没有找到表头"),
        (workbook(head=["账号", "姓名"]), "缺少这几列：角色、所在单位"),
        (workbook(), "表里没有账号，请填好后再上传。"),
    ],
)
def test_account_import_of_another_file_says_what_to_do(system, file, sentence):
    response = system.post(reverse("office:account_import"), {"file": file})

    assert response.status_code == 200
    assert sentence in response.text


def test_account_template_can_be_filled_in_and_imported(system, xiazhai):
    response = system.get(reverse("office:account_template"))
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    book.worksheets[0].append(["yangli", "杨丽", "", "学校经办", "城关镇下寨小学"])
    out = io.BytesIO()
    book.save(out)

    file = SimpleUploadedFile("accounts.xlsx", out.getvalue())
    response = system.post(reverse("office:account_import"), {"file": file})

    assert set(slips_in(response)) == {"yangli"}


def test_grant_add_offers_places_of_the_role_step_by_step(security, xiazhai, qingshi):
    school_class = factories.school_class(xiazhai)
    user = factories.user("新人")
    url = reverse("office:grant_add", args=[user.pk])

    first = security.get(url, {"role": "class_teacher"}, headers={"HX-Request": "true"})
    second = security.get(
        url, {"role": "class_teacher", "school": xiazhai.pk}, headers={"HX-Request": "true"}
    )
    data = {"role": "class_teacher", "school": xiazhai.pk, "place": school_class.pk}
    given = security.post(url, data)

    assert "<html" not in first.text
    assert 'name="school"' in first.text
    assert 'name="place"' not in first.text
    assert "城关镇下寨小学 五年级1班" in second.text
    assert given.url == reverse("office:account_grants", args=[user.pk])
    assert user.grants.get().school_class == school_class
    assert user.grants.get().granted_by == "孙安全"


def test_grant_add_works_without_script(security, xiazhai):
    user = factories.user("新人")

    page = security.get(reverse("office:grant_add", args=[user.pk]), {"role": "school_clerk"})

    assert "<html" in page.text
    assert f'<option value="{xiazhai.pk}">城关镇下寨小学</option>' in page.text


def test_grant_add_at_a_place_of_another_kind_is_refused(security):
    user = factories.user("新人")

    response = security.post(
        reverse("office:grant_add", args=[user.pk]), {"role": "leader", "place": factories.township().pk}
    )

    assert response.status_code == 200
    assert not user.grants.exists()


def test_grant_add_refusal_is_a_sentence_on_the_page(security, security_administrator, xiazhai):
    response = security.post(
        reverse("office:grant_add", args=[security_administrator.pk]),
        {"role": "school_clerk", "place": xiazhai.pk},
    )

    assert "不能给自己授权，请由另一名安全管理员办理。" in response.text


def test_grant_end_asks_why(security, clerk):
    url = reverse("office:grant_end", args=[clerk.grants.get().pk])

    asked = security.post(url, {"reason": " "})
    ended = security.post(url, {"reason": "调离"})

    assert asked.status_code == 200
    assert ended.url == reverse("office:account_grants", args=[clerk.pk])
    assert clerk.grants.get().ended_by == "孙安全"
    assert AuditEvent.objects.get(action="grants.end").reason == "调离"


def test_hand_over_page_moves_grants_to_the_named_account(security, clerk):
    heir = factories.user("新人", username="heir")
    grant = clerk.grants.get()
    url = reverse("office:hand_over", args=[clerk.pk])

    unknown = security.post(url, {"grants": [grant.pk], "to": "nobody", "reason": "退休"})
    done = security.post(url, {"grants": [grant.pk], "to": "heir", "reason": "退休"})

    assert "没有这个账号，请核对；新来的同志先由系统管理员建立账号。" in unknown.text
    assert done.url == reverse("office:account_grants", args=[heir.pk])
    assert heir.grants.get().school == grant.school


def test_proposals_confirmed_together_or_not_at_all(security, clerk, audit_administrator, qingshi):
    good = GrantProposal.objects.create(user=clerk, role="school_clerk", school=qingshi, proposed_by="钱系统")
    bad = GrantProposal.objects.create(
        user=audit_administrator, role="school_clerk", school=qingshi, proposed_by="钱系统"
    )
    url = reverse("office:settle_proposals")

    both = security.post(url, {"proposal": [good.pk, bad.pk], "verb": "confirm"}, follow=True)
    left = GrantProposal.objects.count()
    security.post(url, {"proposal": [good.pk], "verb": "confirm"})
    silent = security.post(url, {"proposal": [bad.pk], "verb": "refuse", "reason": ""}, follow=True)
    security.post(url, {"proposal": [bad.pk], "verb": "refuse", "reason": "审计管理员不办业务"})

    assert "该账号是系统、安全或审计管理员，不得再授业务角色。 这一次选中的都没有办理。" in both.text
    assert left == 2
    assert "不同意须写明理由" in silent.text
    assert clerk.grants.filter(ended_at=None).count() == 2
    assert not GrantProposal.objects.exists()


def test_proposals_wait_on_the_home_page_of_the_security_administrator(security, clerk, qingshi):
    GrantProposal.objects.create(user=clerk, role="school_clerk", school=qingshi, proposed_by="钱系统")

    page = security.get("/")

    assert "待确认的授权" in page.text
    assert reverse("office:proposals") in page.text


def test_settle_nothing_or_nonsense_is_told(security):
    response = security.post(reverse("office:settle_proposals"), {"proposal": ["x", "²"]}, follow=True)

    assert "没有选中任何一项，请先勾选。" in response.text


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"q": "cle"}, ["clerk"]),
        ({"role": "school_clerk"}, ["clerk", "neighbour"]),
        ({"state": "disabled"}, ["gone"]),
        ({"state": "without"}, ["gone"]),
    ],
)
def test_accounts_are_filtered_by_the_address(system, clerk, neighbour, wanted, names):
    gone = factories.user("离岗", username="gone")
    gone.is_active = False
    gone.save()

    page = system.get(reverse("office:accounts"), wanted).context["page"]

    assert [user.username for user in page.rows] == names
