"""Pages of the cases: what they show to whom, what they log, what leads on, with how many queries."""

import base64
import io
import uuid

import docx
import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dropout.actions import case_steps as steps
from dropout.actions import visits
from dropout.models import Agreement, Case, Denial, Duty, Lesson, ReturnOrder, Visit
from povertyedu.audit.models import AccessEvent
from povertyedu.home.todos import todos_of
from povertyedu.options.registry import set_option
from povertyedu.orgs.models import Person
from tests import factories

from .cases import CADRE, OFFICER, TEACHER, away, beat, day, evidence, opened

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CASES, DUTIES, PAPERS = (reverse(f"dropout:{name}") for name in ("cases", "case_duties", "papers"))


@pytest.fixture
def case(clock, linxia, put, xiazhai, autumn) -> Case:
    clock.set("2020-10-12")
    put(linxia["村干部包户"], factories.village(), "韦明")
    return away(xiazhai, autumn, since="2020-10-05", note="随父母去广东打工")


@pytest.fixture
def teacher(xiazhai, case):
    return factories.user("罗雪", ("class_teacher", xiazhai.classes.get()), username="teacher")


@pytest.fixture
def head(xiazhai):
    return factories.user("吴校长", ("school_head", xiazhai), username="head")


@pytest.fixture
def town(db):
    return factories.user("石磊", ("township_officer", factories.township()), username="town")


def page(name: str, case: Case, *more) -> str:
    return reverse(f"dropout:{name}", args=[case.pk, *more])


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("证明.jpg", b"\xff\xd8\xff photo", content_type="image/jpeg")


def said(**changes) -> dict:
    return {
        "on": "2020-10-12", "way": "home", "met": "guardian", "result": "wavering", "text": "祖母答应劝孩子", "visitor": "罗雪", "line": "education",
    } | changes  # fmt: skip


def test_list_shows_who_where_and_by_when_but_never_why(client, case, leader, teacher):
    for user in (leader, teacher):
        client.force_login(user)
        text = client.get(CASES).content.decode()
        assert ["罗娜" in text, "城关镇下寨小学" in text, "入户核实去向" in text, "广东" in text] == [
            True,
            True,
            True,
            False,
        ]


def test_reasons_are_for_who_works_the_case_and_each_opening_is_logged(client, case, leader, teacher):
    client.force_login(leader)
    text = client.get(page("case", case)).content.decode()
    assert ("随父母去广东打工" in text, "只给经办这件个案的人看" in text) == (False, True)
    assert AccessEvent.objects.count() == 0
    client.force_login(teacher)
    assert "随父母去广东打工" in client.get(page("case", case)).content.decode()
    event = AccessEvent.objects.get()
    assert (event.by_name, event.kind, event.subject_label) == ("罗雪", "reveal", "罗娜 疑似辍学")
    client.force_login(leader)
    assert client.get(page("dossier", case)).status_code == 403


def test_case_is_led_to_its_end_by_two_people_on_the_pages(client, case, teacher, head, basic, clock):
    def post(user, verb, data=None):
        client.force_login(user)
        return client.post(page("case_step", case, verb), data or {})

    assert post(teacher, "verify").status_code == 403
    assert post(head, "verify", {"reason": "家访属实"}).status_code == 302
    client.force_login(teacher)
    plan = {
        "causes": ["2", "64"],
        "measures": "老师结对",
        "target_on": "2020-11-01",
        "placement": "join_class",
    }
    assert client.post(page("plan", case), plan).status_code == 302
    assert post(teacher, "return", {"on": "2020-10-12"}).status_code == 302
    refused = post(teacher, "monitor")
    assert refused.status_code == 403
    assert post(head, "monitor").status_code == 302
    clock.set("2021-03-01")
    propose = {"outcome": "returned", "reason": "在校稳定", "evidence": photo()}
    assert post(teacher, "propose", propose).status_code == 302
    text = client.get(page("case", case)).content.decode()
    assert "这件个案由您提出，要由另一人复核" in text
    assert [todo.text for todo in todos_of(basic)] == [
        "待您复核的控辍个案销号、重开",
        "各级逾期未办、由县教育局直接督办的个案任务",
    ][::-1]
    assert post(basic, "confirm").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.evidence.name, case.closed_by_id) == ("closed", "证明.jpg", basic.pk)


