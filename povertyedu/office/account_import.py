"""Accounts from a workbook: all rows or none, each error a sentence with its row; importing again changes nothing.

The system administrator's file makes accounts and *proposes* grants (三员分立).
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from povertyedu.accounts import actions as accounts
from povertyedu.accounts.models import USERNAME, User
from povertyedu.accounts.permissions import ROLE_CHOICES, ROLES, Role
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Area, School, SchoolClass
from povertyedu.workbooks.columns import Column, WorkbookResource
from povertyedu.workbooks.headers import data_rows, pick_sheets
from povertyedu.workbooks.reading import Limits, WorkbookError, open_workbook
from povertyedu.workflow.flow import Actor

ROLE_BY_LABEL = {label: value for value, label in ROLE_CHOICES}
# Each account costs a password hash: more than a thousand at a time would try a page's patience.
LIMITS = Limits(size=5 * 2**20, rows=1000)


class AccountResource(WorkbookResource):
    """Columns of the account workbook."""

    username = Column(
        "账号", required=True, aliases=("用户名", "登录名"), width=16, as_text=True,
        note="3 到 40 位字母、数字、点、横线，建议用姓名拼音",
    )  # fmt: skip
    name = Column("姓名", required=True, width=12)
    phone = Column("电话", aliases=("手机", "联系电话"), width=16, as_text=True)
    role = Column("角色", required=True, choices=tuple(ROLE_BY_LABEL), width=16)
    place = Column(
        "所在单位", required=True, aliases=("县/乡镇/村/学校/班级名称或代码", "单位"), width=36,
        note="县、乡镇、村、学校的名称或代码；班级写“学校名称 年级班级”，如：城关镇下寨小学 五年级1班",
    )  # fmt: skip


class RowError(NamedTuple):
    row: int
    name: str
    sentence: str


class Line(NamedTuple):
    """One row that can be taken in."""

    row: int
    username: str
    name: str
    phone: str
    role: str
    place: Area | School | SchoolClass


@dataclass
class Checked:
    """What a file holds: good lines, or the errors for which it is refused whole."""

    lines: list[Line] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


class Imported(NamedTuple):
    slips: list[accounts.Slip]
    known: int
    proposed: int


class Places:
    """Places by name and by code, per kind, read in three queries."""

    def __init__(self, user):
        self.found: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
        areas = Area.objects.visible_to(user, P.MANAGE_ACCOUNTS).standing().select_related("parent")
        for area in areas:
            self._add(area.level, area, area.code, area.name, area.path)
        schools = School.objects.visible_to(user, P.MANAGE_ACCOUNTS)
        for school in schools.staffed():
            self._add("school", school, school.code, school.name)
        classes = SchoolClass.objects.visible_to(user, P.MANAGE_ACCOUNTS).select_related("school")
        for one in classes:
            self._add("class", one, f"{one.school}{one}", f"{one.school.code}{one}")

    def _add(self, kind: str, place, *names: str) -> None:
        for name in {_plain(name) for name in names}:
            self.found[kind][name].append(place)

    def find(self, role: str, text: str):
        """Return the place for ``role`` called ``text``; raise ValueError with a sentence when not exactly one."""
        kind = ROLES[Role(role)].places[0]
        found = self.found["school" if kind == "centre" else kind][_plain(text)]
        label = ROLES[Role(role)].label
        if not found:
            raise ValueError(
                f"没有找到“{text}”；“{label}”的所在单位应是{_KIND_WORDS[kind]}，请核对名称或改填代码。"
            )
        if len(found) > 1:
            raise ValueError(f"有 {len(found)} 个“{text}”，请改填代码。")
        return found[0]


_KIND_WORDS = {
    "county": "县", "township": "乡镇", "village": "村（社区）", "school": "学校", "centre": "中心学校", "class": "班级",
}  # fmt: skip


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", str(text))


def check(content: bytes, *, name: str, user: User) -> Checked:
    """Read an uploaded workbook; raise ValidationError with a sentence when it cannot be read at all."""
    try:
        sheets = open_workbook(content, name=name, limits=LIMITS)
    except WorkbookError as error:
        raise ValidationError(error.message) from error
    resource = AccountResource()
    picked, _ = pick_sheets(sheets, resource.columns())
    if not picked:
        raise ValidationError("没有找到表头（账号、姓名、电话、角色、所在单位），请下载模板填写。")
    checked, places = Checked(), Places(user)
    for sheet, header in picked:
        if header.missing:
            absent = [column.heading for column in resource.columns() if column.name in header.missing]
            raise ValidationError(f"工作表“{sheet.name}”缺少这几列：{'、'.join(absent)}，请下载模板填写。")
        for number, cells in data_rows(sheet, header):
            _check_row(checked, number, resource.read_row(header, cells), places)
    if not checked.lines and not checked.errors:
        raise ValidationError("表里没有账号，请填好后再上传。")
    _check_accounts(checked)
    return checked


def _check_row(checked: Checked, number: int, read, places: Places) -> None:
    values = {name: str(value or "").strip() for name, value in read.values.items()}
    name, sentences = values["name"], [problem.message for problem in read.errors]
    if values["username"] and not re.match(USERNAME, values["username"]):
        sentences.append(f"账号“{values['username']}”应为 3 到 40 位字母、数字、点、横线或下划线。")
    role, place = ROLE_BY_LABEL.get(values["role"], ""), None
    if values["role"] and not role:
        sentences.append(f"没有“{values['role']}”这个角色，可填：{'、'.join(ROLE_BY_LABEL)}。")
    if role and values["place"]:
        try:
            place = places.find(role, values["place"])
        except ValueError as error:
            sentences.append(str(error))
    if len(name) > 60 or len(values["phone"]) > 20:
        sentences.append("姓名不超过 60 个字，电话不超过 20 位。")
    checked.errors.extend(RowError(number, name, sentence) for sentence in sentences)
    if not sentences:
        checked.lines.append(Line(number, values["username"], name, values["phone"], role, place))


def _check_accounts(checked: Checked) -> None:
    """Compare the lines with each other and with the accounts there are: one account is one person."""
    known = dict(User.objects.values_list("username", "name"))
    first: dict[str, Line] = {}
    for line in checked.lines:
        before = first.setdefault(line.username, line)
        if before.name != line.name or before.phone != line.phone:
            sentence = (
                f"账号“{line.username}”在第 {before.row} 行写的是“{before.name}”，两行的姓名、电话应一致。"
            )
            checked.errors.append(RowError(line.row, line.name, sentence))
        elif known.get(line.username, line.name) != line.name:
            sentence = f"账号“{line.username}”已由“{known[line.username]}”使用，请换一个账号。"
            checked.errors.append(RowError(line.row, line.name, sentence))


def take_in(lines: list[Line], *, by: Actor) -> Imported:
    """Make the accounts that are not there yet and propose the grants that are not held yet, all or none.

    Passwords are hashed before the transaction: on SQLite nobody else can write while it lasts.
    """
    users = {user.username: user for user in User.objects.all()}
    known = {line.username for line in lines} & users.keys()
    slips = []
    for line in lines:
        if line.username not in users:
            slips.append(accounts.prepare_slip(username=line.username, name=line.name, phone=line.phone))
            users[line.username] = slips[-1].user
    with transaction.atomic():
        accounts.create_accounts(slips=slips, by=by)
        wanted = [(users[line.username], line.role, line.place) for line in lines]
        proposed = accounts.propose_grants(wanted=wanted, by=by)
    return Imported(slips, len(known), proposed)
