"""``check_policy FILE``: read a pack, run its worked examples, lint it; one JSON object on stdout."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from subsidies import engine
from subsidies.actions.policies import built_in_packs, library, pack_text


class Command(BaseCommand):
    help = "检查政策包（TOML 文件的路径，或内置包的代码）：逐行报错，运行算例，指出可疑之处。不需要数据库。"
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("name_or_path", metavar="FILE")

    def handle(self, *args, name_or_path: str, **options):
        source = pack_text(name_or_path) if name_or_path in built_in_packs() else Path(name_or_path)
        if isinstance(source, Path) and not source.is_file():
            raise CommandError(
                f"没有文件“{name_or_path}”。内置的政策包有：{'、'.join(built_in_packs())}。", returncode=2
            )
        checkup = engine.check_pack(source, library=library)
        policy = checkup.policy
        answer = {
            "rules": len(policy.rules), "programmes": len(policy.programmes), "examples": len(policy.examples),
            "errors": [{"line": one.line, "message": one.message} for one in checkup.errors],
            "warnings": [{"line": one.line, "message": one.message} for one in checkup.warnings],
        }  # fmt: skip
        for one in checkup.errors:
            self.stderr.write(f"错误 {one}")
        for one in checkup.warnings:
            self.stderr.write(f"提醒 {one}")
        if not checkup.errors:
            self.stderr.write(
                f"政策包“{policy.title}”可以使用：{len(policy.rules)} 条规则，{len(policy.examples)} 个算例都算得出。"
            )
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
        if checkup.errors:
            sys.exit(1)