def test_proposal_without_evidence_is_told_and_nothing_is_written(client, case, teacher):
    client.force_login(teacher)
    answer = client.post(page("case_step", case, "propose"), {"outcome": "exempt", "reason": "重病"})
    text = answer.content.decode()
    assert (answer.status_code, "请填写评估日期" in text, "请上传评估意见" in text) == (422, True, True)
    not_a_photo = SimpleUploadedFile("证明.jpg", b"MZ program")
    answer = client.post(
        page("case_step", case, "propose"), {"outcome": "abroad", "reason": "出国", "evidence": not_a_photo}
    )
    assert (answer.status_code, "文件内容和扩展名不符" in answer.content.decode()) == (422, True)
    case.refresh_from_db()
    assert (case.state, case.proposals.count()) == ("suspected", 0)


def test_who_proposed_is_told_that_another_confirms(client, case, basic):
    client.force_login(basic)
    client.post(
        page("case_step", case, "propose"), {"outcome": "abroad", "reason": "出国", "evidence": photo()}
    )
    answer = client.post(page("case_step", case, "confirm"))
    assert (answer.status_code, "提出人不能复核自己的提请" in answer.content.decode()) == (422, True)


def test_visit_page_keeps_its_token_in_the_address(client, case, teacher):
    client.force_login(teacher)
    first = client.get(page("visit", case))
    assert first.status_code == 302
    address = first.headers["Location"]
    token = address.partition("?t=")[2]
    form = client.get(address).context["form"]
    assert str(form["token"].value()) == token
    sent = said(token=token)
    assert client.post(address, sent | {"photo": photo()}).status_code == 302
    again = client.post(address, sent | {"photo": photo()}, headers={"X-Sent-By": "script"})
    assert again.json() == {"url": page("case", case)}
    assert "没有重复登记" in client.get(page("case", case)).content.decode()
    kept = Visit.objects.get().photo
    assert (Visit.objects.count(), kept.name, kept.permission) == (1, "证明.jpg", "work_cases")
    assert "这次走访已经登记过" in client.get(address).content.decode()


def test_refused_visit_keeps_what_was_typed(client, case, teacher):
    client.force_login(teacher)
    address = f"{page('visit', case)}?t={uuid.uuid4()}"
    wrong = said(token=uuid.uuid4(), photo=SimpleUploadedFile("入户.heic", b"heic"))
    answer = client.post(address, wrong, headers={"X-Sent-By": "script"})
    text = answer.content.decode()
    assert (answer.status_code, "祖母答应劝孩子" in text, "只能上传 jpg、png 或 pdf" in text) == (
        422,
        True,
        True,
    )
    assert not Visit.objects.exists()


def test_photo_is_sent_to_who_works_the_case_and_no_other_file(client, case, teacher, leader):
    visit, _ = visits.report_visit(
        by=CADRE, case=case, token=uuid.uuid4(), upload=photo(), line="government", on=day("2020-10-12"), visitor="韦明", way="home",
        met="child", result="agreed", text="答应返校",
    )  # fmt: skip
    client.force_login(teacher)
    sent = client.get(page("case_file", case, visit.photo_id))
    assert (b"".join(sent), sent.headers["Content-Type"]) == (
        b"\xff\xd8\xff photo",
        "application/octet-stream",
    )
    assert AccessEvent.objects.get().fields == "个案材料 证明.jpg"
    assert client.get(page("case_file", case, evidence().pk)).status_code == 404
    client.force_login(leader)
    assert client.get(page("case_file", case, visit.photo_id)).status_code == 403


def test_papers_are_issued_delivered_signed_and_tracked(client, case, town, clock):
    client.force_login(town)
    assert (
        client.post(
            page("paper_new", case, "order"), {"guardian": "罗丽浩", "due_on": "2020-10-19"}
        ).status_code
        == 302
    )
    assert client.post(page("paper_new", case, "agreement"), {"guardian": "罗丽浩"}).status_code == 302
    order, agreement = ReturnOrder.objects.get(), Agreement.objects.get()
    text = client.get(reverse("dropout:paper", args=["order", order.pk])).content.decode()
    assert ["城关镇限复字〔2020〕1号" in text, "于2020年10月19日前送罗娜返回城关镇下寨小学就读" in text] == [
        True,
        True,
    ]
    word = client.get(reverse("dropout:paper_docx", args=["agreement", agreement.pk])).content
    words = "\n".join(each.text for each in docx.Document(io.BytesIO(word)).paragraphs)
    assert [
        "不让罗娜外出打工" in words,
        "按时送罗娜到城关镇下寨小学就读" in words,
        "城关镇人民政府" in words,
    ] == [True] * 3
    deliver = reverse("dropout:paper_step", args=["order", order.pk, "deliver"])
    assert (
        client.post(deliver, {"on": "2020-10-12", "to": "罗丽浩", "delivery": "in_person"}).status_code == 302
    )
    sign = reverse("dropout:paper_step", args=["agreement", agreement.pk, "sign"])
    assert client.post(sign, {"on": "2020-10-12"}).status_code == 422  # the scan is missing
    assert client.post(sign, {"on": "2020-10-12", "scan": photo()}).status_code == 302
    clock.set("2020-10-20")
    shown = client.get(PAPERS)
    assert [(tab["text"], tab["count"]) for tab in shown.context["tabs"] if tab["count"]] == [
        ("逾期未返校", 1),
        ("协议书已签订", 1),
    ]
    assert "限期复学通知书到期、学生没有返校" in [todo.text for todo in todos_of(town)]


