"""Two counties in a real browser: a list and its key go out, come back answered, and settle who pays; and the other way round."""

import base64
import datetime as dt
import hashlib
import hmac
import io

import openpyxl
import pytest
from django.urls import reverse

from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import run
from povertyedu.sealing.handover import new_key
from students.models import Enrolment
from subsidies.actions.exchange import send
from subsidies.models import Exchange, Inquiry
from tests import factories
from tests.factories import subsidies
from tests.subsidies.exchanging import move_to
from tests.subsidies.test_inquiry import question

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]
SIZES = ((1366, 768), (390, 844))


def taken(page, button: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.path().read_bytes()


def other_county(content: bytes, key: str, aided: dict[str, str]) -> bytes:
    """Answer a list as the other county would: by the key and its own children's numbers, nothing else."""
    raw = base64.b32decode(key.replace("-", "")[:32])
    known = {
        hmac.new(raw, number.encode(), hashlib.sha256).hexdigest(): word for number, word in aided.items()
    }
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in book.active.iter_rows(min_row=4):
        row[5].value = known.get(row[1].value, "查无此人")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(page, content: bytes, name: str = "答复.xlsx") -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})


def test_question_goes_out_and_its_answer_settles_who_pays(open_page, aid_officer, autumn):
    children = {name: factories.away(name, autumn) for name in ("何欣", "欧阳小雨", "石丽")}
    subsidies.entitle(children["欧阳小雨"], 62_500)
    page = open_page(aid_officer)
    page.goto(reverse("subsidies:exchanges") + "?tab=regions")
    page.get_by_label("勾选贵州省遵义市").check()
    page.get_by_role("button", name="为所选就读地拟定名单").click()
    page.get_by_role("textbox", name="收件单位").fill("遵义市红花岗区教育局")
    page.get_by_role("button", name="拟定名单").click()
    page.get_by_text("已拟定名单 529901-2020-autumn-001").wait_for()
    page.get_by_role("link", name="发函", exact=True).click()
    page.get_by_role("button", name="发函").click()
    page.get_by_text("已办理：发函。").wait_for()

    page.get_by_role("link", name="导出名单").click()
    page.get_by_role("button", name="发函核实资助情况").click()  # a usual reason, pressed
    content = taken(page, "导出Excel")
    page.goto(reverse("subsidies:exchange_key", args=[Exchange.objects.get().pk]))
    page.get_by_role("textbox", name="用途").fill("打印密钥函")
    page.get_by_role("button", name="显示密钥").click()
    key = "-".join(page.locator(".key-groups li").all_inner_texts())
    page.reload()  # asks the browser to send the form again: the page is not kept anywhere
    aided = {children["何欣"].id_number: "是", children["欧阳小雨"].id_number: "否"}

    page.goto(reverse("subsidies:exchange", args=[Exchange.objects.get().pk]))
    page.get_by_role("link", name="读入答复").click()
    upload(page, other_county(content, new_key(), aided))
    day = page.evaluate("new Date().toLocaleDateString('sv')")
    page.get_by_label("复函日期").fill(day)
    page.get_by_role("button", name="核对").click()
    page.get_by_role(
        "button", name="放弃，不读入"
    ).click()  # the other county typed a wrong key: nobody was found
    page.get_by_text("答复没有读入，数据未改动。").wait_for()

    page.get_by_role("link", name="读入答复").click()
    upload(page, other_county(content, key, aided))
    page.get_by_label("复函日期").fill(day)
    page.get_by_role("button", name="核对").click()
    page.get_by_role("button", name="读入 3 人的答复").click()
    page.get_by_text("已读入 3 人的答复").wait_for()
    answers = {row.student.name: row.aided_elsewhere for row in Enrolment.objects.select_related("student")}
    assert answers == {"何欣": "yes", "欧阳小雨": "no", "石丽": "to_verify"}

    page.goto(reverse("subsidies:coverage"))
    for part in ("就读地资助 1", "本县兜底 1", "待核实 1"):
        page.get_by_role("link", name=part, exact=True).wait_for()
    page.get_by_text("与各项之和相差 0 人").wait_for()
    page.get_by_role("link", name="本县兜底 1", exact=True).click()
    page.get_by_role("row").get_by_role("link", name="欧阳小雨").click()
    page.get_by_text("就读地答复：未资助").wait_for()


