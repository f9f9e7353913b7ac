"""The province's list against the roster: three parts, disposals, proofs with a second person, the answer."""

import datetime as dt
import io
import json
import sys

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.files.models import StoredFile
from povertyedu.office.actions import calendar
from povertyedu.orgs.models import Person, Term
from povertyedu.workflow.flow import StepRefused
from students.actions import identification as actions
from students.actions.disposal import dispose
from students.enums import HardshipCategory
from students.models import (
    Disposal,
    Enrolment,
    FactChange,
    HardshipProof,
    HardshipStatus,
    Household,
    TargetListEntry,
)
from students.queries.identification import counts_of
from tests import factories

pytestmark = pytest.mark.django_db
LIST = reverse("students:identification")
DISPOSE = reverse("students:dispose")
SCAN = b"\xff\xd8\xff\xe0 a photo"


@pytest.fixture
def three(luona, xiazhai, autumn):
    """One on the list and here, one on the list only, one registered poor and here only."""
    factories.student("严宇", at=xiazhai, during=autumn, categories=HardshipCategory.REGISTERED_POOR)
    factories.listed(
        (luona.name, luona.id_number),
        ("何处", factories.id_number(77, birth="20090101")),
        during=autumn,
        school="城关镇下寨小学",
    )
    return luona


def shown(response) -> list[str]:
    return [getattr(row, "name", None) or row.student.name for row in response.context["page"].rows]


@pytest.mark.samples
@pytest.mark.sql
@pytest.mark.parametrize(("county", "numbers"), [("county-a", (431, 4, 40)), ("county-b", (412, 18, 26))])
def test_numbers_equal_those_of_the_command(shared_samples, aid_officer, county, numbers, monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    for kind in ("areas", "schools", "roster", "registered-poor", "categories", "target-list"):
        out.truncate(0)
        out.seek(0)
        term = () if kind in ("areas", "schools") else ("--term", "2020-autumn")
        path = shared_samples / county / f"{kind}.xlsx"
        call_command("import_workbook", kind, str(path), *term, stdout=out, stderr=io.StringIO())
    answer = json.loads(out.getvalue())
    counts = counts_of(factories.term("2020-autumn"), user=aid_officer)
    assert (counts.here, counts.missing, counts.off) == numbers
    assert numbers == tuple(
        answer[name] for name in ("on_roster", "not_on_roster", "registered_poor_off_list")
    )


@pytest.mark.parametrize(
    ("tab", "found"), [("missing", ["何处"]), ("here", ["罗娜"]), ("off", ["严宇"]), ("proofs", [])]
)
def test_workbench_shows_each_part(client, aid_officer, three, tab, found):
    client.force_login(aid_officer)
    response = client.get(LIST, {"tab": tab})
    assert shown(response) == found
    assert "529901201" not in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"tab": "here", "township": "529901100"}, ["罗娜"]),
        ({"tab": "here", "township": "529901101"}, []),
        ({"tab": "here", "township": "529901101", "by": "home_area"}, []),
        ({"tab": "missing", "township": "529901100"}, ["何处"]),  # the list gives the school's very name
        ({"tab": "missing", "township": "529901100", "by": "home_area"}, []),
        ({"tab": "missing", "township": "529901101", "by": "home_area"}, ["何处"]),  # a poverty list knows the household
        ({"tab": "missing", "disposal": "none"}, ["何处"]),
        ({"tab": "missing", "disposal": "deceased"}, []),
        ({"tab": "off", "school": "x"}, ["严宇"]),
    ],
)  # fmt: skip
def test_workbench_filters_by_place_in_both_readings(client, aid_officer, three, qingshi, query, found):
    entry = TargetListEntry.objects.get(name="何处")
    household = Household.objects.create(
        number="5299010001", area=factories.village("529901101001", "大田村")
    )
    HardshipStatus.objects.create(
        id_hash=entry.id_hash, id_number=entry.id_number, name="何处", category=1, since=dt.date(2016, 1, 1),
        source="poverty_office", household=household,
    )  # fmt: skip
    client.force_login(aid_officer)
    assert shown(client.get(LIST, query)) == found


@pytest.mark.parametrize("status", ["left", "graduated"])
def test_child_who_left_is_not_here(client, aid_officer, three, autumn, status):
    Enrolment.objects.filter(term=autumn).update(status=status)
    counts = counts_of(autumn, user=aid_officer)
    assert (counts.here, counts.missing, counts.off) == (0, 2, 0)
    client.force_login(aid_officer)
    assert shown(client.get(LIST, {"tab": "missing"})) == ["罗娜", "何处"]


