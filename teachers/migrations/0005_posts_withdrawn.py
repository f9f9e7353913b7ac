"""A post that has not begun may be taken back: it is deleted, its place is free; one that has begun stays for good."""

from importlib import import_module

from django.db import migrations

from povertyedu.schema import counting, guarding

by_day = import_module("teachers.migrations.0004_places_by_day")

BEGUN = {vendor: f"OLD.since <= {today}" for vendor, today in by_day.TODAY.items()}
GUARDS = ((by_day.APPOINTMENT, "DELETE", "kept", BEGUN, "已开始的岗位聘任不得删除，请填写止任日期"),)
_HELD = "CASE WHEN OLD.kind = 'established' AND OLD.until IS NULL THEN 1 ELSE 0 END"
COUNT_POSTS = (
    ("count_post_withdrawn", by_day.APPOINTMENT, "DELETE", f"UPDATE {by_day.ESTABLISHMENT} SET filled = filled - {_HELD} WHERE school_id = OLD.school_id"),
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("teachers", "0004_places_by_day")]

    operations = [guarding(GUARDS), counting(COUNT_POSTS)]
