"""What is typed of a paper: whom it is for, how it was delivered, when it was signed."""

import datetime as dt

from django import forms

from dropout.enums import Delivery, DenialKind
from dropout.models import Case
from povertyedu.files.forms import ScanField
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField

from .cases import long_text


class _OfGuardian(forms.Form):
    guardian = CellField(cells.clean_person_name, label="监护人", required=True, max_length=60)

    def __init__(self, *args, case: Case, **kwargs):
        super().__init__(*args, **kwargs)
        guardian = getattr(case.student, "guardian", None)
        self.fields["guardian"].initial = guardian.name if guardian else ""


class OrderForm(_OfGuardian):
    due_on = DayField(label="返校期限")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_on"].initial = today() + dt.timedelta(days=option("return_order_days"))


class AgreementForm(_OfGuardian):
    pass


class DenialForm(forms.Form):
    kind = forms.ChoiceField(label="事项", choices=DenialKind.choices)
    reason = long_text("理由", required=True, max_length=300)

    def __init__(self, *args, case: Case, **kwargs):
        super().__init__(*args, **kwargs)


class DeliverForm(forms.Form):
    on = DayField(label="送达日期")
    to = CellField(cells.clean_person_name, label="送达给", required=True, max_length=60)
    delivery = forms.ChoiceField(label="送达方式", choices=Delivery.choices)
    scan = ScanField(label="送达回证（照片或扫描件）", required=False)

    def __init__(self, *args, paper, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial, self.fields["to"].initial = today(), paper.guardian


class SignForm(forms.Form):
    on = DayField(label="签订日期")
    scan = ScanField(label="签字的扫描件或照片")

    def __init__(self, *args, paper, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()


class NothingForm(forms.Form):
    def __init__(self, *args, paper, **kwargs):
        super().__init__(*args, **kwargs)