def test_suspended_child_is_here(aid_officer, three, autumn):
    Enrolment.objects.filter(term=autumn).update(status="suspended")
    counts = counts_of(autumn, user=aid_officer)
    assert (counts.here, counts.missing, counts.off) == (1, 1, 1)


def test_workbench_refuses_who_may_not_identify_and_an_unknown_tab(client, clerk, aid_officer, three):
    client.force_login(clerk)
    assert client.get(LIST).status_code == 403
    client.force_login(aid_officer)
    assert client.get(LIST, {"tab": "nothing"}).status_code == 404


@pytest.mark.parametrize("tab", ["missing", "here", "off"])
def test_workbench_takes_the_same_queries_for_one_and_for_many(client, aid_officer, xiazhai, autumn, tab):
    client.force_login(aid_officer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST, {"tab": tab}).status_code == 200
        return len(captured)

    def add(name):
        here = factories.student(name, at=xiazhai, during=autumn)
        factories.student(name, at=xiazhai, during=autumn, categories=HardshipCategory.REGISTERED_POOR)
        factories.listed((name, here.id_number), (name, factories.id_number()), during=autumn)

    add("甲一")
    client.get(LIST)  # the session's own first queries
    few = queries()
    for name in ("甲二", "甲三", "甲四"):
        add(name)
    assert queries() == few


def test_dispose_records_many_at_once_and_again(client, aid_officer, three, autumn):
    factories.listed(("何方", factories.id_number(78, birth="20090101")), during=autumn)
    owner = Person.objects.create(name="石主任", area=factories.township())
    entries = list(TargetListEntry.objects.exclude(name="罗娜").order_by("pk"))
    address = f"{DISPOSE}?" + "&".join(f"pk={entry.pk}" for entry in entries)
    client.force_login(aid_officer)
    response = client.post(
        address, {"code": "other_county", "owner": owner.pk, "note": "在邻县读书", "decided_on": "2020-10-09"}
    )
    assert response.status_code == 302
    assert (
        list(Disposal.objects.order_by("entry").values_list("code", "owner__name", "decided_by"))
        == [("other_county", "石主任", "周敏")] * 2
    )
    client.post(f"{DISPOSE}?pk={entries[0].pk}", {"code": "deceased", "decided_on": "2020-10-10"})
    assert list(Disposal.objects.order_by("entry").values_list("code", flat=True)) == [
        "deceased",
        "other_county",
    ]
    changes = AuditEvent.objects.filter(action="disposal.set").order_by("pk").last().changes
    assert changes["处置"] == ["在外县就读", "死亡"]
    figures = client.get(LIST).context["figures"]
    assert [(figure["label"], figure["value"]) for figure in figures] == [("在外县就读", 1), ("死亡", 1)]


def test_dispose_asks_for_words_with_other_and_refuses_the_future(client, aid_officer, three):
    entry = TargetListEntry.objects.get(name="何处")
    client.force_login(aid_officer)
    response = client.post(f"{DISPOSE}?pk={entry.pk}", {"code": "other", "decided_on": "2999-01-01"})
    assert response.status_code == 422
    assert response.context["form"].errors == {
        "decided_on": ["日期不能晚于今天。"], "note": ["处置选“其他”时，请写明情况。"],
        "owner": ["请选择责任人：谁负责查清并跟进。名单里没有的，请先在“人员”里登记。"],
    }  # fmt: skip
    assert not Disposal.objects.exists()


def test_dispose_without_a_choice_goes_back_and_an_unknown_row_is_404(client, aid_officer, three):
    client.force_login(aid_officer)
    assert client.get(DISPOSE).headers["Location"] == LIST
    assert client.get(f"{DISPOSE}?pk=999999").status_code == 404
    assert client.get(f"{DISPOSE}?pk=x").headers["Location"] == LIST


@pytest.mark.parametrize(("code", "done"), [("deceased", True), ("dropped_out", False), ("to_verify", False)])
def test_disposal_that_settles_nothing_names_who_follows_it_up(client, aid_officer, three, code, done):
    entry = TargetListEntry.objects.get(name="何处")
    client.force_login(aid_officer)
    client.post(f"{DISPOSE}?pk={entry.pk}", {"code": code, "decided_on": "2020-10-09"})
    assert Disposal.objects.exists() is done
    if not done:
        with pytest.raises(IntegrityError, match="disposal_has_an_owner"), transaction.atomic():
            Disposal.objects.create(
                entry=entry, term_id=entry.term_id, id_hash=entry.id_hash, code=code, decided_on=dt.date(2020, 10, 9), decided_by="周敏",
            )  # fmt: skip


