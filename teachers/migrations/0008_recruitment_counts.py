"""Triggers of recruitment: posts of an approved plan stay, the database counts who takes them up."""

from django.db import migrations

from ._guards import guarding

LINE, TARGET, CANDIDATE = "teachers_postline", "teachers_channeltarget", "teachers_candidate"
HOLDING = "('checking', 'cleared', 'listed', 'hired', 'posted')"
NOT_DRAFT = (
    "EXISTS (SELECT 1 FROM teachers_channeltarget t JOIN teachers_recruitmentplan p ON p.id = t.plan_id "
    "WHERE t.id = {row}.target_id AND p.state <> 'draft')"
)
PLAN_NOT_DRAFT = (
    "EXISTS (SELECT 1 FROM teachers_recruitmentplan p WHERE p.id = {row}.plan_id AND p.state <> 'draft')"
)
FIXED = "计划已提交或批准，渠道人数和岗位不得改动"
OTHER_PLAN = (
    "(SELECT t.plan_id FROM teachers_postline l JOIN teachers_channeltarget t ON t.id = l.target_id WHERE l.id = NEW.line_id) "
    "<> NEW.plan_id"
)
GUARDS = (
    (LINE, "INSERT", "draft", NOT_DRAFT.format(row="NEW"), FIXED),
    (LINE, "DELETE", "draft", NOT_DRAFT.format(row="OLD"), FIXED),
    (LINE, "UPDATE", "draft", "(NEW.posts <> OLD.posts OR NEW.target_id <> OLD.target_id OR NEW.school_id <> OLD.school_id "
     f"OR NEW.stage <> OLD.stage OR NEW.subject <> OLD.subject) AND {NOT_DRAFT.format(row='OLD')}", FIXED),
    (LINE, "INSERT", "zero", "NEW.taken <> 0", "占用的岗位数只能由应聘人员得出"),
    (TARGET, "INSERT", "draft", PLAN_NOT_DRAFT.format(row="NEW"), FIXED),
    (TARGET, "UPDATE", "draft", PLAN_NOT_DRAFT.format(row="OLD"), FIXED),
    (TARGET, "DELETE", "draft", PLAN_NOT_DRAFT.format(row="OLD"), FIXED),
    (CANDIDATE, "INSERT", "plan", OTHER_PLAN, "岗位不是这份计划的"),
    (CANDIDATE, "UPDATE", "plan", f"NEW.plan_id <> OLD.plan_id OR {OTHER_PLAN}", "岗位不是这份计划的"),
    (CANDIDATE, "DELETE", "kept", "1 = 1", "应聘人员不得删除，请办理放弃或不予录用"),
)  # fmt: skip
BY_HAND = "占用的岗位数只能由应聘人员得出"
MISCOUNTED = f"NEW.taken <> (SELECT COUNT(*) FROM {CANDIDATE} c WHERE c.line_id = NEW.id AND c.state IN {HOLDING})"
CHANGED_BY_HAND = "pg_trigger_depth() < 2 AND NEW.taken <> OLD.taken"
# One statement, so that the constraint sees the outcome; its row lock makes two who take the last post wait for each other.
COUNTS = (
    ("count_candidate_new", "INSERT", f"UPDATE {LINE} SET taken = taken + CASE WHEN NEW.state IN {HOLDING} THEN 1 ELSE 0 END WHERE id = NEW.line_id"),
    (
        "count_candidate_moved", "UPDATE",
        f"UPDATE {LINE} SET taken = taken + CASE WHEN id = NEW.line_id AND NEW.state IN {HOLDING} THEN 1 ELSE 0 END "
        f"- CASE WHEN id = OLD.line_id AND OLD.state IN {HOLDING} THEN 1 ELSE 0 END WHERE id IN (NEW.line_id, OLD.line_id)",
    ),
)  # fmt: skip


def put_up(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for name, event, change in COUNTS:
        if on_postgresql:
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change}; RETURN NULL; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {CANDIDATE} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {CANDIDATE} FOR EACH ROW BEGIN {change}; END"
            )
    _guard_the_count(schema_editor, on_postgresql)


def _guard_the_count(schema_editor, on_postgresql):
    """Refuse a count by hand: PostgreSQL knows that a trigger counts, SQLite counts anew."""
    name = "guard_teachers_postline_update_count"
    if on_postgresql:
        schema_editor.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {CHANGED_BY_HAND} THEN "
            f"RAISE EXCEPTION '{BY_HAND}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {LINE} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {LINE} "
            f"FOR EACH ROW WHEN {MISCOUNTED} BEGIN SELECT RAISE(ABORT, '{BY_HAND}'); END"
        )


def take_down(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for name in ["guard_teachers_postline_update_count", *(count[0] for count in COUNTS)]:
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE" if on_postgresql else f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("teachers", "0007_recruitment")]

    operations = [guarding(GUARDS), migrations.RunPython(put_up, take_down)]