def test_four_denials_are_offered_only_where_the_county_uses_them(client, case, town, basic):
    client.force_login(town)
    asked = {"kind": "poverty_aid", "reason": "拒不送学"}
    assert "提出四不办理" not in client.get(page("case", case)).content.decode()
    assert "没有启用“四不办理”" in client.post(page("paper_new", case, "denial"), asked).content.decode()
    set_option("four_denials", "是", by_name="宋静")
    assert "提出四不办理" in client.get(page("case", case)).content.decode()
    assert client.post(page("paper_new", case, "denial"), asked).status_code == 302
    approve = reverse("dropout:paper_step", args=["denial", Denial.objects.get().pk, "approve"])
    assert client.post(approve).status_code == 422
    client.force_login(basic)
    assert client.post(approve).status_code == 302
    assert Denial.objects.get().standing == ("bad", "已批准")


def test_dossier_holds_the_whole_file_on_the_page_and_as_a_document(client, case, teacher):
    visits.make_plan(by=TEACHER, case=case, causes=8, measures="请老教师劝说", target_on=day("2020-11-01"))
    visits.report_visit(
        by=CADRE, case=case, token=uuid.uuid4(), upload=SimpleUploadedFile("入户.png", PIXEL), line="government", on=day("2020-10-12"),
        way="home", met="guardian", result="wavering", text="奶奶在家", visitor="韦明",
    )  # fmt: skip
    steps.propose(by=TEACHER, case=case, outcome="abroad", reason="随父出国", evidence=evidence())
    client.force_login(teacher)
    shown = client.get(page("dossier", case)).content.decode()
    document = docx.Document(io.BytesIO(client.get(page("dossier_download", case)).content))
    cells = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    for words in ("信教", "请老教师劝说", "随父出国", "韦明", "随父母去广东打工"):
        assert (words, words in shown, words in cells) == (words, True, True)
    assert "2020-10-12 韦明走访" in shown  # a photo as it was taken is in both
    captions = [paragraph.text for paragraph in document.paragraphs if paragraph.text.startswith("图 ")]
    assert captions == ["图 1　2020-10-12 韦明走访", "图 2　出国（境）的佐证材料（返校证明.jpg，未能放入）"]
    assert len(document.inline_shapes) == 1
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert sorted(AccessEvent.objects.values_list("kind", flat=True)) == ["download", "print"]