def test_disposal_stands_for_one_thing_and_a_person_alone_has_one(autumn):
    factories.listed(("何处", factories.id_number(77, birth="20090101")), during=autumn)
    row = factories.comparison(during=autumn).rows.create(
        found_in="only_left", id_hash="ab", id_number="", name="何处"
    )
    said = {
        "term": autumn,
        "id_hash": "ab",
        "code": "deceased",
        "decided_on": dt.date(2020, 1, 1),
        "decided_by": "周敏",
    }
    with pytest.raises(IntegrityError, match="disposal_of_one_thing"), transaction.atomic():
        Disposal.objects.create(entry=TargetListEntry.objects.get(), row=row, **said)
    Disposal.objects.create(row=row, **said)
    Disposal.objects.create(**said)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disposal.objects.create(**said)


def upload(name="手册.jpg", content=SCAN):
    return SimpleUploadedFile(name, content)


def test_proof_is_confirmed_by_a_second_person_and_counts_as_registered_poor(
    client, aid_officer, administrator, luona, autumn
):
    enrolment = luona.enrolments.get()
    client.force_login(administrator)
    address = reverse("students:proof_add", args=[enrolment.pk])
    client.post(address, {"kind": "handbook", "since": "2019-03-01", "note": "户主来校", "scan": upload()})
    proof = HardshipProof.objects.get()
    page = reverse("students:proof", args=[proof.pk])
    assert "须由另一人复核" in client.get(page).content.decode()
    client.post(page, {"verb": "confirm"})
    proof.refresh_from_db()
    assert proof.state == "waiting"

    client.force_login(aid_officer)
    assert b"".join(client.get(reverse("students:proof_file", args=[proof.pk]))) == SCAN
    assert AccessEvent.objects.get().fields == "扶贫手册扫描件"
    client.post(page, {"verb": "confirm"})
    proof.refresh_from_db()
    enrolment.refresh_from_db()
    status = proof.hardship
    assert (proof.state, status.source, status.since, status.until) == (
        "confirmed",
        "handbook",
        dt.date(2019, 3, 1),
        None,
    )
    assert enrolment.categories == HardshipCategory.REGISTERED_POOR
    assert FactChange.objects.filter(term=autumn, student=luona).exists()
    assert [(d.by_name, d.label) for d in proof.decisions.all()] == [("周敏", "复核通过")]
    assert SCAN not in proof.file.path.read_bytes()


def test_proof_refused_changes_nothing_and_may_come_again(client, aid_officer, administrator, luona):
    proof = factories.proof(luona.enrolments.get(), by=administrator)
    client.force_login(aid_officer)
    page = reverse("students:proof", args=[proof.pk])
    assert client.post(page, {"verb": "refuse"}).status_code == 422
    client.post(page, {"verb": "refuse", "reason": "照片看不清"})
    proof.refresh_from_db()
    assert (proof.state, HardshipStatus.objects.count()) == ("refused", 0)
    factories.proof(luona.enrolments.get(), by=administrator)
    with pytest.raises(StepRefused, match="已被处理"):
        actions.refuse_proof(by=aid_officer.as_actor(), proof=proof, reason="再来")


def test_proof_against_a_list_that_says_no_longer_is_refused_whole(aid_officer, administrator, luona):
    HardshipStatus.objects.create(
        id_hash=luona.id_hash, id_number=luona.id_number, name="罗娜", category=1, since=dt.date(2016, 1, 1), counts=False,
        source="poverty_office",
    )  # fmt: skip
    proof = factories.proof(luona.enrolments.get(), by=administrator)
    with pytest.raises(StepRefused, match="已脱贫不享受政策"):
        actions.confirm_proof(by=aid_officer.as_actor(), proof=proof)
    proof.refresh_from_db()
    assert (proof.state, proof.decisions.count()) == ("waiting", 0)


def test_proof_of_a_child_known_to_be_poor_adds_no_second_status(aid_officer, administrator, luona):
    known = HardshipStatus.objects.create(
        id_hash=luona.id_hash, id_number=luona.id_number, name="罗娜", category=1, since=dt.date(2016, 1, 1), source="poverty_office",
    )  # fmt: skip
    proof = factories.proof(luona.enrolments.get(), by=administrator)
    actions.confirm_proof(by=aid_officer.as_actor(), proof=proof)
    proof.refresh_from_db()
    assert (proof.hardship, HardshipStatus.objects.count()) == (known, 1)


