"""``make_demo [--children N]``: the fictional county on an empty database; one line of JSON on stdout (the solver prints its banner, too)."""

import json
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from povertyedu.home.demo.accounts import PASSWORD, table
from povertyedu.home.demo.build import CHILDREN, build
from povertyedu.settings.environment import VAR_DIR
from students.models import Student


class Command(BaseCommand):
    help = "在空数据库里建立虚构的云岭县（529901）：学生、名单、应享、各阶段批次和每个角色一个账号。"

    def add_arguments(self, parser):
        parser.add_argument("--children", type=int, default=CHILDREN, help="每学期约多少名学生")

    def handle(self, *args, **options):
        if settings.SETTINGS_MODULE.endswith(".prod"):
            raise CommandError("生产环境不能建立演示数据。", returncode=2)
        if Student.objects.exists():
            raise CommandError("数据库里已有学生，演示数据只建在空数据库里。", returncode=1)
        started = time.monotonic()

        def say(step: str) -> None:
            self.stderr.write(f"  {time.monotonic() - started:5.1f} 秒  {step}")

        made = build(children=options["children"], folder=VAR_DIR / "demo", say=say)
        answer = made | {
            "seconds": round(time.monotonic() - started, 1),
            "password": PASSWORD,
            "accounts": table(),
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
