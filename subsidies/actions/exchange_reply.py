"""The answered list of a letter: read whole and compared with what was sent, then taken in once.

One wrong row refuses the file: half an answer is worse than none. What is not filled in stays open, and a later file may
answer it. An answer that comes anew takes the place of the one before; the child's log keeps both.
"""

import datetime as dt
from collections import Counter
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record, record_many
from povertyedu.files.models import StoredFile
from povertyedu.imports.reading import plain_copy
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.actions.hardship import mark_changed
from students.actions.terms import refuse_closed
from students.enums import AidedElsewhere, ChangeCause, Place
from students.models import Enrolment
from subsidies.enums import CountyAnswer, ReplyState
from subsidies.models import Exchange, ExchangeLine, ExchangeReply
from subsidies.states import EXCHANGE_FLOW

from .exchange_files import ListFile, ListRefused, ListRow, read_list

# What an answer makes of 对方是否已资助; who is not known there is not known to be unpaid.
MEANS = {
    CountyAnswer.YES: AidedElsewhere.YES, CountyAnswer.NO: AidedElsewhere.NO, CountyAnswer.NOT_FOUND: AidedElsewhere.TO_VERIFY,
}  # fmt: skip


def check(exchange: Exchange, found: ListFile) -> tuple[list[tuple[ExchangeLine, ListRow]], dict]:
    """Compare an answered list with the letter; return what is new as (line, row), and counts for the page.

    Raise ListRefused: another letter's list, a number or a digest that was never sent, an answer that contradicts itself.
    """
    if found.number and found.number != exchange.number:
        raise ListRefused(
            [f"这是 {found.number} 的答复，不是 {exchange.number} 的；请到那一份核实函里读入。"]
        )
    sent = {line.number: line for line in exchange.lines.all()}
    if not any(row.number in sent and sent[row.number].digest == row.digest for row in found.rows):
        raise ListRefused([f"没有一行与 {exchange.number} 发出的名单相符，不是这份核实函的答复。"])
    errors, new, answers = [], [], Counter()
    for row in found.rows:
        line = sent.get(row.number)
        if line is None:
            errors.append(f"第 {row.row} 行：序号 {row.number} 不在发出的名单上。")
        elif line.digest != row.digest:
            errors.append(f"第 {row.row} 行：序号 {row.number} 的证件号摘要与发出的不同，可能被改动或错行。")
        elif problem := _contradiction(row):
            errors.append(f"第 {row.row} 行：{problem}")
        else:
            answers[row.answer or "blank"] += 1
            if row.answer and _said(line) != (row.answer, row.programmes, row.fen, row.note):
                new.append((line, row))
    if errors:
        raise ListRefused(errors)
    if not any(row.answer for row in found.rows):
        raise ListRefused(["“是否资助”一列没有一行填写；请对方填好是、否或查无此人再读入。"])
    if not new:
        raise ListRefused(["名单上的答复都已读入过，没有新的答复，数据没有改动。"])
    changed = sum(bool(line.answer) for line, _ in new)
    return new, dict(answers) | {
        "rows": len(found.rows),
        "missing": len(sent) - len(found.rows),
        "new": len(new),
        "changed": changed,
    }


def _contradiction(row: ListRow) -> str:
    if row.fen is not None and row.fen < 0:
        return "金额不能是负数。"
    if row.answer != CountyAnswer.YES and (row.fen or row.programmes):
        return "填了资助项目或金额，“是否资助”却不是“是”；请对方核对。"
    return ""


def _said(line: ExchangeLine) -> tuple:
    return line.answer, line.programmes, line.amount_fen, line.note


def stage_reply(*, by: Actor, exchange: Exchange, upload, answered_on: dt.date, owner) -> ExchangeReply:
    """Check an uploaded answer and keep it for confirmation; nothing else changes. Raise ListRefused or WorkbookError."""
    _refuse_settled(exchange)
    stored = StoredFile.keep(
        upload.chunks(), name=Path(upload.name).name[:200], purpose="exchange_reply", owner=owner
    )
    try:
        with transaction.atomic():
            known = exchange.replies.filter(file__sha256=stored.sha256, state=ReplyState.APPLIED).first()
            if known:
                raise ListRefused(
                    [
                        f"这个文件已由{known.read_by}于 {timezone.localtime(known.read_at):%Y-%m-%d} 读入过，不会读入第二遍。"
                    ]
                )
            _, counts = check(exchange, _read(stored))
            exchange.replies.filter(state=ReplyState.CHECKED).update(state=ReplyState.DROPPED)
            return ExchangeReply.objects.create(
                exchange=exchange, file=stored, answered_on=answered_on, counts=counts, read_by=by.name
            )
    except BaseException:
        stored.path.unlink(missing_ok=True)
        StoredFile.objects.filter(pk=stored.pk).delete()
        raise


