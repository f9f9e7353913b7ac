"""学校编制: how many established posts each school has, by which document."""

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.calendar import today
from povertyedu.workbooks.cells import clean_int
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from teachers.actions.establishment import Authorised, authorise
from teachers.models import Appointment, Establishment
from teachers.models.registry import fullest

MOST = 2000


class EstablishmentResource(ImportResource):
    """Establishments by school. A blank date or document leaves what is known; the same file again writes nothing."""

    kind = "establishments"
    label = "学校编制"
    permission = Permission.MANAGE_ESTABLISHMENT
    needs_term = False
    preview = ("school", "authorised", "since", "document")
    key_column = "school"
    conflict_message = "同一学校在文件里出现了两次，编制数不同；请核对后只保留正确的一行。"
    note = "一行一所学校。核定编制少于在编人数的不能导入，先申请超编，经批准后再核减。"

    school = Column(
        "学校",
        aliases=("学校名称", "学校标识码"),
        required=True,
        clean=short_text(80),
        as_text=True,
        width=26,
    )
    authorised = Column(
        "核定编制", aliases=("编制数", "核定编制数", "教职工编制"), required=True, clean=clean_int, width=10
    )
    since = Column("核定日期", aliases=("起始日期", "核编日期"), required=True, clean=clean_date, width=13)
    document = Column("文号", aliases=("依据", "核编文号"), clean=short_text(80), as_text=True, width=22)

    def look_up(self, rows, context: Context) -> None:
        self.schools = SchoolBook()

    def examine(self, row: Row, context: Context) -> None:
        word, number = row.values["school"], row.values["authorised"]
        school = self.schools.named(word)
        if word and not school:
            row.reject(
                "school",
                "school_unknown",
                f"没有叫“{word[:40]}”的学校，或不止一所；请照学校名册填写名称或标识码。",
            )
        if number is not None and not 0 <= number <= MOST:
            row.reject("authorised", "number_invalid", f"核定编制应为 0 到 {MOST} 的整数；请核对。")
        if school and not row.errors:
            row.found = Authorised(school.pk, number, row.values["since"], row.values["document"] or "")

    def key(self, row: Row):
        return row.found.school if row.found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        self.known = {found.school_id: found for found in Establishment.objects.all()}
        self.held = Appointment.objects.holding_places()

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        wanted, known = row.found, self.known.get(row.found.school)
        if known is None:
            return None
        held = fullest(self.held[wanted.school], today())
        if wanted.posts < known.authorised and wanted.posts + known.excess_approved < held:
            row.reject(
                "authorised", "below_filled",
                f"这所学校已有在编 {held} 名，批准超编 {known.excess_approved} 名，核定 {wanted.posts} 名不够；请先申请超编，经批准后再核减。",
            )  # fmt: skip
        document = wanted.document or known.document
        row.found = Authorised(wanted.school, wanted.posts, wanted.since, document)
        pairs = (
            ("核定编制", known.authorised, wanted.posts), ("核定日期", known.since, wanted.since), ("文号", known.document or "（空）", document or "（空）"),
        )  # fmt: skip
        return [Change(heading, str(old), str(new)) for heading, old, new in pairs if old != new]

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        authorise(by=by, rows=[row.found for row in created + updated])
