"""The template of every kind is read by its own kind, each column where it belongs."""

import pytest
from django.conf import settings

from povertyedu.imports.actions import resource_of
from povertyedu.workbooks.headers import pick_sheets
from povertyedu.workbooks.reading import open_workbook
from povertyedu.workbooks.writing import write_template


@pytest.mark.django_db  # a county's own facts are columns of its roster
@pytest.mark.parametrize("kind", settings.IMPORT_RESOURCES)
def test_template_of_a_kind_has_a_header_that_the_kind_reads(kind, tmp_path):
    resource = resource_of(kind)
    path = tmp_path / "模板.xlsx"

    write_template(path, resource, f"{resource.label}模板")

    picked, _ = pick_sheets(open_workbook(path), resource.columns())
    header = next(each.header for each in picked if each.sheet.name == "数据")
    assert header.mapping == {column.name: index for index, column in enumerate(resource.columns())}
    assert (header.unknown, header.duplicates, header.missing) == ([], [], [])
