"""What goes out as a roster comes in again without loss; sets of columns are saved and used."""

import datetime as dt
import io

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from povertyedu.audit.models import AccessEvent
from povertyedu.imports import actions
from povertyedu.workflow.flow import Actor
from students.enums import HolderRelation, Hukou
from students.models import BankAccount, ColumnSet, Enrolment, FactChange, Student
from students.resources.column_presets import PRESETS
from students.resources.roster_export import export_columns, export_roster, roster_columns
from tests import factories

EXPORT = reverse("students:export")
pytestmark = [pytest.mark.django_db, pytest.mark.sql]

texts = st.text(alphabet="罗娜=+-@0123456789.ABx（）、 ", max_size=12).map(
    lambda text: " ".join(text.split())
)
children = st.fixed_dictionaries(
    {
        "ethnicity": st.sampled_from(["", "汉族", "布依族"]),
        "hukou": st.sampled_from(["", *Hukou.values]),
        "is_left_behind": st.booleans(),
        "phone": st.sampled_from(["", "13929962626"]),
        "remark": texts.filter(lambda text: text[:1] not in ("'", '"')),
        "boarding": st.booleans(),
        "account": st.booleans(),
    }
)
facts = st.fixed_dictionaries(
    {
        "grade": st.integers(1, 6),
        "entered_on": st.sampled_from([None, dt.date(2016, 9, 1), dt.date(2016, 9, 17)]),
        "major": st.sampled_from(["", "种植"]),
        "agri_major": st.booleans(),
    }
)


def everything() -> tuple:
    students = Student.objects.order_by("pk").values_list(
        "name", "sex", "birth_date", "ethnicity", "id_kind", "id_hash", "student_no_hash", "home_area", "hukou", "is_left_behind",
        "remark", "guardian__name", "guardian__relation", "bank_account__holder", "bank_account__relation", "bank_account__number_hash", "updated_at",
    )  # fmt: skip
    return list(students), list(Enrolment.objects.order_by("pk").values())


def taken_in(content: bytes, term) -> dict:
    batch = actions.receive(chunks=[content], name="花名册.xlsx", kind="roster", term=term, by=None)
    return actions.carry_out(batch=batch)[0].counts


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(children, facts, st.sampled_from(["", *HolderRelation.values])), min_size=1, max_size=4
    )
)
def test_export_and_import_change_nothing(xiazhai, autumn, made):
    Enrolment.objects.all().delete()
    for child, of_term, relation in made:
        student = factories.student(at=xiazhai, during=autumn, **child)
        birth = student.id_number[6:14]
        sex = "male" if int(student.id_number[16]) % 2 else "female"
        Student.objects.filter(pk=student.pk).update(birth_date=dt.date.fromisoformat(birth), sex=sex)
        student.enrolments.update(**of_term)
        BankAccount.objects.filter(student=student).update(relation=relation)
    before, marks = everything(), FactChange.objects.count()
    out = io.BytesIO()

    export_roster(
        out, by=Actor(None, "测试", ""), term=autumn, rows=Enrolment.objects.of(autumn), words=[], full=True,
        columns=[name for name, _ in roster_columns()],
    )  # fmt: skip
    counts = taken_in(out.getvalue(), autumn)

    assert (counts["rows"], counts["unchanged"]) == (len(made), len(made))
    assert everything() == before
    assert FactChange.objects.count() == marks


STAGES = [
    ("primary", 1),
    ("primary", 6),
    ("junior", 1),
    ("junior", 3),
    ("senior", 2),
    ("vocational", 1),
    ("preschool", 3),
]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(children, facts, st.sampled_from(STAGES), st.sampled_from([None, True, False]), st.booleans()),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_export_of_the_72_columns_and_import_change_nothing(autumn, made):
    Enrolment.objects.all().delete()
    schools = [factories.school(kind="twelve_year"), factories.school("云岭职校", kind="vocational")]
    for child, of_term, (stage, grade), integrated, has_guardian in made:
        student = factories.student(
            at=schools[stage == "vocational"], during=autumn, birth_date=dt.date(2010, 5, 12), stage=stage, grade=grade,
            home=factories.township() if integrated else None, categories=1 | 64, **child,
        )  # fmt: skip
        sex = "male" if int(student.id_number[16]) % 2 else "female"
        Student.objects.filter(pk=student.pk).update(sex=sex)
        known = {} if integrated is None else {"integrated": integrated}
        student.enrolments.update(**of_term | {"grade": grade}, facts=known)
        if not has_guardian:
            student.guardian.delete()
    factories.away(during=autumn)
    before, marks = everything(), FactChange.objects.count()
    out = io.BytesIO()
    preset = PRESETS["national"]

    export_columns(
        out, by=Actor(None, "测试", ""), term=autumn, rows=Enrolment.objects.of(autumn).filter(place="in_county"), words=[],
        full=True, columns=preset.columns, name=preset.name, has_title=preset.has_title,
    )  # fmt: skip
    counts = taken_in(out.getvalue(), autumn)

    assert (counts["rows"], counts["unchanged"]) == (len(made), len(made))
    assert everything() == before
    assert FactChange.objects.count() == marks


def headings(answer) -> list[str]:
    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    return next(row for row in rows if "姓名" in row)


def test_roster_layout_needs_numbers_in_clear_and_leaves_its_mark(client, clerk, luona):
    client.force_login(clerk)

    masked = client.post(EXPORT, {"reason": "核对学籍", "numbers": "masked", "layout": "roster"})
    full = client.post(EXPORT, {"reason": "核对学籍", "numbers": "full", "layout": "roster"})

    assert "layout" in masked.context["form"].errors
    assert headings(full) == [heading for _, heading in roster_columns()]
    assert full.headers["Cache-Control"] == "no-store"
    assert AccessEvent.objects.get().reason == "核对学籍"


def test_set_of_columns_is_saved_and_used_masked(client, administrator, clerk, luona):
    client.force_login(administrator)
    client.post(
        reverse("students:column_sets"), {"name": "全国系统", "columns": ["phone", "name", "id_number"]}
    )
    saved = ColumnSet.objects.get()
    client.force_login(clerk)

    answer = client.post(EXPORT, {"reason": "上报", "numbers": "masked", "layout": str(saved.pk)})

    assert [entry.source for entry in saved.columns] == ["name", "id_number", "phone"]
    assert headings(answer) == ["姓名", "身份证件号", "联系电话"]
    text = "\n".join(
        str(cell) for row in load_workbook(io.BytesIO(answer.content)).active.values for cell in row
    )
    assert luona.id_number not in text
    assert "姓名、身份证件号、联系电话" in AccessEvent.objects.get().fields


def test_set_needs_a_name_of_its_own_and_a_column(client, administrator):
    client.force_login(administrator)
    page = reverse("students:column_sets")
    ColumnSet.objects.create(
        name="全国系统", entries=[{"source": "name", "heading": "姓名"}], updated_by="陈数据"
    )

    answer = client.post(page, {"name": "全国系统"})

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "columns"}
    client.post(reverse("students:column_set_delete", args=[ColumnSet.objects.get().pk]))
    assert not ColumnSet.objects.exists()


def test_clerk_uses_sets_but_does_not_keep_them(client, clerk):
    client.force_login(clerk)

    assert client.get(reverse("students:column_sets")).status_code == 403
