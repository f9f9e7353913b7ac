"""A list to compare with (户籍学龄人口, 在校学生, 脱贫户, a department's list): only number, name and place are read."""

from dataclasses import dataclass, field

from povertyedu.files.models import StoredFile
from povertyedu.imports.cleaning import short_text
from povertyedu.imports.reading import plain_copy, read_file
from povertyedu.imports.resources import ImportResource
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.columns import Column
from students.actions.comparison import Child, Listed

from .columns import CERTIFICATE_ALIASES, clean_proof_number, person_name

SHOWN = 20


class ComparisonListResource(ImportResource):
    """The three columns every such list has, under whichever heading."""

    label = "比对名单"
    heading_advice = "请把名单的表头写成“姓名”“身份证号”（乡镇、村或学校可以不写），改好后再上传。"

    name = person_name()
    id_number = Column(
        "身份证号", aliases=(*CERTIFICATE_ALIASES, "身份证件号", "学生身份证件号码"), required=True, missing_code="id_missing",
        clean=clean_proof_number, sensitivity="secret", as_text=True,
    )  # fmt: skip
    township = Column("乡镇", aliases=("乡（镇）", "乡(镇)", "所在乡镇", "户籍乡镇"), clean=short_text(60))
    place = Column(
        "村或学校",
        aliases=(
            "村", "行政村", "所在村", "户籍村", "村（社区）", "户籍地", "户籍地址", "学校", "学校名称", "就读学校", "所在学校",
        ),
        clean=short_text(60),
    )  # fmt: skip


@dataclass
class _Reading:
    people: dict[str, Child] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    repeated: int = 0


def read_list(stored: StoredFile) -> Listed:
    """Return the children of a stored workbook by ID hash, and what was left out and why; raise WorkbookError."""
    with plain_copy(stored) as path:
        read = read_file(path, ComparisonListResource())
    found = _Reading()
    for row in read.rows:
        if row.errors:
            found.problems.append(f"工作表“{row.sheet}”第{row.number}行：{row.errors[0].message}")
            continue
        number = row.values["id_number"][:18]
        place = " ".join(filter(None, (row.values["township"], row.values["place"])))
        if (
            found.people.setdefault(keyed_hash(number), Child(number, row.values["name"], place)).place
            != place
        ):
            found.repeated += 1
    remarks = [*read.remarks, *found.problems[:SHOWN]]
    if len(found.problems) > SHOWN:
        remarks.append(f"另有 {len(found.problems) - SHOWN} 行证件号或姓名有误，没有参与比对。")
    if found.repeated:
        remarks.append(f"有 {found.repeated} 人在名单里出现不止一次、所在地不同，只按第一次计。")
    return Listed(found.people, left_out=len(found.problems), remarks=remarks)
