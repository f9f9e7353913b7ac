"""What could stand in a wrong cell. Only what can be told without guessing: never digits of a number, never a person."""

import difflib
import re
import unicodedata
from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple

from povertyedu.workbooks.cells import CellError

from .places import AreaBook, AreaUnknown, SchoolBook, SchoolEntry
from .rows import Problem

MOST = 3
LEAST_LIKE = 0.5
NEARER = 0.1  # of the likeness of two names: what is less near than the nearest by this is another school
_SCHOOL_ENDING = re.compile(r"(?:九年一贯制学校|完全小学|中心小学|中心学校|完小|中心校|小学|学校|中学)$")
_GROUP = re.compile(r"(?:第?[0-9一二三四五六七八九十]{1,3})?(?:村民小组|小组|组|队|社|号.*)$")
_ABOVE = re.compile(r"^.{1,6}?(?:省|自治区|自治州|州|市|县)")


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


class Suggestion(NamedTuple):
    """``cells``: column -> text. ``label`` says it to a person; it also names the suggestion when it is accepted."""

    label: str
    cells: dict[str, str]


class Adviser:
    """Makes the suggestions of one page; asks the books of areas and schools only where they are needed."""

    def __init__(self, resource):
        self.resource = resource

    @cached_property
    def areas(self) -> AreaBook:
        return AreaBook()

    @cached_property
    def schools(self) -> SchoolBook:
        return SchoolBook()

    def suggestions(self, content: dict) -> list[Suggestion]:
        """Return what could be accepted for the row, at most MOST for each of its errors."""
        found: list[Suggestion] = []
        for error in content["errors"]:
            problem = Problem(*error)
            if problem.column in self.resource.fields and not problem.code.startswith("id_"):
                found += self._for(problem, content["values"], content["shown"])[:MOST]
        return list({suggestion.label: suggestion for suggestion in found}.values())

    def _for(self, problem: Problem, values: dict, shown: dict[str, str]) -> list[Suggestion]:
        own = self.resource.suggestions(problem, values, shown)
        if own:
            return [self._labelled(cells) for cells in own]
        if problem.code == "school_unknown" and problem.column == "school_code":
            return self._schools(values)
        if problem.code == "school_conflict":
            return self._either_school(values)
        if problem.code == "area_unknown" and problem.column in ("home_village", "village"):
            return self._areas(problem.column, values)
        if problem.code in ("value_unknown", "stage_unknown"):
            return self._words(problem.column, shown.get(problem.column, ""))
        return []

    def _labelled(self, cells: dict[str, str]) -> Suggestion:
        told = (f"{self.resource.fields[name].heading}改为“{text}”" for name, text in cells.items())
        return Suggestion("，".join(told), cells)

    # --- schools ---

    def _schools(self, values: dict) -> list[Suggestion]:
        name = values.get("school_name") or values.get("school_code") or ""
        if not name or name.isascii():
            return []
        found = self.schools.all_named.get(name) or self._alike(name)
        return [
            Suggestion(f"学校改为“{entry.name}”（{entry.code}）", {"school_code": entry.code})
            for entry in (found if len(found) <= MOST else ())
        ]

    def _alike(self, name: str) -> list[SchoolEntry]:
        """Return the schools whose names are nearest to ``name``, none of another township than it names.

        Several are equally near where every township has a school of one name: more than MOST are none.
        """
        names = self.schools.by_name
        text = _ABOVE.sub("", _squeezed(name))
        township, stem, level = self._school_stem(name)
        here, alike = [], []
        for known in names:
            of, known_stem, known_level = self._school_stem(known)
            if township and of and self.areas.townships[township].isdisjoint(self.areas.townships[of]):
                continue
            if difflib.SequenceMatcher(None, stem, known_stem).ratio() >= LEAST_LIKE:
                here.append(known)  # a township's name in common makes no school alike
            if stem and known_stem == stem and level in ("", known_level):
                alike.append(known)
        alike = alike or difflib.get_close_matches(text, here, 2 * MOST, 0.6)
        near = {known: difflib.SequenceMatcher(None, text, known).ratio() for known in alike}
        return [names[known] for known in alike if near[known] > max(near.values()) - NEARER]

    def _either_school(self, values: dict) -> list[Suggestion]:
        """Offer what the code says and what the name says: which of them is right only a person knows."""
        code, name = values["school_code"], values["school_name"]
        by_code = self.schools.by_code[code]
        told = f"按标识码，学校名称改为“{by_code.name}”（{code}）"
        return [
            Suggestion(f"按名称，学校标识码改为“{entry.code}”（{entry.name}）", {"school_code": entry.code})
            for entry in self.schools.all_named[name][: MOST - 1]
        ] + [Suggestion(told, {"school_name": by_code.name})]

    def _school_stem(self, name: str) -> tuple[str, str, str]:
        """Return a school's township as its name says it (or ""), its name without county, township and ending, its level (小, 中, "")."""
        text = _ABOVE.sub("", _squeezed(name))
        of = next((word for word in self._townships if text.startswith(word) and text != word), "")
        text = text.removeprefix(of)
        level = "小" if re.search(r"小学?$|完小$|小$", text) else "中" if text.endswith("中学") else ""
        return of, _SCHOOL_ENDING.sub("", text), level

    @cached_property
    def _townships(self) -> list[str]:
        return sorted(self.areas.townships, key=len, reverse=True)

    # --- areas ---

    def _areas(self, column: str, values: dict) -> list[Suggestion]:
        above = column.replace("village", "township")
        township, village = values.get(above) or "", values.get(column) or ""
        for cells in self._area_readings(township, village):
            try:
                if len(self.areas.find(*cells) or "") == 12:
                    return [self._labelled(self._area_cells(column, above, (township, village), cells))]
            except AreaUnknown:
                continue
        if not township and above in self.resource.fields:
            several = self.areas.villages.get(("", _squeezed(village)), ())
            if len(several) > 1:
                return self._by_township(above, several)
        known = {
            self.areas.names[code]
            for (parent, _), codes in self.areas.villages.items()
            if parent and self._is_in(parent, township)
            for code in codes
        }
        near = difflib.get_close_matches(village, known, MOST, 0.5)
        return [self._labelled({column: name}) for name in near if self._is_one(township, name)]

    def _by_township(self, above: str, villages: Collection[str]) -> list[Suggestion]:
        """Offer the townships that have a village of the name; of very many none is likelier."""
        names = {self.areas.names.get(self.areas.successor(code)[:9], "") for code in villages} - {""}
        return [self._labelled({above: name}) for name in sorted(names)] if len(names) <= MOST else []

    def _is_one(self, township: str, village: str) -> bool:
        try:
            return bool(self.areas.find(township, village))
        except AreaUnknown:
            return False

    def _is_in(self, parent: str, township: str) -> bool:
        return not township or parent in self.areas.townships.get(township, ()) or parent == township

    def _area_readings(self, township: str, village: str):
        """Yield what the two cells may mean: without county, with the township out of the village, without 组."""
        text = _squeezed(village)
        for bare in (text, _ABOVE.sub("", text)):
            for short in (bare, _GROUP.sub("", bare)):
                for known in self._townships:
                    if short.startswith(known) and len(short) > len(known):
                        yield known, short.removeprefix(known)
                yield township, short

    def _area_cells(self, column: str, above: str, old: tuple[str, str], new: tuple[str, str]) -> dict:
        cells = {column: new[1]}
        if above in self.resource.fields and new[0] and new[0] != old[0]:
            cells = {above: new[0], **cells}
        return cells

    # --- words ---

    def _words(self, name: str, text: str) -> list[Suggestion]:
        column = self.resource.fields[name]
        text = _squeezed(text)
        words = [str(word) for word in column.choices]
        within = sorted((word for word in words if word in text), key=len, reverse=True)
        near = within[:1] or difflib.get_close_matches(text, words, MOST, 0.5)
        return [self._labelled({name: word}) for word in near if self._is_read(column, word)]

    @staticmethod
    def _is_read(column, word: str) -> bool:
        try:
            return bool(column.clean_cell(word).value not in (None, ""))
        except CellError:
            return False
