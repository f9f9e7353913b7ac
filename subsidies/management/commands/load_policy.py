"""``load_policy NAME_OR_PATH``: make a pack the current policy; one JSON object on stdout."""

import json
import sys

from django.core.management.base import BaseCommand, CommandError

from povertyedu.workflow.flow import Actor
from subsidies import engine
from subsidies.actions.policies import built_in_packs, load_policy, pack_of, pack_text


class Command(BaseCommand):
    help = "载入资助政策包（内置包的代码，或 TOML 文件的路径）。"

    def add_arguments(self, parser):
        parser.add_argument("name_or_path")

    def handle(self, *args, name_or_path: str, **options):
        try:
            text = pack_text(name_or_path)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(
                f"读不到政策包“{name_or_path}”。内置的有：{'、'.join(built_in_packs())}。", returncode=2
            ) from error
        try:
            policy = load_policy(text=text, by=Actor(None, "命令行", ""))
        except engine.PackError as error:
            self.stderr.write(str(error))
            sys.exit(1)
        pack = pack_of(policy)
        answer = {
            "name": policy.name, "title": policy.title, "version": policy.version, "rules": len(pack.rules),
            "programmes": len(pack.programmes), "examples": len(pack.examples),
        }  # fmt: skip
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