def _refuse_settled(exchange: Exchange) -> None:
    if not exchange.is_out:
        raise StepRefused(f"这份核实函{exchange.get_state_display()}，不能读入答复。")
    refuse_closed(exchange.term)


def _read(stored: StoredFile) -> ListFile:
    with plain_copy(stored) as path:
        return read_list(path)


@transaction.atomic
def apply_reply(*, by: Actor, reply: ExchangeReply) -> ExchangeReply:
    """Take a checked answer in: lines, children and their log; the children are marked for recalculation.

    Raise StepRefused when it was taken in already or the letter is settled, ListRefused when it no longer fits.
    """
    exchange = Exchange.objects.select_for_update().get(pk=reply.exchange_id)
    _refuse_settled(exchange)
    claimed = ExchangeReply.objects.filter(pk=reply.pk, state=ReplyState.CHECKED)
    if not claimed.update(state=ReplyState.APPLIED):
        raise StepRefused("这份答复已经读入或放弃，请刷新后再看。")
    new, _ = check(exchange, _read(reply.file))
    advance(exchange, EXCHANGE_FLOW, "answer", by=by)
    changes = _tell_children(exchange, reply, new)
    for line, row in new:
        line.answer, line.answered_on, line.waits, line.reply = row.answer, reply.answered_on, False, reply
        line.programmes, line.amount_fen, line.note = row.programmes, row.fen, row.note
    fields = ["answer", "answered_on", "waits", "reply", "programmes", "amount_fen", "note"]
    ExchangeLine.objects.bulk_update([line for line, _ in new], fields, batch_size=500)
    record_many(by, action="exchange.answered", rows=changes)
    record(by, action="exchange.reply", subject=exchange, changes={"rows": ["", str(len(new))]})
    reply.refresh_from_db()
    return reply


def _tell_children(exchange: Exchange, reply: ExchangeReply, new: list) -> list[tuple]:
    """Set what the answers make of the children who still study away; return (student, changes) for the log."""
    here = Enrolment.objects.filter(questions__in=[line.pk for line, _ in new])
    away = (
        here.exclude(place=Place.IN_COUNTY)
        .select_related("student")
        .select_for_update(of=("self",))
        .in_bulk()
    )
    changes, by_answer = [], {}
    for line, row in new:
        enrolment = away.get(line.enrolment_id)
        if enrolment is None:
            continue  # back in the county, or taken off the list: the answer is kept with the letter alone
        means = MEANS[CountyAnswer(row.answer)]
        if enrolment.aided_elsewhere != means:
            by_answer.setdefault(means, []).append(enrolment.pk)
        old = enrolment.get_aided_elsewhere_display()
        source = f"{exchange.recipient}复函 {reply.answered_on}（{exchange.number}）"
        told = {"对方是否已资助": [old, means.label], "依据": ["", source]}
        if row.programmes or row.fen is not None:
            told["对方资助"] = ["", f"{row.programmes} {yuan(row.fen or 0)} 元".strip()]
        changes.append((enrolment.student, told))
    for means, pks in by_answer.items():
        Enrolment.objects.filter(pk__in=pks).update(aided_elsewhere=means)
    changed = {pk for pks in by_answer.values() for pk in pks}
    answered = [row.student_id for pk, row in away.items() if pk in changed]
    mark_changed(exchange.term, answered, ChangeCause.ANSWER)
    return changes


@transaction.atomic
def drop_reply(*, by: Actor, reply: ExchangeReply) -> ExchangeReply:
    """Give up a checked answer; nothing of it was taken in."""
    if not ExchangeReply.objects.filter(pk=reply.pk, state=ReplyState.CHECKED).update(
        state=ReplyState.DROPPED
    ):
        raise StepRefused("这份答复已经读入或放弃，请刷新后再看。")
    reply.refresh_from_db()
    return reply
