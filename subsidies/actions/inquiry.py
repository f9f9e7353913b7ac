"""Another county's question to us: its list read, our own children found by the same digests, the answer written.

The other county learns whether a child on its own list studies and is aided here, and nothing of anybody else.
"""

import io
from collections import Counter
from pathlib import Path

from django.db import transaction
from django.db.models import Q, Sum

from povertyedu.audit.models import record, record_access
from povertyedu.files.models import StoredFile
from povertyedu.imports.reading import plain_copy
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.sealing.handover import Handover
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor
from students.enums import EnrolmentStatus, Place
from students.models import Enrolment, Student
from subsidies.enums import CountyAnswer, InquiryState, Kind, LineState, Payer
from subsidies.models import Entitlement, Inquiry, Line
from subsidies.queries.coverage_rows import AID

from .exchange_files import ListFile, ListRefused, ListRow, read_list, write_list

CHUNK = 2000
WRONG_KEY = (
    "密钥不是这份来函的密钥；请核对密钥函上的编号，或请来函单位重新送达。密钥遗失的，只能由来函单位重新提供。"
)
TAMPERED = "名单与校验码不符：发出以后有人增删或改动过行；请来函单位重新发送名单。"
NO_MATCH = "名单上一个人也没有匹配上。这份来函没有密钥核对码，多半是密钥不对或证件号写法不同；请先与来函单位核实，再决定是否答复。"


@transaction.atomic
def open_inquiry(*, by: Actor, upload, key: str, asker: str, term: Term, owner) -> Inquiry:
    """Keep another county's list and its key sealed, for the background to compare; return the inquiry."""
    stored = StoredFile.keep(
        upload.chunks(), name=Path(upload.name).name[:200], purpose="inquiry", owner=owner
    )
    inquiry = Inquiry.objects.create(asker=asker, term=term, question=stored, key=key, made_by=by.name)
    record(by, action="inquiry.open", subject=inquiry)
    return inquiry


def answer(*, inquiry: Inquiry, owner, progress=NO_PROGRESS) -> Inquiry:
    """Find the children of an inquiry and write the answer; run again it finds itself done. ListRefused as :func:`_checked`."""
    if inquiry.state != InquiryState.WORKING:
        return inquiry
    progress.expect(3)
    with plain_copy(inquiry.question) as path:
        found = read_list(path)
    hands = Handover(inquiry.key)
    remarks = _checked(inquiry, found, hands)
    progress.reach(1, "正在比对学生")
    pupils = _our_pupils(inquiry.term, {row.digest for row in found.rows}, hands)
    answers = _answers(inquiry.term, found.rows, pupils)
    progress.reach(2, "正在写答复名单")
    counts = Counter(str(row.answer) for row in answers)
    if not found.of_key and counts[CountyAnswer.NOT_FOUND] == len(answers):
        remarks.append(NO_MATCH)
    out = io.BytesIO()
    write_list(out, found, answers, right_line=f"答复单位：{option('bureau_name')}　答复日期：{today()}")
    with transaction.atomic():
        locked = Inquiry.objects.select_for_update().get(pk=inquiry.pk)
        if locked.state != InquiryState.WORKING:
            return locked
        stored = StoredFile.keep(
            [out.getvalue()], name=f"异地就读核实答复-{found.number or inquiry.pk}.xlsx", purpose="inquiry_answer", owner=owner
        )  # fmt: skip
        Inquiry.objects.filter(pk=inquiry.pk).update(
            state=InquiryState.ANSWERED, answer=stored, key="", number=found.number, counts=dict(counts) | {"rows": len(answers)},
            remarks=remarks,
        )  # fmt: skip
        progress.fence()
    progress.reach(3)
    inquiry.refresh_from_db()
    return inquiry


def fail(*, inquiry: Inquiry, error: str) -> None:
    """Close an inquiry that could not be answered, with the sentence that says why; its key goes."""
    Inquiry.objects.filter(pk=inquiry.pk, state=InquiryState.WORKING).update(
        state=InquiryState.FAILED, error=error[:300], key=""
    )


