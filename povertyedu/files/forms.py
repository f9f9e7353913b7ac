"""A picture or a scan, checked before it is kept."""

from pathlib import Path

from django import forms

# What a scan begins with, by extension: a renamed file is told apart from a picture.
SCANS = {".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff", ".png": b"\x89PNG", ".pdf": b"%PDF"}
SCAN_MEGABYTES = 10


class ScanField(forms.FileField):
    """A jpg, png or pdf that is what its name says; ``more`` is said after what it may be."""

    def __init__(self, *, megabytes: int = SCAN_MEGABYTES, more: str = "", **kwargs):
        kwargs.setdefault("error_messages", {"empty": "文件是空的；请重新扫描或拍照。"})
        self.megabytes = megabytes
        super().__init__(help_text=f"jpg、png 或 pdf，不超过 {megabytes} MB{more}", **kwargs)

    def clean(self, data, initial=None):
        scan = super().clean(data, initial)
        if not scan:
            return scan
        begins = SCANS.get(Path(scan.name).suffix.lower())
        if begins is None:
            raise forms.ValidationError("只能上传 jpg、png 或 pdf；请另存后再上传。")
        if scan.size > self.megabytes * 2**20:
            raise forms.ValidationError(f"文件超过 {self.megabytes} MB；请降低分辨率后再上传。")
        head = scan.read(len(begins))
        scan.seek(0)
        if head != begins:
            raise forms.ValidationError("文件内容和扩展名不符，可能已损坏；请重新扫描或拍照。")
        return scan
