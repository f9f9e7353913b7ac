"""The staged pipeline: receive, check, confirm, apply, cancel. Page and command call the same verbs."""

import json
import time
from collections.abc import Iterable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record
from povertyedu.audit.operations import because, last_operation
from povertyedu.files.disk import DISK_FULL, is_disk_full
from povertyedu.files.models import StoredFile
from povertyedu.jobs.models import PERCENT
from povertyedu.jobs.progress import NO_PROGRESS, Cancelled, LeaseLost, Share
from povertyedu.options.registry import option
from povertyedu.orgs.models import School, Term
from povertyedu.workbooks.reading import WorkbookError
from povertyedu.workflow.flow import Actor, StepRefused

from . import turns, undoing
from .guard import doubt
from .headings import HeadingsUnclear
from .images import Before
from .kinds import every_kind, resource_of
from .models import ImportBatch, RowFix, StagedRow, UndoImage
from .overlay import put_right
from .reading import FileRows, collector_paused, plain_copy, read_file
from .rows import Context, Row, Tally
from .second import hand_over, note_operator
from .staging import GOOD, stage, staged_rows, unread_names
from .states import ImportState

COMMAND_LINE = Actor(None, "命令行", "")


def kinds_open_to(user: User) -> list:
    """Return a resource of every kind that ``user`` may import, in the order of settings."""
    return [resource for resource in every_kind() if user.can(resource.permission)]


def context_of(resource, term: Term | None, by: User | None) -> Context:
    """Return the circumstances of an import: the whole county for the command and county offices, else own schools."""
    if by is None:
        return Context(term, None, COMMAND_LINE.name)
    schools = None
    if not by.scope(resource.permission).of_county:
        schools = frozenset(School.objects.visible_to(by, resource.permission).values_list("pk", flat=True))
    return Context(term, by, by.name, schools)


# --- the steps ------------------------------------------------------------------------------------


def receive(
    *,
    chunks: Iterable[bytes],
    name: str,
    kind: str,
    term: Term | None,
    by: User | None,
    is_complete: bool = False,
) -> ImportBatch:
    """Keep an uploaded workbook, sealed, and return its batch in state uploaded.

    ``is_complete``: the uploader says that it names everybody of the schools it covers.
    """
    purge_after = timezone.now() + timedelta(days=option("upload_keep_days"))
    with transaction.atomic():
        stored = StoredFile.keep(chunks, name=name, purpose="import", owner=by, purge_after=purge_after)
        try:
            return ImportBatch.objects.create(
                kind=kind, term=term, file=stored, by=by, is_complete=is_complete
            )
        except BaseException:
            stored.path.unlink(missing_ok=True)
            raise


def check(*, batch: ImportBatch, progress=NO_PROGRESS) -> ImportBatch:
    """Check every row and keep the result for the preview, sealed. Safe to run again.

    A file that cannot be read leaves the batch refused, with the sentence that says why.
    """
    _recover(batch)
    batch.step("check", error="", held="", go_on_reason="")
    started = time.monotonic()
    resource = resource_of(batch.kind)
    try:
        with collector_paused():
            read, tally, findings = _examine(batch, resource, progress)
            with transaction.atomic():
                batch.staged.all().delete()
                stage(batch, resource, read, Share(progress, 75, 99))
                seconds = time.monotonic() - started
                batch.step("checked", seconds=seconds, **findings, **_figures(tally))
                progress.expect(len(read.rows))
                progress.fence()
    except WorkbookError as refusal:
        _not_read(batch, refusal)
    except (Cancelled, StepRefused) as stopped:
        ImportBatch.objects.filter(pk=batch.pk, state=ImportState.CHECKING).update(
            state=ImportState.CANCELLED
        )
        raise Cancelled from stopped  # whoever cancelled the import meanwhile need not be told of a failure
    return batch


