"""Triggers of posts and of the establishment: posts never overlap, places are counted by the database itself."""

import re

from django.db import migrations

OVERLAPS = (
    "EXISTS (SELECT 1 FROM teachers_appointment a WHERE a.teacher_id = NEW.teacher_id {other}"
    "AND a.since <= COALESCE(NEW.until, '9999-12-31') AND COALESCE(a.until, '9999-12-31') >= NEW.since)"
)
NO_ESTABLISHMENT = (
    "NEW.kind = 'established' AND NEW.until IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM teachers_establishment e WHERE e.school_id = NEW.school_id)"
)
NOT_APPROVED = (
    "NEW.excess_request_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM teachers_excessrequest r "
    "WHERE r.id = NEW.excess_request_id AND r.school_id = NEW.school_id AND r.state IN ('approved', 'ended'))"
)
APPOINTMENT, ESTABLISHMENT = "teachers_appointment", "teachers_establishment"
EXCESS, CHANGE = "teachers_excessrequest", "teachers_establishmentchange"
GUARDS = (
    (APPOINTMENT, "INSERT", "overlap", OVERLAPS.format(other=""), "这位教师在这段时间已有岗位；一人同时只能有一个岗位"),
    (APPOINTMENT, "UPDATE", "overlap", OVERLAPS.format(other="AND a.id <> NEW.id "), "这位教师在这段时间已有岗位；一人同时只能有一个岗位"),
    (APPOINTMENT, "UPDATE", "moved", "NEW.teacher_id <> OLD.teacher_id OR NEW.school_id <> OLD.school_id", "岗位聘任的教师和学校不得改写，请办理调动"),
    (APPOINTMENT, "DELETE", "kept", "1 = 1", "岗位聘任不得删除，请填写止任日期"),
    (APPOINTMENT, "INSERT", "place", NO_ESTABLISHMENT, "这所学校还没有核定编制，不能聘任在编教师"),
    (APPOINTMENT, "UPDATE", "place", NO_ESTABLISHMENT, "这所学校还没有核定编制，不能聘任在编教师"),
    (APPOINTMENT, "INSERT", "approved", NOT_APPROVED, "没有批准的超编申请，不能据以聘任"),
    (APPOINTMENT, "UPDATE", "approved", NOT_APPROVED, "没有批准的超编申请，不能据以聘任"),
    (EXCESS, "INSERT", "asked", f"NEW.state <> 'asked' OR NOT EXISTS (SELECT 1 FROM {ESTABLISHMENT} e WHERE e.school_id = NEW.school_id)", "超编须先核定编制，先申请再批准"),
    (EXCESS, "UPDATE", "decided", "NEW.school_id <> OLD.school_id OR NEW.posts <> OLD.posts OR NEW.asked_by_id <> OLD.asked_by_id "
     "OR OLD.state IN ('refused', 'withdrawn', 'ended') OR (OLD.state = 'approved' AND NEW.state NOT IN ('approved', 'ended'))", "已办结的超编申请不得修改"),
    (EXCESS, "DELETE", "kept", "1 = 1", "超编申请不得删除"),
    (CHANGE, "UPDATE", "kept", "1 = 1", "编制变动记录不得修改"),
    (CHANGE, "DELETE", "kept", "1 = 1", "编制变动记录不得删除"),
    (ESTABLISHMENT, "INSERT", "zero", "NEW.filled <> 0 OR NEW.excess_approved <> 0", "在编人数和批准超编只能由聘任和审批得出"),
)  # fmt: skip
BY_HAND = "在编人数和批准超编只能由聘任和审批得出"
COUNTED = "({row}.kind = 'established' AND {row}.until IS NULL AND {row}.school_id = school_id)"
POSTS = "CASE WHEN {row}.state = 'approved' THEN {row}.posts ELSE 0 END"


def _one_if(row: str) -> str:
    return f"CASE WHEN {COUNTED.format(row=row)} THEN 1 ELSE 0 END"


# One statement each, so that the constraint sees the outcome; the row lock of the update makes two at once wait for each other.
COUNTS = (
    ("count_post_given", APPOINTMENT, "INSERT", f"UPDATE {ESTABLISHMENT} SET filled = filled + {_one_if('NEW')} WHERE school_id = NEW.school_id"),
    ("count_post_changed", APPOINTMENT, "UPDATE", f"UPDATE {ESTABLISHMENT} SET filled = filled + {_one_if('NEW')} - {_one_if('OLD')} WHERE school_id = NEW.school_id"),
    ("count_excess", EXCESS, "UPDATE", f"UPDATE {ESTABLISHMENT} SET excess_approved = excess_approved + {POSTS.format(row='NEW')} - {POSTS.format(row='OLD')} WHERE school_id = NEW.school_id"),
)  # fmt: skip
# SQLite cannot tell a trigger's update from one by hand, but can count.
MISCOUNTED = (
    f"NEW.filled <> (SELECT COUNT(*) FROM {APPOINTMENT} a WHERE a.school_id = NEW.school_id AND a.kind = 'established' AND a.until IS NULL) "
    f"OR NEW.excess_approved <> (SELECT COALESCE(SUM(r.posts), 0) FROM {EXCESS} r WHERE r.school_id = NEW.school_id AND r.state = 'approved')"
)
CHANGED_BY_HAND = "pg_trigger_depth() < 2 AND (NEW.filled <> OLD.filled OR NEW.excess_approved <> OLD.excess_approved)"
# Two posts of one teacher at once: the second waits for the first, then sees it.
LOCK = "PERFORM 1 FROM teachers_teacher t WHERE t.id = NEW.teacher_id FOR NO KEY UPDATE; "


def guards_of(vendor: str):
    condition = CHANGED_BY_HAND if vendor == "postgresql" else MISCOUNTED
    return (*GUARDS, (ESTABLISHMENT, "UPDATE", "sums", condition, BY_HAND))


def name_of(table, event, what):
    return re.sub(r"\W+", "_", f"guard_{table}_{event.lower()}_{what}")


def put_up(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for table, event, what, condition, message in guards_of(schema_editor.connection.vendor):
        name = name_of(table, event, what)
        if on_postgresql:
            row = "OLD" if event == "DELETE" else "NEW"
            first = LOCK if what == "overlap" else ""
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {first}IF {condition} THEN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
                f"FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
    for name, table, event, change in COUNTS:
        if on_postgresql:
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change}; RETURN NULL; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW BEGIN {change}; END"
            )


def take_down(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    names = [name_of(*guard[:3]) for guard in guards_of(schema_editor.connection.vendor)]
    for name in [*names, *(count[0] for count in COUNTS)]:
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE" if on_postgresql else f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("teachers", "0001_teachers_and_their_posts")]

    operations = [migrations.RunPython(put_up, take_down)]
