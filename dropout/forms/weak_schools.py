"""What is typed of a weak school."""

from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField

from .cases import long_text


class WeakSchoolForm(forms.Form):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    reason = CellField(
        cells.clean_text, label="薄弱在哪里", required=True, max_length=200, help_text="如流失较多、教师不足、路远没有寄宿"
    )  # fmt: skip
    contact = CellField(
        cells.clean_person_name, label="联系人", max_length=60, help_text="局里、中心学校联系这所学校的人"
    )
    phone = CellField(cells.clean_phone, label="联系人电话", max_length=30)
    measures = long_text("对策", help_text="一校一对策：做什么、谁来做、什么时候")
    listed_on = DayField(label="列入日期")
    closed_on = DayField(label="移出日期", required=False, help_text="不再薄弱的填写")

    def __init__(self, *args, user, permission, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = (
            School.objects.visible_to(user, permission).filter(is_open=True).order_by("name")
        )
        self.fields["listed_on"].initial = today()