def _not_read(batch: ImportBatch, refusal: WorkbookError) -> None:
    """Refuse the file, or ask a person which column is which where that alone is unclear."""
    batch.staged.all().delete()
    told = {"error": refusal.message[:500], "counts": {}, "remarks": []}
    if isinstance(refusal, HeadingsUnclear) and refusal.sheets:
        batch.step("ask", sheets=json.dumps(refusal.sheets, ensure_ascii=False), **told)
    else:
        batch.step("refuse", **told)


def confirm(*, batch: ImportBatch, reason: str = "") -> ImportBatch:
    """Claim the checked batch for applying: of two clicks one wins, the other gets StepRefused.

    A file that looks like the wrong one (``batch.held``) goes on only with a ``reason``, which is kept.
    """
    _recover(batch)
    reason = (reason.strip() or batch.go_on_reason)[:200]
    if batch.held and not reason:
        raise StepRefused("这个文件整个存疑；仍要继续，请填写理由。")
    batch.step("confirm", error="", go_on_reason=reason)
    return batch


def apply(*, batch: ImportBatch, by: Actor, progress=NO_PROGRESS) -> ImportBatch:
    """Write the good rows of a confirmed batch, all in one transaction. Applied already: nothing happens.

    Rows are compared anew with the registry as it is now. If one of them would do something else than the
    preview said, nothing is written, the batch goes back to the preview and StepRefused says what to do.
    """
    batch.refresh_from_db()
    if batch.state == ImportState.APPLIED:
        return batch
    try:
        with collector_paused():
            _apply_staged(batch, by, progress)
    except LeaseLost:
        raise
    except BaseException as error:
        told = "导入没有完成，没有写入任何内容；请重试。"
        if isinstance(error, StepRefused):
            told = str(error)
        elif isinstance(error, Cancelled):
            told = "已按要求停止，没有写入任何内容。"
        elif is_disk_full(error):
            told = DISK_FULL
        batch.step("back", error=told[:500])
        raise
    return batch


def _apply_staged(batch: ImportBatch, by: Actor, progress) -> None:
    started = time.monotonic()
    resource = resource_of(batch.kind)
    context = context_of(resource, batch.term, batch.by)
    before = turns.mark()
    rows = _compared_anew(batch, resource, context, progress)
    with transaction.atomic():
        if turns.take() != before:
            rows.clear()  # a county's rows are not held twice
            rows = _compared_anew(batch, resource, context, progress)
        _refuse([row for row in rows if row.outcome not in GOOD])
        if batch.checked_by_id and hand_over(batch, resource, rows):
            return  # not what the second person confirmed: asked again
        _refuse([row for row in rows if not row.is_as_promised])
        if not (batch.by_id and hand_over(batch, resource, rows)):
            _write(batch, resource, rows, context, by, progress, started)


def _compared_anew(batch: ImportBatch, resource, context: Context, progress) -> list[Row]:
    """Return the good rows of the preview as the registry now has them judged."""
    rows = staged_rows(batch, resource, Share(progress, 0, 25))
    resource.check(rows, context, Share(progress, 25, 50))
    return rows


def _refuse(other: list[Row]) -> None:
    """Stop before anything is written where ``other`` rows would not do what the preview said."""
    if other:
        where = f"{other[0].sheet}第{other[0].number}行"
        raise StepRefused(
            f"核对之后系统里的数据有变化（如别人刚导入或修改过），{where}等{len(other)}行的结果与核对时不同；"
            "没有写入任何内容，请重新核对，看过新的结果再确认。"
        )


