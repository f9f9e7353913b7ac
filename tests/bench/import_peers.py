"""The same roster brought in with django-import-export, as its default goes and as well as it can be tuned.

Both read the 29 columns with the same cleaning as ours, into the same five tables, and leave the same marks and
hardship categories: a preview (``dry_run``) and the real run, each of which reads the file, as import-export's
admin does. Neither can find repeats in the file, stage what it checked, or undo; they are not charged for it.

Default: every row is looked up and saved on its own, what belongs to a child is saved after it.
Tuned: bulk writes, cached lookups, no diffs, what belongs to the children is written together at the end.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import tablib
from import_export import fields, resources, widgets
from import_export.instance_loaders import CachedInstanceLoader

from povertyedu.imports.places import AreaBook, SchoolBook
from povertyedu.orgs.models import Area, School, SchoolClass, Term
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import birth_date_of, clean_student_no
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.identity import sex_of
from students.actions.hardship import derive_categories, mark_changed
from students.enums import IdentityKind, Place
from students.models import BankAccount, Enrolment, Guardian, Student
from students.resources.grades import read_grade
from students.resources.roster import SEXES, RosterResource

STUDENT = (
    "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "id_hash", "id_tail_hash", "student_no", "student_no_hash",
    "phone", "home_area_id", "hukou", "is_left_behind", "remark",
)  # fmt: skip


class StudentNoWidget(widgets.Widget):
    """A child is found again by the hash of its 学籍号: the number itself is sealed."""

    def clean(self, value, row=None, **kwargs):
        return keyed_hash(clean_student_no(value).value)


class Peer(resources.ModelResource):
    """A roster into students; subclasses say how places are found and relatives written."""

    student_no_hash = fields.Field("student_no_hash", "全国学籍号", StudentNoWidget())

    def __init__(self, term: Term):
        super().__init__()
        self.term = term
        self.columns = [c for c in RosterResource().columns() if isinstance(c, Column)]
        for name in STUDENT:
            if name not in self.fields:
                self.fields[name] = fields.Field(name, name, widgets.Widget())

    def before_import_row(self, row, **kwargs):
        read = {}
        for column in self.columns:
            cell = row.get(column.column_name)
            if isinstance(cell, datetime):  # tablib gives date cells so
                cell = cell.date()
            read[column.name] = value = column.clean_cell("" if cell is None else cell).value
            if column.required and not value:
                raise ValueError(column.missing_message)
        school = self.school_of(read)
        area = self.area_of(read)
        number, student_no = read["id_number"] or "", read["student_no"] or ""
        read["of_school"], read["of_area"] = school, area
        read["of_grade"] = read_grade(read["stage"], read["grade"], self.term)
        row["read"] = read
        row.update(
            name=read["name"], sex=SEXES[sex_of(number)] if number else read["sex"] or "",
            birth_date=birth_date_of(number) if number else read["birth_date"], ethnicity=read["ethnicity"] or "",
            id_kind=(read["id_kind"] or IdentityKind.ID_CARD.value) if number else IdentityKind.NONE.value, id_number=number,
            id_hash=keyed_hash(number) if number else None, id_tail_hash=keyed_hash(number[-4:]) if number else "",
            student_no=student_no, phone=read["phone"] or "", home_area_id=area, hukou=read["hukou"] or "",
            is_left_behind=bool(read["is_left_behind"]), remark=read["remark"] or "",
        )  # fmt: skip

    def school_of(self, read: dict):
        raise NotImplementedError  # each says its own

    def area_of(self, read: dict) -> str | None:
        raise NotImplementedError  # each says its own

    def relatives(self, read: dict) -> tuple[dict | None, dict | None, dict]:
        """Return the values of guardian, account and enrolment; the class is the caller's."""
        guardian = account = None
        if read["guardian_name"]:
            number = read["guardian_id"] or ""
            guardian = {
                "name": read["guardian_name"], "relation": read["guardian_relation"] or "", "id_number": number,
                "id_hash": keyed_hash(number) if number else "",
            }  # fmt: skip
        if number := read["account"]:
            account = {
                "holder": read["holder"] or read["name"], "bank": read["bank"] or "", "number": number,
                "number_hash": keyed_hash(number), "tail": number[-4:],
            }  # fmt: skip
        school = read["of_school"]
        enrolment = {
            "stage": read["stage"], "grade": read["of_grade"], "boarding": bool(read["boarding"]), "major": read["major"] or "",
            "agri_major": bool(read["agri_major"]), "place": Place.IN_COUNTY, "ownership": school.ownership,
            "setting": school.setting, "school_area": self.area_code(school),
            "home_area": (read["of_area"] or "").ljust(12, "0") if read["of_area"] else "", "entered_on": read["entered_on"],
        }  # fmt: skip
        return guardian, account, enrolment

    @staticmethod
    def area_code(school) -> str:
        return school.area_id.ljust(12, "0")

    def mark(self, students: list[int]) -> None:
        mark_changed(self.term, students)
        derive_categories(self.term, student_ids=students)


