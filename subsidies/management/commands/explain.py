"""``explain --term T --student ID_OR_学籍号``: every rule considered for one child, as one JSON object."""

import json

from django.core.management.base import BaseCommand, CommandError

from povertyedu.sealing import keyed_hash
from students.models import Enrolment
from subsidies.actions.policies import NoPolicy, pack_of, policy_for
from subsidies.explanations import explain_enrolment
from subsidies.queries import FactUnread


class Command(BaseCommand):
    help = "说明一名学生某学期每条规则为何适用或不适用。"

    def add_arguments(self, parser):
        parser.add_argument("--term", required=True)
        parser.add_argument("--student", required=True, help="身份证件号或学籍号")

    def handle(self, *args, term: str, student: str, **options):
        digest = keyed_hash(student.strip().upper())
        rows = Enrolment.objects.of(term)
        found = rows.known_by([digest]) | rows.filter(student__student_no_hash=digest)
        enrolment = found.select_related("student", "term", "school", "school_class").first()
        if enrolment is None:
            raise CommandError(f"学期 {term} 没有这个身份证件号或学籍号的学籍。", returncode=2)
        try:
            policy = policy_for(enrolment.term)
            explanation = explain_enrolment(enrolment, pack_of(policy), policy.figures)
        except (NoPolicy, FactUnread) as error:
            raise CommandError(str(error), returncode=1) from error
        for finding in explanation.findings:
            self.stderr.write(finding.outcome)
        self.stdout.write(json.dumps(explanation.as_dict(), ensure_ascii=False))
