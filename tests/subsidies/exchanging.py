"""What a bureau does with a question to the county of study, as its officer does it in the pages."""

import datetime as dt
import io
import sys

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from subsidies.models import ExchangeReply

LIST, NEW = reverse("subsidies:exchanges"), reverse("subsidies:exchange_new")
ZUNYI, GUANGZHOU = "贵州省遵义市", "广东省广州市"


def load_sample(folder, monkeypatch) -> None:
    """Import a sample county, its children away too, as the command does."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    for kind in ("areas", "schools", "roster", "registered-poor", "categories", "target-list", "away"):
        term = () if kind in ("areas", "schools") else ("--term", "2020-autumn")
        call_command(
            "import_workbook",
            kind,
            str(folder / f"{kind}.xlsx"),
            *term,
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )


def page(name, row) -> str:
    return reverse(f"subsidies:{name}", args=[row.pk])


def step(row, verb) -> str:
    return reverse("subsidies:exchange_step", args=[row.pk, verb])


def question(client, exchange) -> bytes:
    return client.post(page("exchange_workbook", exchange), {"reason": "发函核实"}).content


def filled(content: bytes, answers: dict[int, tuple], *, change=None) -> SimpleUploadedFile:
    """Return a list with (answer, programme, yuan, note) filled in by number, as a clerk of the other county would."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.active
    for row in sheet.iter_rows(min_row=4):
        for cell, value in zip(row[5:], answers.get(row[0].value, ()), strict=False):
            cell.value = value
    if change:
        change(sheet)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("答复.xlsx", out.getvalue())


def send_back(client, exchange, upload, day="2020-11-03"):
    return client.post(page("exchange_reply", exchange), {"workbook": upload, "answered_on": day})


def move_to(monkeypatch, day: dt.date) -> None:
    for module in ("actions.exchange", "models.exchange", "forms.exchange"):
        monkeypatch.setattr(f"subsidies.{module}.today", lambda: day)
    monkeypatch.setattr("povertyedu.home.todos.today", lambda: day)


def take_in(client, exchange, upload, day="2020-11-03") -> ExchangeReply:
    answer = send_back(client, exchange, upload, day)
    assert answer.status_code == 302, answer.context["errors"]
    client.post(answer.headers["Location"])
    return ExchangeReply.objects.get(pk=answer.headers["Location"].rstrip("/").rpartition("/")[2])
