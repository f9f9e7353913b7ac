"""Pledges on paper: one as .docx, all of a layer in one zip."""

import datetime as dt
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dropout.enums import UnitKind
from dropout.models import Pledge
from povertyedu.documents import Document
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import tell
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.options.registry import option, options
from povertyedu.ui.templatetags.ui import date_cn

BLANK = "＿＿＿＿＿＿"
_NO_FILE_NAME = re.compile(r'[\\/:*?"<>|\s]+')


def paper_of(pledge: Pledge, said: dict | None = None) -> bytes:
    """Return a pledge as .docx: two copies are signed, by the unit and by the unit above. ``pledge`` with its unit."""
    said = said or options("county_name", "bureau_name")
    is_bureau = pledge.level.unit_kind == UnitKind.BUREAU
    unit = said["bureau_name"] if is_bureau else pledge.unit_name
    document = Document(pledge.title, author=said["bureau_name"])
    document.paragraph(f"（{pledge.level.label}）", centred=True)
    document.paragraph(f"{pledge.countersigning_unit}：", indent=False)
    document.paragraph(
        f"为依法保障适龄儿童少年接受义务教育的权利，落实{said['county_name']}控辍保学责任，{unit}就 {pledge.year} 年控辍保学工作作出如下承诺："
    )
    for number, duty in enumerate(pledge.level.duties.splitlines(), 1):
        if duty.strip():
            document.paragraph(f"{number}. {duty.strip()}")
    document.paragraph(
        "以上承诺自签订之日起至本年度结束有效；签订人变动的，由接任人重新签订。本责任状一式两份，双方各执一份。"
    )
    document.table(
        ["", "上一级单位", "签订单位"],
        [
            ["单位（盖章）", pledge.countersigning_unit, unit],
            ["负责人（签字）", pledge.countersigner_name or BLANK, pledge.signer_name or BLANK],
            ["日期", "　　年　　月　　日", "　　年　　月　　日"],
        ],
    )
    document.sign(f"第 {pledge.issue} 次签发　{date_cn(pledge.made_at.date())}")
    return document.content()


def file_name(pledge: Pledge) -> str:
    name = _NO_FILE_NAME.sub("_", pledge.unit_name)[:60]
    return f"{pledge.year}年责任状_{pledge.level.label}_{name}_{pledge.pk}.docx"


def write_zip(out: BinaryIO, pledges, *, progress=NO_PROGRESS) -> int:
    """Write the papers of ``pledges`` (a queryset) as a zip; return how many."""
    said = options("county_name", "bureau_name")
    rows = list(pledges.with_unit())
    progress.expect(len(rows))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, pledge in enumerate(rows, 1):
            packed.writestr(f"{pledge.level.label}/{file_name(pledge)}", paper_of(pledge, said))
            progress.reach(number)
    return len(rows)


def keep_zip(*, owner, pledges, name: str, progress=NO_PROGRESS) -> dict:
    """Write the papers of ``pledges`` into a stored file of ``owner`` and tell where it is; safe to run twice."""
    days = option("upload_keep_days")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pledges.zip"
        with path.open("wb") as out:
            count = write_zip(out, pledges, progress=progress)
        until = timezone.now() + dt.timedelta(days=days)
        with transaction.atomic():
            stored = StoredFile.keep(
                StoredFile.pieces(path),
                name=name,
                purpose="pledges",
                owner=owner,
                purge_after=until,
                personal=False,
            )
            url = reverse("files:download", args=[stored.pk])
            tell(owner, f"{name}（{count} 份）已生成，点开即可下载，保留 {days} 天。", url=url, tone="ok")
            progress.fence()
    return {"file": str(stored.pk), "count": count}
