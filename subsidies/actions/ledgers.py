"""The subsidy ledger (台账): one row per child and programme with the four numbers, printed as it stands.

Cash, waivers and meals have a sheet each, so that no total mixes them; sums are formulas stored with
their value. Rows come from a server-side cursor and go straight into the file. It reads by school or by
the household's village (:mod:`.ledger_places`); the sums are the same either way.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.db.models import Case, F, FilteredRelation, Q, Value, When
from django.utils import timezone

from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record, record_access
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import tell
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.options.registry import options
from povertyedu.orgs.enums import Stage, grade_name
from povertyedu.orgs.models import Term
from povertyedu.ui.templatetags.ui import mask_id
from povertyedu.workbooks.ledger import Formula, LedgerColumn, LedgerSheet, Row, TotalRow, write_ledger
from povertyedu.workbooks.package import letter_of
from povertyedu.workflow.flow import SYSTEM, Actor
from subsidies.enums import Kind
from subsidies.models import Balance, Line, TermLedger

from .ledger_places import BySchool, Places, places_by

SHEETS = {Kind.CASH: "现金", Kind.WAIVER: "减免", Kind.IN_KIND: "实物"}
MONEY = (("应享", "entitled_fen"), ("已发", "paid_fen"), ("在途", "in_hand_fen"), ("待发", "outstanding_fen"))
_STAGE_PLACE = Case(
    *(When(en__stage=stage, then=Value(place)) for place, stage in enumerate(Stage)), default=Value(99)
)
_COLUMNS = (
    "en__home_area", "en__outside_school", "en__school__name", "en__stage", "en__grade", "en__school_class__name",
    "student__name", "student__id_number", "programme__name",
)  # fmt: skip


def export_ledger(
    out, *, term: Term, full_numbers: bool = False, reading: str = BySchool.reading, progress=NO_PROGRESS
) -> dict:
    """Write the subsidy ledger of ``term`` to ``out`` (path or file) and return rows, children and fen by kind.

    ``full_numbers`` writes ID numbers whole; who asks for them must be permitted and have said why. ``reading``
    is by which place its rows stand together: ``school_area`` or ``home_area``.
    """
    places = places_by(reading)
    counted = {kind: {"rows": 0, "entitled_fen": 0, "paid_fen": 0, "in_hand_fen": 0, "outstanding_fen": 0} for kind in SHEETS}  # fmt: skip
    sums: dict[str, dict] = {kind: {} for kind in SHEETS}
    progress.expect(Balance.objects.filter(term=term).count())
    names = options("bureau_name")
    frame = {
        "unit_line": f"填报单位：{names['bureau_name']}　　学期：{term}",
        "right_line": f"单位：元　　{timezone.localdate():%Y-%m-%d}",
    }
    details = [
        LedgerSheet(
            name=f"{name}明细", title=f"{term} 学生资助台账（{name}{places.told}）", columns=_columns(kind, places),
            rows=_rows(term, kind, full_numbers, places, counted, sums[kind], progress), **frame,
        )
        for kind, name in SHEETS.items()
    ]  # fmt: skip
    # The summaries add up what the details wrote: one reading, so that the book agrees with itself
    # even when somebody is paid while it is written. Their rows are asked for after the details'.
    summaries = [
        LedgerSheet(
            name=f"{name}汇总", title=f"{term} 学生资助汇总（{name}）", columns=_summary_columns(kind),
            rows=_summary(kind, sums[kind], places), **frame,
        )
        for kind, name in SHEETS.items()
    ]  # fmt: skip
    write_ledger(out, *details, *summaries, _back_pay_sheet(term, places, frame))
    return {
        "term": term.pk,
        "reading": reading,
        "kinds": {str(kind): numbers for kind, numbers in counted.items()},
    }


def _money_of(kind: str):
    """Return (heading, field) of the amounts of a kind: only cash is paid out, so only cash has the other three."""
    return MONEY if kind == Kind.CASH else MONEY[:1]


def _columns(kind: str, places: Places) -> list[LedgerColumn]:
    return [
        *places.columns, LedgerColumn("学段", width=9), LedgerColumn("年级", width=9), LedgerColumn("班级", width=9),
        LedgerColumn("姓名", width=10), LedgerColumn("身份证件号", width=21), LedgerColumn("资助项目", width=20),
        *(LedgerColumn(heading, "money", width=12) for heading, _ in _money_of(kind)),
    ]  # fmt: skip


def _balances(term: Term, kind: str, places: Places):
    """Return the balances of a kind with the child's places in that term, in the ledger's order."""
    return (
        Balance.objects.filter(term=term, programme__kind=kind)
        .annotate(
            en=FilteredRelation("student__enrolments", condition=Q(student__enrolments__term=term)),
            place=_STAGE_PLACE,
        )
        .order_by(
            *places.order, F("en__school_area").asc(nulls_last=True), "en__school_id", "place", "en__grade",
            "en__school_class__name", "student__name", "student_id", "programme__position",
        )
    )  # fmt: skip


def _rows(
    term: Term, kind: str, full_numbers: bool, places: Places, counted: dict, sums: dict, progress
) -> Iterator[Row | TotalRow]:
    """Yield a row per child and programme, a total after each part of a place and after each place.

    ``counted`` and ``sums`` ((stage, programme) -> rows and fen) are filled on the way.
    """
    fields = [field for _, field in _money_of(kind)]
    numbers = counted[kind]
    found = _balances(term, kind, places).values_list(*_COLUMNS, *fields).iterator(chunk_size=2000)
    for place, in_place in groupby(found, key=places.place):
        name = places.name(place)
        for part, in_part in groupby(in_place, key=places.part):
            for row in in_part:
                stage, grade, class_name, child, id_number, programme, *money = row[3:]
                numbers["rows"] += 1
                summed = sums.setdefault((stage, programme), [0] * (len(fields) + 1))
                summed[0] += 1
                for position, (field, fen) in enumerate(zip(fields, money, strict=True), 1):
                    numbers[field] += fen
                    summed[position] += fen
                if numbers["rows"] % 1000 == 0:
                    progress.reach(sum(n["rows"] for n in counted.values()), f"写出 {name}")
                shown = id_number if full_numbers else (mask_id(id_number) if id_number else "")
                label, year = (Stage(stage).label, grade_name(stage, grade)) if stage else ("", "")
                where = places.cells(*(text or "" for text in row[:3]))
                yield Row([*where, label, year, class_name or "", child, shown, programme, *money])
            yield TotalRow(f"{name} {places.part_name(part)} 小计（{{rows}} 条）", 1)
        yield TotalRow(f"{name} 合计（{{rows}} 条）", 2)


def _summary_columns(kind: str) -> list[LedgerColumn]:
    return [
        LedgerColumn("学段", width=12), LedgerColumn("资助项目", width=26), LedgerColumn("人次", "int", width=10, summed=True),
        *(LedgerColumn(heading, "money", width=16) for heading, _ in _money_of(kind)),
    ]  # fmt: skip


def _summary(kind: str, sums: dict, places: Places) -> Iterator[Row | TotalRow]:
    """Yield a row per stage and programme: each amount sums its rows of the detail sheet by formula."""
    detail = f"{SHEETS[kind]}明细"
    letters = [letter_of(index) for index in range(len(_columns(kind, places)))]
    stage_at, programme_at, *money_at = letters[len(places.columns)], *letters[len(places.columns) + 5 :]
    order = {stage: place for place, stage in enumerate(Stage)}
    number = 3  # title, line of unit, heads: the first row of data is the fourth
    found = sorted(sums, key=lambda key: (order.get(key[0], len(order)), key[1]))
    for stage, in_stage in groupby(found, key=lambda key: key[0]):
        label = Stage(stage).label if stage else ""
        for key in in_stage:
            number += 1
            rows, *money = sums[key]
            matches = f"{detail}!${stage_at}:${stage_at},$A{number},{detail}!${programme_at}:${programme_at},$B{number}"
            formulas = [
                Formula(f"SUMIFS({detail}!{letter}:{letter},{matches})", fen)
                for letter, fen in zip(money_at, money, strict=True)
            ]
            yield Row([label, key[1], Formula(f"COUNTIFS({matches})", rows), *formulas])
        number += 1
        yield TotalRow(f"{label} 小计", 1)


def _back_pay_sheet(term: Term, places: Places, frame: dict) -> LedgerSheet:
    """Return the sheet of what this term's batches carry for earlier terms (补发), a row per child, term and programme."""
    columns = [
        *places.columns, LedgerColumn("年级", width=9), LedgerColumn("班级", width=9), LedgerColumn("姓名", width=10),
        LedgerColumn("所属学期", width=16), LedgerColumn("资助项目", width=20), LedgerColumn("金额", "money", width=12),
        LedgerColumn("状态", width=10), LedgerColumn("批次", width=12),
    ]  # fmt: skip
    return LedgerSheet(
        name="补发明细",
        title=f"{term} 补发以前学期资助明细",
        columns=columns,
        rows=_back_pay(term, places),
        **frame,
    )