def _checked(inquiry: Inquiry, found: ListFile, hands: Handover) -> list[str]:
    """Return remarks on what the list does not prove; ListRefused for the wrong key, a changed list, another term."""
    if found.of_key and found.of_key != hands.proof_of_key(found.number):
        raise ListRefused([WRONG_KEY])
    if found.of_list and found.of_list != hands.proof_of_list(
        found.number, (row.asked for row in found.rows)
    ):
        raise ListRefused([TAMPERED])
    if found.term and found.term != inquiry.term_id:
        raise ListRefused(
            [f"名单问的是 {found.term} 学期，您选的是 {inquiry.term_id}；请改选学期后重新上传。"]
        )
    lacking = [
        (found.of_key, "密钥核对码"),
        (found.of_list, "名单校验码"),
        (found.term, "学期"),
        (found.number, "编号"),
    ]
    missing = [words for value, words in lacking if not value]
    return [f"名单上没有{'、'.join(missing)}，没有核对。"] if missing else []


def _our_pupils(term: Term, wanted: set[str], hands: Handover) -> dict[str, Enrolment]:
    """Return digest -> the enrolment at a school of ours, by either number of a merged record."""
    here = Enrolment.objects.of(term).filter(place=Place.IN_COUNTY)
    pupils = Student.objects.filter(
        Q(pk__in=here.values("student")) | Q(merged_into__in=here.values("student"))
    )
    found: dict[str, int] = {}
    numbers = pupils.filter(id_hash__isnull=False).values_list("pk", "merged_into", "id_number")
    for pk, merged_into, id_number in numbers.iterator(chunk_size=CHUNK):
        if (digest := hands.digest(id_number)) in wanted:
            found[digest] = merged_into or pk
    by_student = {row.student_id: row for row in here.filter(student__in=set(found.values()))}
    return {digest: by_student[student] for digest, student in found.items() if student in by_student}


def _answers(term: Term, rows: list[ListRow], pupils: dict[str, Enrolment]) -> list[ListRow]:
    aid = _aid_of(term, {row.student_id for row in pupils.values()})
    answers = []
    for row in rows:
        enrolment = pupils.get(row.digest)
        said: dict = {"answer": CountyAnswer.NOT_FOUND, "programmes": "", "fen": None, "note": ""}
        if enrolment is not None:
            said |= {"answer": CountyAnswer.NO, "note": _whereabouts(enrolment)} | aid.get(
                enrolment.student_id, {}
            )
        answers.append(row._replace(**said))
    return answers


def _whereabouts(enrolment: Enrolment) -> str:
    return "" if enrolment.status == EnrolmentStatus.STUDYING else f"本学期{enrolment.get_status_display()}"


def _aid_of(term: Term, students: set[int]) -> dict[int, dict]:
    """Return student -> what an answer says of the aid owed in ``term``; two queries."""
    owed: dict[int, list] = {}
    rows = Entitlement.objects.filter(term=term, kind__in=AID, student__in=students)
    for student, name, kind, fen in rows.order_by("programme__position", "programme").values_list(
        "student", "programme__name", "kind", "amount_fen"
    ):
        owed.setdefault(student, []).append((name, kind, fen))
    lines = Line.objects.filter(term=term, payer=Payer.THIS_COUNTY, state=LineState.PAID, student__in=owed)
    paid = dict(lines.order_by().values_list("student").annotate(fen=Sum("amount_fen")))
    return {
        student: {
            "answer": CountyAnswer.YES,
            "programmes": "；".join(dict.fromkeys(name for name, _, _ in awards))[:200],
            "fen": sum(fen for _, _, fen in awards),
            "note": _split(awards, paid.get(student, 0)),
        }
        for student, awards in owed.items()
    }


def _split(awards: list[tuple], paid: int) -> str:
    cash = sum(fen for _, kind, fen in awards if kind == Kind.CASH)
    other = sum(fen for _, kind, fen in awards if kind != Kind.CASH)
    words = [f"现金 {yuan(cash)} 元，已发 {yuan(paid)} 元"] if cash else []
    return "；".join([*words, *([f"减免、供餐 {yuan(other)} 元"] if other else [])])


def take_answer(*, by: Actor, inquiry: Inquiry, reason: str) -> StoredFile:
    """Hand over the answered list, for a reason on record."""
    counts = inquiry.counts
    what = f"答复{inquiry.asker}：{counts['rows']} 人，已资助 {counts.get('yes', 0)} 人（项目、金额）"
    record_access(by, kind="download", subject=inquiry, fields=what, reason=reason)
    return inquiry.answer
