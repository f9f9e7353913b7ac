"""County rosters in layouts that nobody has seen, each with what importing it must give.

A seed decides everything: which columns there are, in which order and under which of their aliases, titles,
one or two rows of headings, sheets, how cells are dirtied, what stands between and below the rows, and
which rows are spoiled. What is expected is told from the truth, not read from the program.
"""

import csv
import datetime as dt
import io
import random
from collections import Counter
from dataclasses import dataclass, field

import openpyxl

from tests import factories

# Heading and the other ways to write it, as clerks do; what the cell holds is CELLS[name].
HEADINGS = {
    "school_code": ("学校标识码", "学校代码", "标识码"),
    "school_name": ("学校名称", "学校", "就读学校", "所在学校", "所属学校"),
    "stage": ("学段", "就读学段"),
    "grade": ("年级", "就读年级", "所在年级"),
    "class_name": ("班级", "班别", "就读班级", "所在班级", "班"),
    "name": ("姓名", "学生姓名"),
    "sex": ("性别",),
    "id_number": ("身份证件号", "身份证号", "身份证号码", "公民身份号码", "证件号码"),
    "birth_date": ("出生日期", "出生年月日", "生日"),
    "township": ("户籍乡镇", "户籍所在乡镇", "乡镇"),
    "village": ("户籍村", "行政村", "户籍所在村"),
    "boarding": (
        "就读方式",
        "是否住校",
        "住宿方式",
        "寄宿",
        "住校",
        "是否住校生",
        "住校生",
        "寄宿情况",
        "住宿情况",
        "寄宿（是/否）",
    ),
    "guardian": ("监护人姓名", "监护人", "家长姓名"),
    "phone": ("联系电话", "监护人电话", "手机号", "家长联系电话", "联系方式", "手机号码", "手机"),
    "left_behind": ("是否留守儿童", "留守儿童", "是否留守"),
    "account": ("银行账号", "银行卡号", "卡号", "一卡通号", "惠农一卡通", "社保卡号"),
}
ALWAYS = ("school_code", "grade", "name", "id_number", "township", "village")
GRADES = {
    "primary": ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级"),
    "junior": ("七年级", "八年级", "九年级"),
}
STAGES = {"primary": ("小学", "小学阶段"), "junior": ("初中", "初级中学", "普通初中")}
FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
SPOILED = (
    "id_checksum", "id_precision_lost", "id_missing", "name_missing", "school_unknown", "grade_out_of_range", "area_unknown", "value_unknown",
)  # fmt: skip


@dataclass
class Child:
    """The truth about one child."""

    name: str
    id_number: str
    sex: str
    birth: dt.date
    school: object
    stage: str
    grade: int
    class_name: str
    boarding: bool
    village: object
    guardian: str
    phone: str
    left_behind: bool
    account: str


@dataclass
class Made:
    """A workbook and what importing it must give."""

    content: bytes
    name: str
    counts: dict[str, int]
    rejected_by_code: dict[str, int]
    registry: set[tuple] = field(default_factory=set)


