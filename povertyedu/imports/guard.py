"""Whether a file is at all what its uploader took it for: the wrong file, sheet or kind is held whole."""

from collections import Counter
from collections.abc import Sequence

from .models import ImportBatch
from .rows import Row, Tally
from .states import ImportState

FEWEST_ROWS = 20  # of fewer rows a share says nothing
LEAST_READABLE = 0.3
MOST_ALIKE = 0.6
LEAST_IDENTIFIED = 0.5
ADVICE = "可能选错了文件、工作表或导入种类。请核对；确实要导入其余的行，填写理由后继续。"


def doubt(rows: Sequence[Row], tally: Tally, resource) -> str:
    """Return the sentence that says why the whole file is held, "" for a file that looks right.

    Held is a file of at least FEWEST_ROWS rows with under 30% readable, over 60% rejected for one and
    the same reason, or (where the kind names people by number) under half of the numbers well-formed.
    """
    count, rejected = tally.counts["rows"], tally.counts["rejected"]
    if count < FEWEST_ROWS:
        return ""
    named = resource.identified_by
    if named and sum(1 for row in rows if row.values[named]) < LEAST_IDENTIFIED * count:
        return f"{count:,} 行里大半没有正确的“{resource.fields[named].heading}”，{ADVICE}"
    most = max(tally.rejected_by_code.items(), key=lambda item: item[1], default=("", 0))
    if most[1] > MOST_ALIKE * count:
        return f"{count:,} 行里有 {most[1]:,} 行是同一类错误（如：{_usual(rows, most[0])}），{ADVICE}"
    if count - rejected < LEAST_READABLE * count:
        return f"{count:,} 行里只有 {count - rejected:,} 行读得通，{ADVICE}"
    return ""


def _usual(rows: Sequence[Row], code: str) -> str:
    """Return what most rows with ``code`` are told, without its last stop."""
    told = Counter(error.message for row in rows for error in row.errors if error.code == code)
    return told.most_common(1)[0][0].rstrip("。")[:120]


def same_file_before(batch: ImportBatch) -> ImportBatch | None:
    """Return the import that brought in the very same file for this kind and term; one query."""
    same = ImportBatch.objects.filter(
        kind=batch.kind, term=batch.term_id, file__sha256=batch.file.sha256, state=ImportState.APPLIED
    )
    return same.exclude(pk=batch.pk).select_related("by").order_by("pk").first()