def test_question_nobody_answers_is_to_be_verified_and_in_the_to_dos(
    open_page, aid_officer, autumn, monkeypatch
):
    factories.away("何欣", autumn)
    letter = subsidies.exchange(aid_officer, during=autumn)
    send(by=aid_officer.as_actor(), exchange=letter)
    move_to(monkeypatch, letter.due_on + dt.timedelta(days=1))
    page = open_page(aid_officer, width=390, height=844)
    page.get_by_role("link", name="去函超期、就读地还没有答复的学生").click()
    page.get_by_role("row").get_by_text("何欣").wait_for()

    page.goto(reverse("subsidies:coverage"))
    page.get_by_role("link", name="待核实 1", exact=True).click()
    page.get_by_role("row", name="何欣").get_by_text("超期").wait_for()


def test_another_county_is_answered(open_page, aid_officer, xiazhai, autumn):
    ours = factories.student("罗娜", at=xiazhai, during=autumn)
    subsidies.entitle(ours, 62_550)
    key = new_key()
    page = open_page(aid_officer)
    page.goto(reverse("subsidies:exchanges"))
    page.get_by_role("link", name="答复外县来函").click()
    page.get_by_role("textbox", name="来函单位").fill("青山县教育局")
    upload(page, question(key, [("罗*", ours.id_number), ("王*", factories.id_number())]), "来函.xlsx")
    page.get_by_role("textbox", name="密钥").fill("抄错的密钥")
    page.get_by_role("button", name="开始比对").click()
    page.get_by_text("密钥应为 9 组").first.wait_for()
    upload(page, question(key, [("罗*", ours.id_number), ("王*", factories.id_number())]), "来函.xlsx")
    page.get_by_role("textbox", name="密钥").fill(key.lower().replace("-", " "))
    page.get_by_role("button", name="开始比对").click()
    page.get_by_text("来函.xlsx").wait_for()
    run(Job.objects.get().pk)  # as a worker would
    page.goto(reverse("subsidies:inquiry", args=[Inquiry.objects.get().pk]))
    page.get_by_role("link", name="下载答复名单").click()
    page.get_by_role("textbox", name="用途").fill("答复来函")
    sheet = openpyxl.load_workbook(io.BytesIO(taken(page, "下载"))).active
    rows = [(row[2], *row[5:8]) for row in sheet.iter_rows(min_row=4, values_only=True)]
    assert rows == [("罗*", "是", "寄宿生生活补助", 625.5), ("王*", "查无此人", "", None)]


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_pages_are_accessible_and_fit(open_page, aid_officer, xiazhai, autumn, size):
    from axe_playwright_python.sync_playwright import Axe

    factories.away("何欣", autumn)
    letter = subsidies.exchange(aid_officer, during=autumn)
    factories.away("石丽", autumn, region="广东省广州市")
    reply, inquiry = subsidies.reply_to(letter, aid_officer), subsidies.inquiry(aid_officer, during=autumn)
    subsidies.entitle(factories.student("罗娜", at=xiazhai, during=autumn, categories=1))
    factories.listed(("何处", factories.id_number(77, birth="20090101")), during=autumn)
    pages = [
        reverse("subsidies:exchanges") + f"?tab={tab}"
        for tab in ("letters", "regions", "overdue", "inquiries")
    ]
    pages += [
        reverse(f"subsidies:{name}")
        for name in ("exchange_new", "inquiry_new", "coverage", "coverage_names", "coverage_export")
    ]
    pages += [
        reverse(f"subsidies:exchange{tail}", args=[letter.pk])
        for tail in ("", "_workbook", "_key", "_letter", "_reply")
    ]
    pages += [
        reverse("subsidies:exchange_step", args=[letter.pk, "send"]),
        reverse("subsidies:reply", args=[reply.pk]),
    ]
    pages += [
        reverse("subsidies:inquiry", args=[inquiry.pk]),
        reverse("subsidies:coverage_names") + "?part=aided_here",
    ]
    page = open_page(aid_officer, width=size[0], height=size[1])
    found = []
    for url in pages:
        page.goto(url)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) != size[0]:
            found.append((url, f"{wide} wide"))
        for violation in Axe().run(page).response["violations"]:
            found.append((url, violation["id"], [node["html"] for node in violation["nodes"]]))
    assert found == []
