"""Links and places of the county by the words that a workbook of holders uses."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import transaction

from dropout.enums import Line, PlaceKind
from dropout.models import ChainLink
from dropout.queries.chains import merged_areas
from povertyedu import bulk
from povertyedu.orgs.models import Area, School, SchoolClass
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import compact
from students.models import Student

HOW_TO_NAME = {
    PlaceKind.COUNTY: "县的名称或 6 位代码", PlaceKind.TOWNSHIP: "乡镇的名称或 9 位代码", PlaceKind.VILLAGE: "“乡镇 村”或 12 位代码",
    PlaceKind.DISTRICT: "中心学校的名称或标识码", PlaceKind.SCHOOL: "学校的名称或标识码", PlaceKind.CLASS: "“学校 年级班级”，如“下寨小学 五年级1班”",
    PlaceKind.CHILD: "全国学籍号",
}  # fmt: skip
_STUDENT_NO = re.compile(r"[GJL][0-9]{17}[0-9X]").fullmatch


class Unknown(ValueError):
    """The words name no link or no place; the message is a Chinese sentence."""


class Found(NamedTuple):
    key: Any
    home: tuple[str | None, int | None]  # area and school where a new holder works
    told: str = ""  # that the words name a place that was merged into this one


class Links:
    """The county's links by line and by what a clerk calls them: the label, the kind of place, the number from the top."""

    def __init__(self):
        self.known: dict[tuple[str, str], list[ChainLink]] = defaultdict(list)
        for link in ChainLink.objects.active():
            for word in {link.label, link.get_place_kind_display(), str(link.position)}:
                self.known[link.line, compact(word)].append(link)
        self.labels = {line: [] for line in Line.values}
        for links in self.known.values():
            for link in links:
                if link.label not in self.labels[link.line]:
                    self.labels[link.line].append(link.label)

    def find(self, line: str, text: str) -> ChainLink:
        found = self.known.get((line, compact(text)), [])
        if len(found) == 1:
            return found[0]
        labels = "、".join(self.labels[line])
        if not labels:
            raise Unknown(f"{Line(line).label}还没有设责任层级；请先在“责任体系”里选用或添加。")
        told = f"没有“{text[:20]}”这一层级" if not found else f"叫“{text[:20]}”的层级不止一个"
        raise Unknown(f"{Line(line).label}{told}；可以填写：{labels}。")


class Places:
    """Places by kind and by word; five queries, one more for the children that a file names."""

    def __init__(self, child_numbers: Iterable[str]):
        self.known: dict[str, dict[str, list[Found]]] = {kind: defaultdict(list) for kind in PlaceKind.values}
        self._read_areas()
        self._read_schools()
        self._read_children({text for text in map(compact, child_numbers) if _STUDENT_NO(text)})

    def find(self, kind: str, text: str) -> Found:
        found = self.known[kind].get(compact(text), [])
        found = [each for each in found if not each.told] or found  # a name may have been given anew
        if len({each.key for each in found}) == 1:
            return found[0]
        if found:
            raise Unknown(f"叫“{text[:30]}”的不止一个；请填写{HOW_TO_NAME[PlaceKind(kind)]}。")
        if kind == PlaceKind.CHILD:
            raise Unknown("没有这个全国学籍号的学生；请核对，或先导入花名册。")
        raise Unknown(
            f"没有找到“{text[:30]}”；这一层级负责的是{PlaceKind(kind).label}，请填写{HOW_TO_NAME[PlaceKind(kind)]}。"
        )

    def _add(self, kind: str, found: Found, *names: str) -> None:
        for name in {compact(name) for name in names}:
            self.known[kind][name].append(found)

    def _read_areas(self) -> None:
        merged = merged_areas()
        rows = list(Area.objects.values_list("code", "name", "level", "parent__name"))
        now = {code: name for code, name, *_ in rows}
        for code, name, level, above in rows:
            key = merged.get(code, code)
            told = f"“{name}”已并入“{now[key]}”，按“{now[key]}”登记。" if key != code else ""
            names = (code, code.ljust(12, "0"), name, f"{above or ''}{name}")
            self._add(level, Found(key, (key, None), told), *names)

    def _read_schools(self) -> None:
        schools = {}
        for pk, code, name, centre, is_open in School.objects.values_list(
            "pk", "code", "name", "centre_id", "is_open"
        ):
            schools[pk] = code, name
            found = Found(pk, (None, pk))
            if is_open:
                self._add(PlaceKind.SCHOOL, found, code, name)
                if centre is None:
                    self._add(PlaceKind.DISTRICT, found, code, name, f"{name}学区")
        for each in SchoolClass.objects.all():
            of = schools[each.school_id]
            self._add(
                PlaceKind.CLASS, Found(each.pk, (None, each.school_id)), *(f"{word}{each}" for word in of)
            )

    @transaction.atomic
    def _read_children(self, numbers: set[str]) -> None:
        if not numbers:
            return
        of = {keyed_hash(number): number for number in numbers}
        with bulk.keys(Student, "student_no_hash", of) as hashes:
            rows = Student.objects.filter(student_no_hash__in=hashes)
            for digest, pk, kept in rows.values_list("student_no_hash", "pk", "merged_into_id"):
                self._add(PlaceKind.CHILD, Found(kept or pk, (None, None)), of[digest])
