"""What the preview says: steps, figures, and one line for each staged row."""

from collections.abc import Iterable

from django.utils import timezone

from povertyedu.workbooks.headers import normal_heading

from .enums import RowOutcome
from .fixing import editable_columns
from .models import ImportBatch, StagedRow
from .reading import SERIAL
from .states import WRITTEN, ImportState
from .suggesting import Adviser

STEPS = ("下载模板并填写", "上传文件", "核对预览", "确认导入", "导入结果")
_AT = {
    ImportState.UPLOADED: 2, ImportState.CHECKING: 2, ImportState.MAPPING: 2, ImportState.CHECKED: 2, ImportState.WAITING: 3, ImportState.REFUSED: 1, ImportState.CANCELLED: 2,
    ImportState.APPLYING: 3, ImportState.APPLIED: 5, ImportState.UNDOING: 5, ImportState.UNDONE: 5,
}  # fmt: skip
_STATUS = {
    RowOutcome.CREATED: "ok", RowOutcome.UPDATED: "doing", RowOutcome.UNCHANGED: "todo", RowOutcome.DUPLICATE: "info", RowOutcome.REJECTED: "bad",
}  # fmt: skip


def flow_steps(batch: ImportBatch | None) -> list[dict]:
    """Return the five steps with where this import stands among them."""
    at = _AT[batch.state] if batch else 1
    bad = batch is not None and batch.state in (ImportState.REFUSED, ImportState.CANCELLED)
    states = [
        "done" if i < at else "todo" if i > at else "bad" if bad else "doing" for i in range(len(STEPS))
    ]
    return [
        {"text": f"{number} {text}", "state": state}
        for number, (text, state) in enumerate(zip(STEPS, states, strict=True), start=1)
    ]


def figures(batch: ImportBatch) -> list[dict]:
    """Return the counts; created, updated, unchanged, duplicates and rejected add up to the rows."""
    counts, done = batch.counts, batch.state in WRITTEN
    named = (
        ("数据行", "rows", ""), ("已新增" if done else "可新增", "created", "ok"), ("已更新" if done else "将更新", "updated", ""),
        ("相同（不用导入）", "unchanged", ""), ("重复行", "duplicates", ""), ("错误（不导入）", "rejected", "bad"),
    )  # fmt: skip
    return [
        {"label": label, "value": f"{counts.get(key, 0):,}", "unit": "行", "s": s if counts.get(key) else ""}
        for label, key, s in named
    ]


def row_place(staged: StagedRow) -> str:
    """Return where a row stands in its file."""
    return f"{staged.sheet}第{staged.number}行"


def may_fix(batch: ImportBatch) -> bool:
    """Whether its rows may be put right on the page."""
    return batch.state == ImportState.CHECKED and not batch.is_working


def mend_of(content: dict, resource, adviser: Adviser) -> dict:
    """Return what can be done about a row with problems: suggestions, decisions, whether cells can be typed in."""
    if content.get("left_out"):
        return {"verdicts": [("restore", "恢复这一行")]}
    in_conflict = any(code == "id_conflict" for _, code, _ in content["errors"])
    return {
        "suggestions": adviser.suggestions(content),
        "verdicts": [("keep", "只保留这一行"), ("drop", "几行都不导入")] if in_conflict else [],
        "is_editable": bool(editable_columns(content, resource)),
    }


def preview_rows(staged: Iterable[StagedRow], resource, *, may_fix: bool = False) -> list[dict]:
    """Return staged rows as the table prints them; the uploader sees the numbers as written in the file."""
    adviser = Adviser(resource)
    secret = {column.name for column in resource.columns() if column.as_text}
    lines = []
    for row in staged:
        content = row.content
        cells = content["shown"] | resource.found_cells(content["values"], content["shown"], adviser)
        lines.append(
            {
                "sheet": row.sheet,
                "number": row.number,
                "status": "warn"
                if row.has_problem and row.outcome != RowOutcome.REJECTED
                else _STATUS[row.outcome],
                "text": row.get_outcome_display(),
                "is_wrong": row.outcome == RowOutcome.REJECTED,
                "cells": [
                    {"text": cells.get(name, "").strip(), "mono": name in secret} for name in resource.preview
                ],
                "errors": [message for _, _, message in content["errors"]],
                "warnings": [message for _, _, message in content["warnings"]],
                "changes": [f"{heading}：{old} → {new}" for heading, old, new in content["changes"]],
                "repairs": [f"{resource.fields[name].heading}：{told}" for name, told in content["repairs"]]
                + [
                    f"{resource.fields[name].heading}：在页面上改过，文件里是“{old.strip()}”"
                    for name, old in content.get("fixed", {}).items()
                ],
                "pk": row.pk,
                "place": row_place(row),
                "mend": mend_of(content, resource, adviser) if may_fix and row.has_problem else None,
            }
        )
    return lines


def may_confirm(batch: ImportBatch, resource) -> bool:
    """Whether a confirmation does anything: writes rows, or proposes ends for whom a complete list leaves out."""
    names_known = batch.is_complete and resource.proposes_ends and batch.counts.get("unchanged", 0)
    return bool(batch.importable or names_known)


def confirm_text(batch: ImportBatch) -> str:
    """Return what a confirmation will do, in exact counts."""
    counts = {key: f"{number:,}" for key, number in batch.counts.items()}
    if not counts:
        return ""
    will = f"确认后将导入 {batch.importable:,} 行（新增 {counts['created']}，更新 {counts['updated']}）"
    if not batch.importable:
        will = "没有需要写入的行"
    return f"{will}；{counts['unchanged']} 行相同，{counts['duplicates']} 行重复，{counts['rejected']} 行错误不导入"


def note(batch: ImportBatch, resource) -> str:
    """Return what stands behind the page's title: file, kind, term, time."""
    at = timezone.localtime(batch.created_at)
    told = (batch.file.name, resource.label, str(batch.term or ""), f"{at:%Y-%m-%d %H:%M} 上传")
    return " · ".join(part for part in told if part)


def may_map(batch: ImportBatch) -> bool:
    """Whether a person may say which heading goes to which column."""
    waits = batch.state in (ImportState.MAPPING, ImportState.CHECKED) and not batch.is_working
    return waits and bool(batch.sheets) and batch.file.purged_at is None


def unread(batch: ImportBatch) -> str:
    """Return which sheets of a checked file miss columns and how many headings nobody recognised, or ""."""
    if batch.state != ImportState.CHECKED:
        return ""
    sheets = batch.sheet_list
    lacking = [sheet["name"] for sheet in sheets if sheet["missing"]]
    chosen = {name: said.get("columns") or {} for name, said in batch.choices.items()}
    unknown = [
        text
        for sheet in sheets
        if sheet["is_read"]
        for index, text, _, name in sheet["headings"]
        if not name and str(index) not in chosen.get(sheet["name"], {}) and normal_heading(text) not in SERIAL
    ]
    told = [f"工作表“{'”“'.join(lacking)}”缺必需的列，没有读取。"] if lacking else []
    told += [f"有 {len(unknown)} 个表头没有认出，没有采用。"] if unknown else []
    return "".join(told)
