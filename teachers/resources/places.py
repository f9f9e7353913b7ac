"""学校位置和偏远程度: one line a school, by which allowances, recruitment and rotation go."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import one_of, short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.cells import CellError, Cleaned, clean_yes_no, compact, text_of
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from teachers.actions.places import Placed, keep_places, refusal_of
from teachers.enums.registry import Remoteness
from teachers.models import SchoolPlace

TIERS = {tier.label: tier.value for tier in Remoteness} | {
    "城区": 0, "乡镇驻地": 0, "一类": 1, "二类": 2, "三类": 3, "四类": 4, "一档": 1, "二档": 2, "三档": 3, "四档": 4,
}  # fmt: skip
FACTS = {"remoteness": "偏远程度", "is_quality": "优质学校", "latitude": "纬度", "longitude": "经度"}
FIVE_DECIMALS = Decimal("0.00001")


def clean_degrees(cell) -> Cleaned:
    """Degrees with up to five decimals. Error: number_invalid."""
    text = compact(text_of(cell)).removesuffix("°")
    if not text:
        return Cleaned(None)
    try:
        degrees = Decimal(text)
        if not degrees.is_finite() or abs(degrees) > 180:
            raise InvalidOperation
    except InvalidOperation:
        raise CellError("number_invalid", f"经纬度“{text[:12]}”看不懂；请填写小数，如 25.12345。") from None
    return Cleaned(degrees.quantize(FIVE_DECIMALS))


class SchoolPlaceResource(ImportResource):
    """Places by school. A blank leaves what is known; the same file again writes nothing."""

    kind = "school-places"
    label = "学校位置和偏远程度"
    permission = Permission.MANAGE_ESTABLISHMENT
    needs_term = False
    preview = ("school", "remoteness", "is_quality", "since")
    key_column = "school"
    conflict_message = "同一学校在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    note = "一行一所学校。偏远程度变了的填执行日期（某月 1 日），补助从那个月起按新的算；不填是更正，以前也按新的算。"

    school = Column(
        "学校", aliases=("学校名称", "学校标识码"), required=True, clean=short_text(80), as_text=True, width=26
    )  # fmt: skip
    remoteness = Column(
        "偏远程度", aliases=("偏远档次", "补助档次"), clean=one_of(TIERS, "偏远程度"), choices=tuple(Remoteness.labels), width=16
    )  # fmt: skip
    is_quality = Column("优质学校", aliases=("是否优质学校",), clean=clean_yes_no, choices=("是", "否"))
    latitude = Column("纬度", clean=clean_degrees, width=11)
    longitude = Column("经度", clean=clean_degrees, width=11)
    since = Column("执行日期", aliases=("执行月份", "起始日期"), clean=clean_date, width=13, note="某月 1 日")
    document = Column("文号", aliases=("依据",), clean=short_text(120), as_text=True, width=22)

    def look_up(self, rows, context: Context) -> None:
        self.schools = SchoolBook()

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        word = values["school"]
        school = self.schools.named(word)
        if word and not school:
            row.reject(
                "school", "school_unknown", f"没有叫“{word[:40]}”的学校，或不止一所；请照学校名册填写名称或标识码。",
            )  # fmt: skip
        if why := refusal_of(values["since"]):
            row.reject("since", "date_invalid", why)
        if school and not row.errors:
            facts = {name: values[name] for name in FACTS}
            row.found = Placed(school.pk, since=values["since"], document=values["document"] or "", **facts)

    def key(self, row: Row):
        return row.found.school if row.found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        found = SchoolPlace.objects.prefetch_related("school__former_tiers")
        self.known = {place.school_id: place for place in found}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.found.school)
        held = known or SchoolPlace(remoteness=Remoteness.NEAR)
        blanks = {name: getattr(held, name) for name in FACTS if getattr(row.found, name) is None}
        new = row.found = replace(row.found, **blanks)
        self._look_at_degrees(row, new.latitude, new.longitude)
        if known is None:
            return None
        pairs = [(name, getattr(known, name), getattr(new, name)) for name in FACTS]
        changes = [
            Change(FACTS[name], _shown(name, old), _shown(name, now))
            for name, old, now in pairs
            if old != now
        ]
        if not changes and new.since and _begins_otherwise(known, new.since, new.remoteness):
            changes.append(Change("执行日期", "（空）", str(new.since)))
        return changes

    def _look_at_degrees(self, row: Row, latitude, longitude) -> None:
        if (latitude is None) != (longitude is None):
            row.reject("latitude", "value_missing", "经纬度要一起填写；请补全。")
        elif latitude is not None and not (3 <= latitude <= 54 and 73 <= longitude <= 136):
            row.reject(
                "latitude", "number_invalid", "纬度应在 3 到 54、经度在 73 到 136 之间；请核对是否填反。"
            )

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        keep_places(by=by, rows=[row.found for row in created + updated])


def _begins_otherwise(known: SchoolPlace, since: dt.date, tier: int) -> bool:
    """Whether ``tier`` did not hold from ``since`` on, to this day."""
    return known.tier_on(since) != tier or any(
        each.before > since for each in known.school.former_tiers.all()
    )


def _shown(name: str, value) -> str:
    if value is None:
        return "（空）"
    if name == "remoteness":
        return Remoteness(value).label
    return {True: "是", False: "否"}.get(value, str(value)) if name == "is_quality" else str(value)