def test_lessons_are_logged_against_the_norm(client, case, teacher):
    steps.propose(by=TEACHER, case=case, outcome="home_taught", reason="重度残疾", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    client.force_login(teacher)
    address = client.get(page("lessons", case)).headers["Location"]
    token = address.partition("?t=")[2]
    sent = {"token": token, "on": "2020-10-12", "lessons": "3", "subject": "识字", "teacher": "罗雪"}
    for _ in range(2):
        assert client.post(address, sent).status_code == 302
    assert Lesson.objects.count() == 1
    shown = client.get(page("lessons", case), follow=True)
    assert "每周 2 次，每次 3 课时，每学年不少于 216 课时" in shown.content.decode()
    assert (shown.context["norm"].lessons_this_week, shown.context["norm"].missing_this_week) == (3, 3)


def test_escalated_duty_is_on_the_upper_links_page_and_the_bureaus(
    client, case, linxia, put, town, basic, clock
):
    put(linxia["乡镇领导包村"], factories.village(), "石磊", "2020-09-01")
    type(town).objects.filter(pk=town.pk).update(person=Person.objects.get(name="石磊"))
    town.refresh_from_db()
    assert [todo.text for todo in todos_of(town)] == ["待核实的控辍个案"]
    clock.set("2020-10-16")
    beat()
    client.force_login(town)
    shown = client.get(DUTIES)
    rows = shown.context["rows"]
    assert (shown.context["tab"], [row["it"].text for row in rows]) == ("mine", ["入户核实去向"])
    assert [(row["step"]["text"], row["step"]["url"]) for row in rows] == [("登记走访", page("visit", case))]
    assert "轮到您办的控辍个案任务" in [todo.text for todo in todos_of(town)]
    clock.set("2020-10-20")
    beat()
    client.force_login(basic)
    assert [row["it"].line for row in client.get(DUTIES, {"tab": "bureau"}).context["rows"]] == [
        "government",
        "education",
    ]
    assert "逾期上报 " in client.get(page("case", case)).content.decode()


def test_ledger_by_line_township_and_school(client, case, basic, qingshi, autumn):
    other = factories.student(
        "王强", at=qingshi, during=autumn, home=factories.village("529901101001", "青石村")
    )
    opened(other, autumn)
    client.force_login(basic)
    answer = client.get(
        reverse("dropout:cases_export"), {"township": "529901100", "by": "home_area", "kind": "suspected"}
    )
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    heads = next(row for row in rows if "姓名" in row)
    found = [dict(zip(heads, row, strict=True)) for row in rows if row[1] in ("罗娜", "王强")]
    assert [(row["姓名"], row["政府线任务"], row["政府线责任人"], row["政府线期限"], row["教育线责任人"]) for row in found] == [
        ("罗娜", "入户核实去向", "韦明", "2020-10-15", "县教育局"),
    ]  # fmt: skip
    assert AccessEvent.objects.get().kind == "download"


def test_list_is_filtered_and_asks_the_same_however_many(client, case, basic, xiazhai, autumn, clock):
    client.force_login(basic)
    with CaptureQueriesContext(connection) as one:
        client.get(CASES)
    for number in range(29):
        away(xiazhai, autumn, f"学生{number}")
    with CaptureQueriesContext(connection) as many:
        shown = client.get(CASES)
    assert (len(one), len(shown.context["rows"])) == (len(many), 30)
    assert len(client.get(CASES, {"q": "罗娜"}).context["rows"]) == 1
    assert client.get(CASES, {"late": "government"}).context["rows"] == []
    clock.set("2020-10-16")
    assert len(client.get(CASES, {"late": "government"}).context["rows"]) == 30
    assert len(client.get(CASES, {"print": "1", "school": xiazhai.pk}).context["rows"]) == 30


def test_case_is_opened_from_the_childs_page_and_found_there(client, teacher, xiazhai, autumn, case):
    child = factories.student("王强", at=xiazhai, during=autumn)
    client.force_login(teacher)
    panel = reverse("dropout:case_panel", args=[child.pk])
    new = reverse("dropout:case_new", args=[child.pk])
    assert new in client.get(panel, headers={"HX-Request": "true"}).content.decode()
    assert client.post(new, {"kind": "suspected", "since": "2020-10-13"}).status_code == 422
    made = client.post(new, {"kind": "suspected", "since": "2020-10-08", "note": "邻居说去打工了"})
    found = Case.objects.get(student=child)
    assert (made.headers["Location"], found.origin, found.note) == (
        page("case", found),
        "report",
        "邻居说去打工了",
    )
    text = client.get(panel, headers={"HX-Request": "true"}).content.decode()
    assert (page("case", found) in text, new in text) == (True, False)


def test_villages_and_schools_see_their_own_children(client, case, qingshi):
    mine = factories.user("韦明", ("village_cadre", factories.village()), username="cadre")
    other = factories.user(
        "别村", ("village_cadre", factories.village("529901100002", "永丰村")), username="other"
    )
    seen = {}
    for user in (mine, other):
        client.force_login(user)
        seen[user.username] = (
            client.get(CASES).context["tabs"][0]["count"],
            client.get(page("case", case)).status_code,
        )
    assert seen == {"cadre": (1, 200), "other": (0, 404)}


@pytest.mark.parametrize(
    "query", ["?tab=nothing", "?after=x&before=9999999999999999999999", "?school=x&township=1&state=2&kind=3"]
)
def test_bad_addresses_are_read_as_none(client, case, basic, query):
    client.force_login(basic)
    assert [client.get(address + query).status_code for address in (CASES, DUTIES, PAPERS)] == [200, 200, 200]
    wrong = [
        page("case_step", case, "close"),
        page("paper_new", case, "letter"),
        reverse("dropout:paper", args=["denial", 1]),
    ]
    assert [client.get(address).status_code for address in wrong] == [404, 404, 404]
    assert Duty.objects.open().count() == 2