def carry_out(*, batch: ImportBatch, by: Actor = COMMAND_LINE) -> tuple[ImportBatch, FileRows]:
    """Check and apply in one go, in this process, without a preview; return the batch and what was read.

    Raise WorkbookError when the whole file is refused.
    """
    started = time.monotonic()
    batch.step("check")
    resource = resource_of(batch.kind)
    context = context_of(resource, batch.term, batch.by)
    try:
        if closed := closed_term(batch.term_id):
            raise WorkbookError("term_closed", closed)
        with collector_paused(), plain_copy(batch.file) as path:
            before = turns.mark()
            read, figures = _read_and_judge(path, resource, context)
            batch.step("checked", remarks=read.remarks, **figures)
            confirm(batch=batch)  # an operator names file and kind: the guard is for the page
            with transaction.atomic():
                if turns.take() != before:
                    read.rows.clear()
                    read, figures = _read_and_judge(path, resource, context)
                    ImportBatch.objects.filter(pk=batch.pk).update(**figures)
                    batch.refresh_from_db()
                good = [row for row in read.rows if row.outcome in GOOD]
                note_operator(batch, resource, good, by)
                _write(batch, resource, good, context, by, NO_PROGRESS, started)
    except WorkbookError as refusal:
        batch.step("refuse", error=refusal.message[:500])
        raise
    except BaseException as error:
        told = DISK_FULL if is_disk_full(error) else "导入没有完成，没有写入任何内容。"
        ImportBatch.objects.filter(pk=batch.pk).update(state=ImportState.CANCELLED, error=told)
        raise
    return batch, read


def _read_and_judge(path, resource, context: Context) -> tuple[FileRows, dict]:
    read = read_file(path, resource)
    resource.check(read.rows, context)
    return read, _figures(Tally.of(read.rows))


def ask_to_undo(*, batch: ImportBatch) -> ImportBatch:
    """Claim an applied batch for undoing; refused where nothing is kept any more to undo it with."""
    _recover(batch)
    if not batch.images.exists():
        raise StepRefused("这次导入不能撤销：没有留下导入前的内容，或保留期已过。")
    if batch.term and batch.term.is_closed:
        raise StepRefused(f"{batch.term}已关闭，不能撤销导入；确需撤销的，请数据管理员先重新打开该学期。")
    batch.step("undo", error="")
    return batch


def undo(*, batch: ImportBatch, by: Actor, progress=NO_PROGRESS) -> ImportBatch:
    """Put back what a batch claimed for undoing changed, all in one transaction. Undone already: nothing happens.

    Left as they are, and listed, are people whose records were changed since or who stand in a payment batch.
    """
    batch.refresh_from_db()
    if batch.state == ImportState.UNDONE:
        return batch
    try:
        with collector_paused(), transaction.atomic():
            turns.take()
            resource = resource_of(batch.kind)
            progress.expect(PERCENT)
            progress.reach(0, "正在核对导入后的修改")
            plan = undoing.plan_of(batch, resource)
            told = {"action": "import.undo", "subject": batch, "label": batch.file.name}
            with because(by, undoes=last_operation("import.apply", batch), **told):
                undoing.carry_out(plan, resource, batch, Share(progress, 30, 99))
            batch.step("undone", undone=plan.counts, left_out=plan.left_out_json(), undone_at=timezone.now())
            batch.images.all().delete()
            record(by, action="import.undo", subject=batch, changes={"kind": batch.kind, **plan.counts})
            progress.fence()
    except LeaseLost:
        raise
    except BaseException as error:
        told = "撤销没有完成，没有改动任何内容；请重试。"
        if isinstance(error, Cancelled):
            told = "已按要求停止，没有撤销任何内容。"
        elif isinstance(error, IntegrityError):
            told = "导入后的其他修改占用了原来的编号，不能撤销；没有改动任何内容，请逐个更正。"
        elif is_disk_full(error):
            told = DISK_FULL
        batch.step("keep", error=told)
        raise
    return batch


@transaction.atomic
def cancel(*, batch: ImportBatch) -> ImportBatch:
    """Drop an import that is not applied: its rows go at once, its file when its days are over."""
    _recover(batch)
    batch.step("cancel")
    batch.staged.all().delete()
    batch.fixes.all().delete()
    return batch


