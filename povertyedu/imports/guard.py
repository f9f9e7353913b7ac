"""Whether a file is at all what its uploader took it for: the wrong file, sheet or kind is held whole."""

from collections import Counter
from collections.abc import Sequence

from povertyedu.workbooks.headers import Vocabulary, normal_heading

from .kinds import every_kind
from .models import ImportBatch
from .reading import SERIAL, FileRows
from .rows import Row, Tally
from .states import ImportState

FEWEST_ROWS = 20  # of fewer rows a share says nothing
LEAST_READABLE = 0.3
MOST_ALIKE = 0.6
LEAST_IDENTIFIED = 0.5
ADVICE = "可能选错了文件、工作表或导入种类。请核对；确实要导入其余的行，填写理由后继续。"


def doubt(read: FileRows, tally: Tally, resource) -> str:
    """Return the sentence that says why the whole file is held, "" for a file that looks right.

    Held is a file whose headings are another kind's, and one of at least FEWEST_ROWS rows with under 30% readable, over 60% rejected for one and
    the same reason, or (where the kind names people by number) under half of the numbers well-formed.
    """
    if told := _wrong_kind(read.sheets, resource):
        return told
    rows = read.rows
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


def _wrong_kind(sheets: Sequence[dict], resource) -> str:
    """Return why the headings are not those of ``resource``: none of its marks, or another kind has far more of them.

    A roster names people by name and number too, and every row of it would be good for a list of the poor.
    """
    headings = [h for sheet in sheets if sheet["is_read"] for h in sheet["headings"]]
    texts = {text: name for _, text, _, name in headings if normal_heading(text) not in SERIAL}
    known = {name for name in texts.values() if name}
    lacks = bool(resource.marks) and known.isdisjoint(resource.marks)
    if not lacks and 2 * len(known) >= len(texts):
        return ""
    if better := _kind_of(list(texts), at_least=2 * len(known)):
        return f"表头更像“{better.label}”，不像“{resource.label}”，{ADVICE}"
    if lacks:
        marks = "”“".join(resource.fields[name].heading for name in resource.marks)
        return f"没有“{marks}”中的任何一列，不像“{resource.label}”，{ADVICE}"
    return ""


def _kind_of(texts: Sequence[str], at_least: int):
    """Return the kind that knows most of the headings and has all it requires, None where none knows ``at_least``."""
    best, most = None, at_least - 1
    for kind in every_kind():
        columns = kind.columns()
        vocabulary = Vocabulary(columns)
        names = {vocabulary.name_of(normal_heading(text)) for text in texts} - {None}
        if len(names) > most and names.issuperset(column.name for column in columns if column.required):
            best, most = kind, len(names)
    return best


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