@pytest.mark.sql
def test_proof_decided_by_its_own_author_is_refused_by_the_database(administrator, luona):
    proof = factories.proof(luona.enrolments.get(), by=administrator)
    with pytest.raises(IntegrityError, match="proof_decided_by_a_second_person"), transaction.atomic():
        HardshipProof.objects.filter(pk=proof.pk).update(state="confirmed", decided_by_id=administrator.pk)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("手册.exe", SCAN, "只能上传 jpg、png 或 pdf；请另存后再上传。"),
        ("手册.png", SCAN, "文件内容和扩展名不符，可能已损坏；请重新扫描或拍照。"),
    ],
)
def test_proof_takes_only_scans(client, aid_officer, luona, name, content, message):
    client.force_login(aid_officer)
    address = reverse("students:proof_add", args=[luona.enrolments.get().pk])
    response = client.post(
        address, {"kind": "handbook", "since": "2019-03-01", "scan": upload(name, content)}
    )
    assert (response.status_code, response.context["form"].errors["scan"]) == (422, [message])
    assert not StoredFile.objects.exists()


def test_proof_waiting_keeps_the_term_open_and_counts_for_nothing_in_a_closed_one(
    aid_officer, administrator, luona, autumn
):
    proof = factories.proof(luona.enrolments.get(), by=aid_officer)
    with pytest.raises(ValidationError, match="待复核的困难佐证 1 件"):
        calendar.close_term(term=autumn, by=administrator.as_actor())
    Term.objects.update(is_closed=True)
    with pytest.raises(StepRefused, match="已关闭"):
        actions.confirm_proof(by=administrator.as_actor(), proof=proof)
    assert (HardshipProof.objects.get().state, HardshipStatus.objects.count()) == ("waiting", 0)
    actions.refuse_proof(by=administrator.as_actor(), proof=proof, reason="学期已关闭")
    assert HardshipProof.objects.get().state == "refused"


def test_proof_a_second_time_leaves_no_file_behind(aid_officer, luona):
    enrolment = luona.enrolments.get()
    factories.proof(enrolment, by=aid_officer)
    with pytest.raises(ValidationError, match="已有一份佐证待复核"):
        actions.propose_proof(
            by=aid_officer.as_actor(), enrolment=enrolment, kind="handbook", since=dt.date(2019, 1, 1), note="", upload=upload(),
            owner=aid_officer,
        )  # fmt: skip
    assert StoredFile.objects.count() == 1


@pytest.mark.parametrize(("audience", "sheets"), [
    ("province", ["汇总", "名单内在读", "名单内未在册", "名单外建档立卡"]),
    ("poverty-office", ["汇总", "名单内未在册", "名单外建档立卡"]),
])  # fmt: skip
def test_feedback_tells_the_lists_and_leaves_an_access_event(
    client, aid_officer, three, autumn, audience, sheets
):
    entry = TargetListEntry.objects.get(name="何处")
    dispose(
        by=aid_officer.as_actor(), rows=TargetListEntry.objects.filter(pk=entry.pk), code="moved_away", note="户口已迁",
        on=dt.date(2020, 10, 9),
    )  # fmt: skip
    client.force_login(aid_officer)
    address = reverse("students:feedback", args=[audience])
    assert client.post(address, {"numbers": "full"}).status_code == 422
    response = client.post(address, {"numbers": "full", "reason": "按通知上报"})
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert book.sheetnames == sheets
    missing = [row for row in book["名单内未在册"].iter_rows(min_row=3, values_only=True) if row[1]]
    assert [(row[0], row[1], row[4], row[6]) for row in missing] == [
        ("何处", entry.id_number, "户口迁出", "户口已迁")
    ]
    off = [row for row in book["名单外建档立卡"].iter_rows(min_row=3, values_only=True) if row[1]]
    assert [row[0] for row in off] == ["严宇"]
    assert AccessEvent.objects.get().reason == "按通知上报"


def test_feedback_of_who_may_not_reveal_is_masked(client, administrator, three):
    client.force_login(administrator)
    address = reverse("students:feedback", args=["province"])
    assert client.post(address, {"numbers": "full", "reason": "按通知上报"}).status_code == 422
    response = client.post(address, {"numbers": "masked", "reason": "按通知上报"})
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert book["名单内在读"]["B3"].value == f"529901**********{three.id_number[-2:]}"
    assert client.get(reverse("students:feedback", args=["nobody"])).status_code == 404