def purge_expired() -> int:
    """Remove staged rows and bytes of imports whose days are over; return how many files went."""
    due = StoredFile.objects.due_for_purge().filter(purpose="import")
    count = 0
    for stored in due:
        StagedRow.objects.filter(batch__file=stored).delete()
        UndoImage.objects.filter(batch__file=stored).delete()
        RowFix.objects.filter(batch__file=stored).delete()
        ImportBatch.objects.filter(file=stored).update(absent="", overwrites="", left_out="", sheets="")
        stored.purge()
        count += 1
    return count


# --- how they do it -------------------------------------------------------------------------------


def _recover(batch: ImportBatch) -> None:
    """Bring back to the preview a confirmed batch whose job was stopped before it began; likewise an undo."""
    batch.refresh_from_db()
    if batch.is_stuck and batch.state in (ImportState.APPLYING, ImportState.UNDOING):
        batch.step("back" if batch.state == ImportState.APPLYING else "keep")


def closed_term(code: str | None) -> str:
    """Return why nothing may be imported into the term ``code``; "" when it is open, new or none."""
    term = Term.objects.filter(pk=code or "", is_closed=True).first()
    if term is None:
        return ""
    return f"{term}已关闭，不能导入；个别学生要更正的请逐人“申请更正”，确需整批导入的，请数据管理员先重新打开该学期。"


def _examine(batch: ImportBatch, resource, progress) -> tuple[FileRows, Tally, dict]:
    context = context_of(resource, batch.term, batch.by)
    if closed := closed_term(batch.term_id):
        raise WorkbookError("term_closed", closed)
    with plain_copy(batch.file) as path:
        read = read_file(path, resource, batch.choices, progress=Share(progress, 0, 40))
    settled = [name for name, said in batch.choices.items() if said.get("columns") is not None]
    if asked := resource.question(read, settled, context):
        raise HeadingsUnclear("columns_unclear", asked, read.sheets)
    put_right(read.rows, read.sheets, batch, resource)
    resource.check(read.rows, context, Share(progress, 40, 75))
    tally = Tally.of(read.rows)
    tally.answer = resource.answer(read.rows, context)
    absent = resource.absent(read.rows, context) if batch.is_complete else []
    findings = {
        "remarks": read.remarks,
        "layout": read.layout,
        "sheets": json.dumps(read.sheets, ensure_ascii=False),
        "held": doubt(read, tally, resource)[:300],
        "absent": json.dumps(absent, ensure_ascii=False) if absent else "",
    }
    return read, tally, findings


def _figures(tally: Tally) -> dict:
    return {
        "counts": tally.counts,
        "rejected_by_code": tally.rejected_by_code,
        "warnings": tally.warnings,
        "answer": tally.answer,
    }


def _write(batch, resource, rows: list[Row], context: Context, by: Actor, progress, started: float) -> None:
    with transaction.atomic():
        if closed := closed_term(batch.term_id):  # it may have been closed since the check
            raise StepRefused(closed)
        # Only who has a page can undo.
        before = Before(resource.footprints(rows, context)) if batch.by_id else None
        context.progress = Share(progress, 50, 80)
        context.progress.reach(0, "正在写入")
        with because(by, action="import.apply", subject=batch, label=batch.file.name):
            resource.apply(rows, context)
        if batch.is_complete:
            resource.taken_in(rows, unread_names(batch), context, by=by, list_name=batch.file.name)
        if before:
            before.keep_for(batch, resource.footprints(rows, context), Share(progress, 80, 99))
        tally = Tally.of(rows)
        for told_by_check in ("rows", "duplicates", "rejected"):
            tally.counts[told_by_check] = batch.counts[told_by_check]
        changes = {
            "counts": tally.counts,
            "warnings": tally.warnings,
            "answer": resource.answer(rows, context),
            "applied_at": timezone.now(),
            "seconds": batch.seconds + time.monotonic() - started,
        }
        batch.step("applied", **changes)
        told = {"kind": batch.kind, **tally.counts}
        record(by, action="import.apply", subject=batch, changes=told, reason=batch.go_on_reason)
        progress.expect(len(rows))
        progress.fence()
