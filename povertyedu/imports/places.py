"""Areas and schools of the county by the words and codes that workbooks use."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, School, SchoolStage

_ENDING = re.compile(r"(?:街道办事处|街道|社区居委会|居委会|村委会|民族乡|社区|[镇乡村])$")


def _stem(name: str) -> str:
    return _ENDING.sub("", name) or name


class AreaUnknown(ValueError):
    """The words name no area of the county; the message is a Chinese sentence."""


class AreaBook:
    """Townships and villages by name and code; villages of one name in several townships are told apart.

    What was merged into another is found under its old name and code, and is the other.
    """

    def __init__(self):
        areas = list(
            Area.objects.values_list("code", "name", "level", "parent_id", "merged_into", "closed_on")
        )
        self.codes = {code for code, *_ in areas}
        self.names = {code: name for code, name, *_ in areas}
        self.merged = {code: (into, day) for code, *_, into, day in areas if into}
        self.townships: dict[str, set[str]] = {}
        self.villages: dict[tuple[str, str], set[str]] = {}
        for code, name, level, parent, *_ in areas:
            if level == AreaLevel.VILLAGE:
                for word in {name, _stem(name)}:
                    self.villages.setdefault((parent, word), set()).add(code)
                    self.villages.setdefault(("", word), set()).add(code)
            else:
                for word in {name, _stem(name)} if level == AreaLevel.TOWNSHIP else {name}:
                    self.townships.setdefault(word, set()).add(code)
        self._known: dict[tuple[str, str], str | AreaUnknown] = {}

    def find(self, township: str | None, village: str | None) -> str | None:
        """Return the code of the finest area named, as it is now, None when nothing is named; raise AreaUnknown."""
        found = self._named(township, village)
        return found and self.successor(found)

    def successor(self, code: str) -> str:
        """Return what ``code`` was merged into, and that into, or ``code`` itself."""
        while code in self.merged:
            code = self.merged[code][0]
        return code

    def merger(self, township: str | None, village: str | None) -> str:
        """Return the sentence for a row that names a place merged into another, else ""."""
        found = self._named(township, village)
        if found not in self.merged:
            return ""
        day, now = self.merged[found][1], self.successor(found)
        return (
            f"“{self.names[found]}”已于 {day:%Y-%m-%d} 并入“{self.names[now]}”，按“{self.names[now]}”登记。"
        )

    def _named(self, township: str | None, village: str | None) -> str | None:
        if not township and not village:
            return None
        words = (township or "", village or "")
        if words not in self._known:
            try:
                self._known[words] = self._find(*words)
            except AreaUnknown as unknown:
                self._known[words] = unknown
        found = self._known[words]
        if isinstance(found, AreaUnknown):
            raise found
        return found

    def _find(self, township: str, village: str) -> str:
        if found := self._by_code(village):
            return found
        above = ""
        if township:
            above = township if township in self.codes else self._one(self.townships, township, township)
        if not village:
            return above
        for word in (village, _stem(village)):
            codes = self.villages.get((above, word)) or self.villages.get(
                (self.successor(above), word), set()
            )
            if one := self._only(codes):
                return one
            if codes:
                raise AreaUnknown(f"叫“{village}”的村不止一个；请同时填写乡镇。")
        raise AreaUnknown(
            f"{township or '本县'}没有“{village}”；请对照行政区划核对村名，或先在行政区划里补上。"
        )

    def _by_code(self, text: str) -> str | None:
        """Return the area of a 12-digit region code; a township's ends with three zeros, a county's with six."""
        for code in (text, text.removesuffix("000"), text.removesuffix("000000")):
            if code in self.codes:
                return code
        return None

    def is_outside(self, text: str | None) -> bool:
        """Whether ``text`` is the region code of another county."""
        if not (text and len(text) in (6, 9, 12) and text.isascii() and text.isdigit()):
            return False
        return not any(text.startswith(code) for code in self.codes if len(code) == 6)

    def _only(self, codes: set[str]) -> str | None:
        """Return the one of ``codes``, or the one that still stands where all are the same by now."""
        now = {self.successor(code) for code in codes}
        if len(codes) <= 1 or len(now) > 1:
            return next(iter(codes)) if len(codes) == 1 else None
        return next(iter(codes & now), None) or next(iter(codes))

    def _one(self, names: dict[str, set[str]], name: str, shown: str) -> str:
        codes = names.get(name) or names.get(_stem(name)) or set()
        if one := self._only(codes):
            return one
        raise AreaUnknown(f"没有叫“{shown}”的乡镇；请对照行政区划核对，或先在行政区划里补上。")


@dataclass(frozen=True, slots=True)
class SchoolEntry:
    pk: int
    code: str
    name: str
    area: str  # 12 digits
    ownership: str
    setting: str
    stages: tuple[str, ...]
    merged_into: int | None = None


class SchoolBook:
    """Every school of the county by code and by name; two queries."""

    def __init__(self):
        stages: dict[int, list[str]] = {}
        for school, stage in SchoolStage.objects.values_list("school_id", "stage"):
            stages.setdefault(school, []).append(stage)
        self.by_code: dict[str, SchoolEntry] = {}
        self.all_named: dict[str, list[SchoolEntry]] = {}
        rows = School.objects.values_list(
            "pk", "code", "name", "area_id", "ownership", "setting", "merged_into_id"
        )
        for pk, code, name, area, ownership, setting, merged in rows:
            entry = SchoolEntry(
                pk, code, name, area.ljust(12, "0"), ownership, setting, tuple(stages.get(pk, ())), merged
            )
            self.by_code[code] = entry
            self.all_named.setdefault(name, []).append(entry)
        self.by_name = {name: entries[0] for name, entries in self.all_named.items() if len(entries) == 1}

    def find(self, code: str | None, name: str | None) -> SchoolEntry | None:
        """Return the school of ``code``; of ``name`` only where no code is given."""
        if code:
            return self.by_code.get(code)
        return self.by_name.get(name or "")

    def contradicting(self, code: str | None, name: str | None) -> SchoolEntry | None:
        """Return the school that ``name`` means where ``code`` means another, else None.

        The old name of a school merged into that of ``code`` is no contradiction, nor a name that is nobody's.
        """
        school, named = self.by_code.get(code or ""), self.all_named.get(name or "")
        if school is None or not named or any(school.pk in (one.pk, one.merged_into) for one in named):
            return None
        return named[0]

    def only(self, keys: Collection[int] | None) -> SchoolEntry | None:
        """Return the one school of ``keys``; None for several, and for the whole county (None)."""
        if keys is None or len(keys) != 1:
            return None
        return next((entry for entry in self.by_code.values() if entry.pk in keys), None)

    def named(self, word: str | None) -> SchoolEntry | None:
        """Return the school that one column names, by code or by name; None without a word, or where several are called so."""
        return self.by_code.get(word or "") or self.by_name.get(word or "")
