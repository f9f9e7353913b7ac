"""``import_workbook KIND FILE [--term T] [--dry-run] [--errors OUT.xlsx]``: one JSON object on one line of stdout.

Exit code 0: done (bad rows are left out and counted), 1: the file is refused whole, 2: wrong usage.
"""

import json
import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from povertyedu.imports.actions import carry_out, context_of, receive, resource_of
from povertyedu.imports.errors import write_errors
from povertyedu.imports.reading import read_file
from povertyedu.imports.rows import Tally
from povertyedu.orgs.models import Term
from povertyedu.workbooks.reading import WorkbookError
from povertyedu.workbooks.writing import output_path

CHUNK = 1024 * 1024
COUNTS = ("rows", "created", "updated", "unchanged", "duplicates", "rejected")


class Command(BaseCommand):
    help = "导入一个工作簿：areas、schools、roster、registered-poor、categories、target-list、away。"

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=list(settings.IMPORT_RESOURCES), metavar="KIND")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--term", help="学期，如 2020-autumn；不写用最近的学期")
        parser.add_argument("--dry-run", action="store_true", help="只核对，不写入")
        parser.add_argument("--errors", type=output_path, help="把有错误的行写到这个 .xlsx")

    def handle(self, *args, **options):
        started = time.monotonic()
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"没有文件“{path}”，请核对路径。", returncode=2)
        resource = resource_of(options["kind"])
        term = self._term(resource, options["term"], dry_run=options["dry_run"])
        try:
            if options["dry_run"]:
                read, answer = self._dry_run(resource, path, term)
            else:
                read, answer = self._import(resource.kind, path, term)
        except WorkbookError as refusal:
            raise CommandError(f"整个文件没有导入：{refusal.message}", returncode=1) from refusal
        for remark in read.remarks:
            self.stderr.write(remark)
        if options["errors"]:
            with options["errors"].open("wb") as out:
                write_errors(out, path, resource, read)
        answer["seconds"] = round(time.monotonic() - started, 3)
        self.stdout.write(json.dumps(answer, ensure_ascii=False))

    @staticmethod
    def _term(resource, code: str | None, *, dry_run: bool) -> Term | None:
        if not resource.needs_term:
            return None
        if not code:
            if term := Term.objects.first():
                return term
            raise CommandError("系统里还没有学期，请用 --term 指明，如 --term 2020-autumn。", returncode=2)
        try:
            if dry_run:
                return Term.objects.filter(pk=code).first() or Term(code=code, **Term.defaults(code))
            return Term.objects.named(code)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error

    @staticmethod
    def _dry_run(resource, path: Path, term: Term | None):
        read = read_file(path, resource)
        context = context_of(resource, term, None)
        resource.check(read.rows, context)
        tally = Tally.of(read.rows)
        further = resource.answer(read.rows, context)
        return read, _answer(tally.counts, tally.rejected_by_code, tally.warnings, further)

    @staticmethod
    def _import(kind: str, path: Path, term: Term | None):
        with path.open("rb") as source:
            chunks = iter(lambda: source.read(CHUNK), b"")
            batch = receive(chunks=chunks, name=path.name, kind=kind, term=term, by=None)
        batch, read = carry_out(batch=batch)
        return read, _answer(batch.counts, batch.rejected_by_code, batch.warnings, batch.answer)


def _answer(counts: dict, rejected_by_code: dict, warnings: dict, further: dict) -> dict:
    """Return the figures in the order people read them; the database keeps JSON in an order of its own."""
    figures = {name: counts[name] for name in COUNTS}
    return figures | {"rejected_by_code": rejected_by_code, "warnings": warnings} | further