def _back_pay(term: Term, places: Places) -> Iterator[Row | TotalRow]:
    lines = (
        Line.objects.in_list()
        .filter(batch__term=term)
        .exclude(term=term)
        .select_related("term", "programme", "batch")
    )
    order = (*places.line_order, "school_area", "school_name", "stage", "grade", "class_name", "student_name", "student_id", "term__starts_on", "programme__position")  # fmt: skip
    found = lines.order_by(*order).iterator(chunk_size=2000)
    for place, in_place in groupby(found, key=places.place_of_line):
        for line in in_place:
            yield Row(
                [*places.cells(line.home_area, "", line.school_name), line.grade_name, line.class_name, line.student_name,
                 str(line.term), line.programme.name, line.amount_fen, line.get_state_display(), line.batch.number]
            )  # fmt: skip
        yield TotalRow(f"{places.name(place)} 合计（{{rows}} 条）", 1)


def freeze_ledger(*, term: Term, by: Actor, progress=NO_PROGRESS) -> TermLedger:
    """Keep the ledger of a term that was closed as it stands now; later corrections and payments never change it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.xlsx"
        cash = export_ledger(path, term=term, progress=progress)["kinds"][str(Kind.CASH)]
        with transaction.atomic():
            stored = StoredFile.keep(
                StoredFile.pieces(path), name=f"关账台账-{term.pk}.xlsx", purpose="ledger", owner=None
            )
            kept = TermLedger.objects.create(
                term=term, file=stored, entitled_fen=cash["entitled_fen"], paid_fen=cash["paid_fen"], closed_by=by.name
            )  # fmt: skip
            record(by, action="ledger.freeze", subject=kept, changes={"term": [None, term.pk]})
            progress.fence()
    return kept


def keep_ledger(
    *,
    maker: str,
    term: Term,
    owner,
    url: str,
    full_numbers: bool,
    reason: str,
    reading: str = BySchool.reading,
    progress=NO_PROGRESS,
) -> dict:
    """Write the ledger into a stored file of ``owner`` and tell them; return what :func:`export_ledger` does, and ``file``.

    It goes after the county's keeping days for uploads. Whole ID numbers leave an access event with ``reason``.
    ``maker`` names the job: run again after its end it finds its file.
    """
    key = StoredFile.key_of(maker)
    if StoredFile.objects.filter(pk=key).exists():
        return {"file": str(key)}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.xlsx"
        answer = export_ledger(path, term=term, full_numbers=full_numbers, reading=reading, progress=progress)
        told = places_by(reading).told.lstrip("，")
        days = options("upload_keep_days")["upload_keep_days"]
        with transaction.atomic():
            stored = StoredFile.keep(
                StoredFile.pieces(path), name=f"学生资助台账-{'-'.join(filter(None, (term.pk, told)))}.xlsx", purpose="ledger", owner=owner, key=key,
                purge_after=timezone.now() + timezone.timedelta(days=days),
                permission=P.REVEAL_NUMBERS if full_numbers else P.EXPORT_LEDGER,
            )  # fmt: skip
            fields = "姓名、身份证号、金额" if full_numbers else "姓名、金额"
            record_access(
                owner.as_actor() if owner else SYSTEM, kind="download", subject=stored, fields=f"台账：{fields}", reason=reason or "台账"
            )  # fmt: skip
            tell(owner, f"{term} 学生资助台账已生成，请下载。", url=url, tone="ok")
            progress.fence()
    return answer | {"file": str(stored.pk)}
