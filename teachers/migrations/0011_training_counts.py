"""Triggers of training: the database counts who takes a place of a course, and keeps who took part."""

from django.db import migrations

from ._guards import guarding

COURSE, TRAINEE = "teachers_trainingcourse", "teachers_trainee"
TAKING = "('enrolled', 'reported', 'completed')"
BY_HAND = "报名人数只能由参训教师得出"
GUARDS = (
    (COURSE, "INSERT", "zero", "NEW.taken <> 0", BY_HAND),
    (TRAINEE, "UPDATE", "moved", "NEW.course_id <> OLD.course_id OR NEW.teacher_id <> OLD.teacher_id", "参训教师和课程不得改写"),
    (TRAINEE, "DELETE", "kept", "1 = 1", "参训记录不得删除，请办理没有参加"),
)  # fmt: skip
MISCOUNTED = f"NEW.taken <> (SELECT COUNT(*) FROM {TRAINEE} t WHERE t.course_id = NEW.id AND t.state IN {TAKING})"
CHANGED_BY_HAND = "pg_trigger_depth() < 2 AND NEW.taken <> OLD.taken"


def _one_if(row: str) -> str:
    return f"CASE WHEN {row}.state IN {TAKING} THEN 1 ELSE 0 END"


COUNTS = (
    ("count_trainee_new", "INSERT", f"UPDATE {COURSE} SET taken = taken + {_one_if('NEW')} WHERE id = NEW.course_id"),
    ("count_trainee_moved", "UPDATE", f"UPDATE {COURSE} SET taken = taken + {_one_if('NEW')} - {_one_if('OLD')} WHERE id = NEW.course_id"),
)  # fmt: skip
GUARD = "guard_teachers_trainingcourse_update_count"


def put_up(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for name, event, change in COUNTS:
        if on_postgresql:
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change}; RETURN NULL; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {TRAINEE} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {TRAINEE} FOR EACH ROW BEGIN {change}; END"
            )
    if on_postgresql:
        schema_editor.execute(
            f"CREATE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {CHANGED_BY_HAND} THEN "
            f"RAISE EXCEPTION '{BY_HAND}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON {COURSE} FOR EACH ROW EXECUTE FUNCTION {GUARD}()"
        )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON {COURSE} "
            f"FOR EACH ROW WHEN {MISCOUNTED} BEGIN SELECT RAISE(ABORT, '{BY_HAND}'); END"
        )


def take_down(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for name in [GUARD, *(count[0] for count in COUNTS)]:
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE" if on_postgresql else f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("teachers", "0010_training")]

    operations = [guarding(GUARDS), migrations.RunPython(put_up, take_down)]
