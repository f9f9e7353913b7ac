"""Rows that each name a teacher by 工号: what such workbooks have in common."""

from povertyedu.imports.cleaning import short_text
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Context, Row
from povertyedu.workbooks.columns import Column
from povertyedu.workflow.flow import Actor
from teachers.models import Teacher


class ByTeacherResource(ImportResource):
    """A name that is given must be the teacher's; who imports for a school names its own staff only."""

    needs_term = False
    key_column = "code"

    code = Column("工号", aliases=("教师工号", "教师编号"), required=True, clean=short_text(20), as_text=True)
    name = Column("姓名", aliases=("教师姓名", "教师"), clean=short_text(60))

    def look_up(self, rows, context: Context) -> None:
        codes = {row.values["code"] for row in rows if row.values["code"]}
        self.teachers = {
            teacher.code: teacher for teacher in Teacher.objects.filter(code__in=codes).with_post()
        }

    def teacher_of(self, row: Row, context: Context) -> Teacher | None:
        """Return the row's teacher; what speaks against it is told."""
        word, name = row.values["code"], row.values["name"]
        teacher = self.teachers.get(word)
        if word and not teacher:
            row.reject("code", "teacher_unknown", f"没有工号为“{word[:20]}”的教师；请核对，或先登记教师。")
        elif teacher and name and teacher.name != name:
            row.reject("name", "name_differs", f"工号 {teacher.code} 登记的姓名不是这个；请核对工号和姓名。")
        elif teacher and context.schools is not None:
            post = teacher.post
            if post is None or post.school_id not in context.schools:
                row.reject("code", "out_of_scope", "不是您管理的学校的教师，不能导入。")
        return teacher

    def fingerprint(self, row: Row):
        return row.found

    def actor_of(self, context: Context) -> Actor:
        return context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
