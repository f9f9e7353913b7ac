"""``export_ledger KIND --term T --out FILE.xlsx``: write a ledger; one JSON object on stdout."""

import json
import time

from django.core.management.base import BaseCommand, CommandError

from povertyedu.audit.models import record_access
from povertyedu.orgs.models import Term
from povertyedu.workbooks.writing import output_path
from povertyedu.workflow.flow import Actor
from subsidies.actions.ledger_places import ByHome, BySchool
from subsidies.actions.ledgers import export_ledger


class Command(BaseCommand):
    help = "导出台账。"

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=["subsidy"], help="台账种类")
        parser.add_argument("--term", required=True, help="2020-autumn")
        parser.add_argument(
            "--by", choices=[BySchool.reading, ByHome.reading], default=BySchool.reading,
            help="按就读地（school_area，默认）还是户籍地（home_area）",
        )  # fmt: skip
        parser.add_argument("--out", required=True, type=output_path, help="写到哪个 .xlsx 文件")
        parser.add_argument(
            "--full-numbers", metavar="REASON", help="写出完整身份证号，并说明用途（记入查阅日志）"
        )

    def handle(self, *args, **options):
        term = Term.objects.filter(pk=options["term"]).first()
        if term is None:
            raise CommandError(f"没有学期“{options['term']}”，请先导入该学期的花名册。", returncode=2)
        out = options["out"]
        if options["full_numbers"]:
            by = Actor(None, "命令行", "")
            record_access(
                by,
                kind="download",
                subject=term,
                fields="台账：姓名、身份证号、金额",
                reason=options["full_numbers"],
            )
        began = time.monotonic()
        answer = export_ledger(
            out, term=term, full_numbers=bool(options["full_numbers"]), reading=options["by"]
        )
        answer |= {"kind": options["kind"], "out": str(out), "seconds": round(time.monotonic() - began, 2)}
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