class Rosters:
    """Makes one workbook for a seed. ``schools`` and ``villages`` are in the registry already."""

    def __init__(self, seed: int, schools: list, villages: list):
        self.random = random.Random(seed)
        self.schools, self.villages = schools, villages
        self.serial = 0
        optional = [name for name in HEADINGS if name not in ALWAYS]
        self.columns = [*ALWAYS, *self.random.sample(optional, self.random.randint(2, len(optional)))]
        self.is_csv = False

    # --- the truth ---

    def child(self) -> Child:
        r, self.serial = self.random, self.serial + 1
        school = r.choice(self.schools)
        stage = school.stages[0]
        birth = dt.date(r.randint(2006, 2014), r.randint(1, 12), r.randint(1, 28))
        sex = r.choice("MF")
        serial = self.serial * 2 + (sex == "M")
        return Child(
            name=r.choice("罗何杨周王李") + r.choice("一二三四五六七八九") + r.choice(["", "娜", "丽", "浩"]),
            id_number=factories.id_number(serial, birth=f"{birth:%Y%m%d}"), sex=sex, birth=birth, school=school, stage=stage,
            grade=r.randint(1, len(GRADES[stage])), class_name=f"{r.randint(1, 4)}班", boarding=r.random() < 0.5,
            village=r.choice(self.villages), guardian="罗" + r.choice("甲乙丙丁"), phone=f"139{r.randint(10**7, 10**8 - 1)}",
            left_behind=r.random() < 0.3, account=f"6226{self.serial:013d}",
        )  # fmt: skip

    # --- the cells ---

    def cells(self, child: Child) -> dict[str, object]:
        r = self.random
        grade = GRADES[child.stage][child.grade - 1]
        return {
            "school_code": self.dirty(child.school.code),
            "school_name": child.school.name,
            "stage": r.choice(STAGES[child.stage]),
            "grade": r.choice([grade, f"{'一二三四五六七八九'.index(grade[0]) + 1}年级", f" {grade}"]),
            "class_name": r.choice([child.class_name, f"{child.class_name} "]),
            "name": self.spaced(child.name),
            "sex": r.choice({"M": ("男", "1", "男性"), "F": ("女", "2", " 女")}[child.sex]),
            "id_number": self.dirty(child.id_number),
            "birth_date": self.date(child.birth),
            "township": r.choice([child.village.parent.name, f" {child.village.parent.name}"]),
            "village": r.choice([child.village.name, child.village.code, f"{child.village.name}\xa0"]),
            "boarding": r.choice(("住校", "寄宿", "是", "√", "寄宿生") if child.boarding else ("走读", "否", "走读生")),
            "guardian": self.spaced(child.guardian),
            "phone": r.choice([child.phone, f"{child.phone[:3]}-{child.phone[3:7]}-{child.phone[7:]}"]),
            "left_behind": r.choice(("是", "√", "1", "Y") if child.left_behind else ("否", "×", "0", "N", "")),
            "account": r.choice([child.account, f"{child.account[:4]} {child.account[4:]}", f"'{child.account}"]),
        }  # fmt: skip

    def dirty(self, number: str) -> str:
        way = self.random.randrange(7)
        if way == 0:
            return number.translate(FULL_WIDTH)
        if way == 1:
            return f" {number[:6]} {number[6:]}\t"
        if way == 2:
            return f"'{number}"
        if way == 3:
            return number.lower()
        if way == 4:
            return f"“{number}”"
        return number

    def spaced(self, name: str) -> str:
        return self.random.choice([name, name, f" {name}", f"{name}\xa0", f"{name[0]}　{name[1:]}", f"{name[0]} {name[1:]}"])  # fmt: skip

    def date(self, day: dt.date) -> object:
        r = self.random
        forms = [f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day:%Y/%m/%d}", f"{day.year}.{day.month}.{day.day}", f"{day.year}年{day.month}月{day.day}日"]  # fmt: skip
        if not self.is_csv:
            forms.append(dt.datetime(day.year, day.month, day.day))
        return r.choice(forms)

    def spoil(self, cells: dict[str, object], code: str) -> None:
        if code == "id_checksum":
            number = cells["id_number"]
            cells["id_number"] = number[:-1] + ("1" if number[-1] not in "1１" else "2")
        elif code == "id_precision_lost":
            cells["id_number"] = "5.29901E+17" if self.is_csv else float(cells["id_number"][:17] + "0")
        elif code == "id_missing":
            cells["id_number"] = ""
        elif code == "name_missing":
            cells["name"] = self.random.choice(["", " ", "\xa0"])
        elif code == "school_unknown":
            cells["school_code"] = "9999999999"
        elif code == "grade_out_of_range":
            cells["grade"] = self.random.choice(["十一年级", "毕业班", "0"])
        elif code == "area_unknown":
            cells["village"] = "没有这个村"
        else:
            cells["boarding"] = "看情况"

    # --- the workbook ---

    def make(self, *, as_csv: bool = False) -> Made:
        r, self.is_csv = self.random, as_csv
        rows, registry, rejected, duplicates = [], set(), Counter(), 0
        for _ in range(r.randint(8, 25)):
            child = self.child()
            rows.append(self.cells(child))
            registry.add(self.known(child))
        for _ in range(r.randint(0, 4)):
            code = r.choice([c for c in SPOILED if c != "value_unknown" or "boarding" in self.columns])
            cells = self.cells(self.child())
            if code.startswith("id_"):
                cells["id_number"] = factories.id_number(self.serial * 2, birth="20100305")
            self.spoil(cells, code)
            rows.append(cells)
            rejected[code] += 1
        if r.random() < 0.5:  # one number, two children: both are held
            one, other = self.child(), self.child()
            rows += [self.cells(one), self.cells(other) | {"id_number": self.dirty(one.id_number)}]
            rejected["id_conflict"] += 2
            other_name = one.name + "别"
            rows[-1]["name"] = other_name
        for _ in range(r.randint(0, 2)):
            child = self.child()
            cells = self.cells(child)
            rows += [cells, dict(cells)]
            registry.add(self.known(child))
            duplicates += 1
        r.shuffle(rows)
        wrong = sum(rejected.values())
        counts = {"rows": len(rows), "created": len(registry), "updated": 0, "unchanged": 0, "duplicates": duplicates, "rejected": wrong}  # fmt: skip
        if as_csv:
            return Made(self.as_csv(rows), "花名册.csv", counts, dict(sorted(rejected.items())), registry)
        return Made(self.as_xlsx(rows), "花名册.xlsx", counts, dict(sorted(rejected.items())), registry)

    def known(self, child: Child) -> tuple:
        """Return what the registry must say of the child, as far as this workbook tells."""
        has = self.columns.__contains__
        return (
            child.id_number, child.name, {"M": "male", "F": "female"}[child.sex], child.birth, child.school.code, child.stage, child.grade, child.village.code,
            child.class_name if has("class_name") else "", has("boarding") and child.boarding,
            has("left_behind") and child.left_behind, child.account if has("account") else "",
            child.guardian if has("guardian") else "", child.phone if has("phone") else "",
        )  # fmt: skip

    def heading(self, name: str) -> str:
        text = self.random.choice(HEADINGS[name])
        return self.random.choice(
            [text, text, f"★{text}", f"{text}（必填）", f" {text} ", f"{text}\n", f"{text}*"]
        )

    def sheet(self, rows: list[dict]) -> tuple[list[list], list[tuple[int, int, int, int]]]:
        """Return the lines of one sheet and its merged ranges (row, column, row, column; from 1)."""
        r = self.random
        columns = r.sample(self.columns, len(self.columns))
        width = len(columns) + 1
        lines = [
            ["云岭县2020年秋季学期学生花名册"],
            ["填报单位：教育局", "", "", "填报日期：2020年9月1日"],
            [],
        ]
        lines = lines[: r.randint(0, 3)]
        merged = [(1, 1, 1, width)] if lines and r.random() < 0.5 else []
        headings = [self.heading(name) for name in columns]
        if r.random() < 0.4:
            top = len(lines) + 1
            first = r.randint(0, width - 4)
            last = r.randint(first + 1, width - 2)
            upper = ["序号", *headings]
            lower = [""] * width
            for place in range(first, last + 1):
                lower[place + 1] = headings[place]
                upper[place + 1] = "基本信息" if place == first else ""
            merged.append((top, first + 2, top, last + 2))
            merged += [(top, i + 1, top + 1, i + 1) for i in range(width) if not lower[i]]
            lines += [upper, lower]
        else:
            lines.append(["序号", *headings])
        head = lines[-1]
        for number, cells in enumerate(rows, start=1):
            lines.append([number, *(cells[name] for name in columns)])
            if r.random() < 0.05:
                lines.append([])
            if r.random() < 0.03 and head[0] == "序号":
                lines.append(list(head))  # printed anew on the next page
        if r.random() < 0.6:
            lines.append(["合计", f"{len(rows)}人"])
        if r.random() < 0.6:
            lines.append(["填表人：", "", "", "审核人（签字）："])
        return lines, merged

    def as_xlsx(self, rows: list[dict]) -> bytes:
        r = self.random
        book = openpyxl.Workbook()
        book.active.title = "填写说明"
        book.active.append(["请按学校填写，一行一名学生。"])
        parts = r.randint(1, 3)
        for part in range(parts):
            lines, merged = self.sheet(rows[part::parts])
            sheet = book.create_sheet(f"第{part + 1}册")
            for line in lines:
                sheet.append(line)
            for top, left, bottom, right in merged:
                sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
        hidden = book.create_sheet("去年的")
        hidden.append(["姓名", "年级", "身份证号"])
        hidden.sheet_state = "hidden"
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def as_csv(self, rows: list[dict]) -> bytes:
        lines, _ = self.sheet(rows)
        out = io.StringIO()
        csv.writer(out).writerows(lines)
        return out.getvalue().replace("\xa0", " ").encode("gb18030")