class Default(Peer):
    class Meta:
        model = Student
        import_id_fields = ("student_no_hash",)
        fields = ("student_no_hash",)

    def before_import(self, dataset, **kwargs):
        self.saved: list[int] = []

    def school_of(self, read):
        return School.objects.get(code=read["school_code"])

    def area_of(self, read):
        return Area.objects.get(name=read["home_village"], parent__name=read["home_township"]).pk

    def after_save_instance(self, instance, row, **kwargs):
        read = row["read"]
        guardian, account, enrolment = self.relatives(read)
        if guardian:
            Guardian.objects.update_or_create(student=instance, defaults=guardian)
        if account:
            BankAccount.objects.update_or_create(student=instance, defaults=account)
        if read["class_name"]:
            enrolment["school_class"], _ = SchoolClass.objects.get_or_create(
                school=read["of_school"], stage=read["stage"], grade=read["of_grade"], name=read["class_name"]
            )
        enrolment["school"] = read["of_school"]
        Enrolment.objects.update_or_create(student=instance, term=self.term, defaults=enrolment)
        self.saved.append(instance.pk)

    def after_import(self, dataset, result, **kwargs):
        self.mark(self.saved)


class Tuned(Peer):
    class Meta:
        model = Student
        import_id_fields = ("student_no_hash",)
        fields = ("student_no_hash",)
        use_bulk = True
        batch_size = 2000
        skip_diff = True  # and with it skip_html_diff: a preview of nothing but totals
        instance_loader_class = CachedInstanceLoader

    def before_import(self, dataset, **kwargs):
        self.areas, self.schools = AreaBook(), SchoolBook()
        self.kept: list[tuple[Student, dict]] = []

    def school_of(self, read):
        return self.schools.by_code[read["school_code"]]

    def area_of(self, read):
        return self.areas.find(read["home_township"], read["home_village"])

    @staticmethod
    def area_code(school) -> str:
        return school.area

    def before_save_instance(self, instance, row, **kwargs):
        self.kept.append((instance, row["read"]))

    def after_import(self, dataset, result, **kwargs):
        """Write what belongs to the children: they have their keys by now."""
        classes = self._classes()
        guardians, accounts, enrolments = [], [], []
        for student, read in self.kept:
            guardian, account, enrolment = self.relatives(read)
            if guardian:
                guardians.append(Guardian(student=student, **guardian))
            if account:
                accounts.append(BankAccount(student=student, **account))
            enrolments.append(Enrolment(
                student=student, term=self.term, school_id=read["of_school"].pk,
                school_class_id=classes.get(self._class_key(read)), **enrolment,
            ))  # fmt: skip
        _upsert(guardians, "student")
        _upsert(accounts, "student")
        _upsert(enrolments, "student", "term")
        self.mark([student.pk for student, _ in self.kept])

    @staticmethod
    def _class_key(read: dict) -> tuple:
        return read["of_school"].pk, read["stage"], read["of_grade"], read["class_name"]

    def _classes(self) -> dict[tuple, int]:
        wanted = {key for _, read in self.kept if (key := self._class_key(read))[3]}
        names = ("school_id", "stage", "grade", "name")
        made = [SchoolClass(**dict(zip(names, key, strict=True))) for key in sorted(wanted)]
        SchoolClass.objects.bulk_create(made, batch_size=2000, ignore_conflicts=True)
        return {tuple(values): pk for pk, *values in SchoolClass.objects.values_list("pk", *names)}


def _upsert(rows: list, *unique: str) -> None:
    if rows:
        names = [f.name for f in rows[0]._meta.concrete_fields if not f.primary_key and f.name not in unique]
        type(rows[0]).objects.bulk_create(
            rows, batch_size=2000, update_conflicts=True, unique_fields=unique, update_fields=names
        )


def bring_in(make: Callable[[Term], Peer], path: Path, term: Term, *, dry_run: bool) -> int:
    """Read ``path`` and import it; return how many rows were taken in."""
    with path.open("rb") as file:
        dataset = tablib.Dataset().load(file, format="xlsx")
    result = make(term).import_data(dataset, dry_run=dry_run, raise_errors=True, use_transactions=True)
    return result.totals["new"] + result.totals["update"]
