"""A note on a child."""

from django import forms

from povertyedu.workbooks import cells

from .identity import CellField
from .scans import ScanField


class NoteForm(forms.Form):
    text = CellField(
        cells.clean_text, label="内容", required=True, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请填写内容。"}, help_text="能看这份档案的人都看得到；不要写身份证号、银行账号",
    )  # fmt: skip
    scan = ScanField(label="附件（照片或扫描件）", required=False)
