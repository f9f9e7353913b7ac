"""``recalculate --term T [--school CODE]``: bring entitlements up to facts and policy; one JSON object on stdout."""

import json

from django.core.management.base import BaseCommand, CommandError

from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor
from subsidies.actions.policies import NoPolicy
from subsidies.actions.recalculation import recalculate
from subsidies.enums import RunCause
from subsidies.queries import FactUnread


class Command(BaseCommand):
    help = "按适用的政策重算一个学期的应享资助。"

    def add_arguments(self, parser):
        parser.add_argument("--term", required=True, help="2020-autumn")
        parser.add_argument("--school", help="学校标识码")
        parser.add_argument("--changed", action="store_true", help="只算有变动的学生")

    def handle(self, *args, **options):
        term = Term.objects.filter(pk=options["term"]).first()
        if term is None:
            raise CommandError(f"没有学期“{options['term']}”，请先导入该学期的花名册。", returncode=2)
        school = None
        if options["school"]:
            school = School.objects.filter(code=options["school"]).first()
            if school is None:
                raise CommandError(f"没有标识码为“{options['school']}”的学校。", returncode=2)
        try:
            run = recalculate(
                cause=RunCause.COMMAND,
                term=term,
                school=school,
                only_changed=options["changed"],
                trigger="命令行",
                by=Actor(None, "命令行", ""),
            )
        except (NoPolicy, FactUnread) as error:
            raise CommandError(str(error), returncode=1) from error
        answer = {
            "students": run.students, "profiles": run.profiles, "created": run.created, "updated": run.updated,
            "ended": run.ended, "unchanged": run.unchanged, "amount_fen": run.amount_fen,
            "by_programme": run.by_programme, "seconds": run.seconds,
        }  # fmt: skip
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
