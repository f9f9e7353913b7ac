"""Every address of the system, opened as nobody, as a stranger, as the wrong role, and as who may.

The list comes from the resolver: a new route without a line in OBJECTS fails here first.
"""

import datetime as dt
import uuid
from collections import Counter
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from django.utils import timezone

from dropout.actions.calendar import do_task
from dropout.actions.care import keep_facility, visit_family
from dropout.actions.cases import open_case
from dropout.actions.chain import pick_pattern
from dropout.actions.papers import issue_order
from dropout.actions.pledges import keep_signed, make_out, take_usual_levels
from dropout.actions.posts import Whom, appoint
from dropout.actions.reports import open_report
from dropout.actions.school_duties import add_photo, answer_item, plan_campaign
from dropout.actions.screening import screen
from dropout.actions.visits import report_visit
from dropout.actions.weak_schools import keep_weak_school
from dropout.models import CalendarDuty, CareFacility, DutyTask, Pledge, WarningRule, WeakSchool
from dropout.queries.report_figures import month_of
from povertyedu.accounts.permissions import ROLES, Role
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.findings.actions import find, finish, plan
from povertyedu.imports.actions import resource_of
from povertyedu.imports.models import HeadingAlias, ImportBatch, StagedRow
from povertyedu.inbox.models import tell
from povertyedu.jobs.models import Job
from povertyedu.office.actions.areas import merge_area
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import CalendarDay, Person
from povertyedu.publicity.models import Objection
from povertyedu.publicity.publications import publish
from povertyedu.workbooks.writing import write_table
from projects.models import ProgrammeTarget
from students.actions.moves import request_transfer
from students.actions.promotion import open_promotion
from students.models import ColumnSet, Correction, Departure, PayoutBlock, StudentNote
from subsidies.actions.allocating import draw_up
from subsidies.actions.funds import keep_scan
from subsidies.actions.ledgers import freeze_ledger
from subsidies.actions.recovery import propose_recovery
from subsidies.actions.what_if import run_what_if
from subsidies.models import Balance
from tests import factories
from tests.factories import indicators, policies, subsidies
from tests.projects import building, equipping
from tests.teachers import caring, deploying, recruiting, registering, suggesting

pytestmark = pytest.mark.django_db

# Whose page it is decides, not a role: the owner opens it, everyone else gets 404.
OWN = {"jobs", "inbox", "files", "imports"}
OPEN_TO_ALL = {"accounts:login", "publicity:public", "publicity:publications", "publicity:publication"}
# Their argument names no object of anyone's.
NO_OBJECT = {
    "imports:template",
    "indicators:detail",
    "teachers:allowance_rate_edit",
    "teachers:allowance_rate_scan",
    "teachers:tilt",
    "teachers:tilt_export",
    "teachers:standard_edit",
    "teachers:hours",
    "dropout:screening",
    "dropout:screening_cases",
    "dropout:screening_confirm",
    "home:manual_page",
    "students:feedback",
}
# They name the children of all classes of a school: a class teacher's permission does not reach them.
OF_ALL_CLASSES = {"dropout:report", "dropout:task_file"}
ANY_ACCOUNT = {
    "home:todo",
    "home:switch_term",
    "home:manual",
    "home:manual_page",
    "accounts:logout",
    "accounts:password",
}


def routes(resolver=None, namespaces=()):
    """Yield (name, kwarg names, permissions) of every route."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern, (*namespaces, pattern.namespace) if pattern.namespace else namespaces)
        else:
            name = ":".join((*namespaces, pattern.name or str(pattern.pattern)))
            yield name, tuple(pattern.pattern.converters), getattr(pattern.callback, "permissions", ())


ROUTES = {name: (kwargs, permissions) for name, kwargs, permissions in routes() if not name.startswith("ui:")}


class Elsewhere:
    """Another township of the county with a village, a school and a class, and who holds a role there.

    A system serves one county (docs/adr/0003-scope.md), so roles of the county have no elsewhere.
    """

    def __init__(self):
        town = factories.township("529901199", "远山镇")
        school = factories.school("远山小学", area=town)
        self.places = {
            "township": town, "village": factories.village("529901199001", "远山村"), "school": school,
            "centre": factories.school("远山中心学校", area=town), "class": factories.school_class(school),
        }  # fmt: skip
        self.holders = {
            role: factories.user("别处的人", (role, self.places[definition.places[0]]))
            for role, definition in ROLES.items()
            if definition.places[0] in self.places
        }


def _png() -> SimpleUploadedFile:
    return SimpleUploadedFile("照片.png", b"\x89PNG")


class World:
    """One of everything, at 下寨小学 of 城关镇."""

    def __init__(self, clerk, aid, approver, finance, xiazhai, autumn, administrator):
        self.clerk, self.school, self.term, self.administrator = clerk, xiazhai, autumn, administrator
        self.student = factories.student("罗娜", at=xiazhai, during=autumn)
        subsidies.entitle(self.student, 50_000)
        people = subsidies.People(clerk=clerk, aid=aid, approver=approver, finance=finance)
        self.batch = subsidies.batch_at("sent", people, term=autumn)
        self.sheet = self.batch.sheets.get()
        self.line = self.batch.lines.get()
        self.bank_file = self.batch.bank_files.get()
        meals = subsidies.programme("boarding_topup", "寄宿生增补")
        subsidies.entitle(self.student, 5_000, of=meals)
        subsidies.batch_at("in_publicity", people, term=autumn, programmes=[meals])
        self.notice = xiazhai.notices.get(closes_on__gte=today())
        self.objection = Objection.objects.create(
            notice=self.notice,
            subject=f"subsidies.line:{self.line.pk}",
            subject_name="罗娜",
            text="已转学",
            received_by="杨丽",
        )
        self.school_class = xiazhai.classes.get()
        self.person = Person.objects.create(name="王老师", school=xiazhai)
        self.day = CalendarDay.objects.create(date=dt.date(2020, 10, 1), is_working=False)
        self.move = request_transfer(
            by=clerk.as_actor(), enrolment=self.student.enrolments.get(), side="sending", reason="随父母务工迁居",
            to_school=factories.school("城关镇第二小学"), effective_on=dt.date(2020, 10, 12),
        )  # fmt: skip
        self.proof = factories.proof(self.student.enrolments.get(), by=aid)
        self.correction = Correction.objects.create(
            enrolment=self.student.enrolments.get(), facts=["boarding"], wanted="走读", reason="填错", requested_by="杨丽",
        )  # fmt: skip
        self.change = factories.pending_change(self.student, by=clerk)
        other = factories.student("杨二", at=xiazhai, during=autumn)
        self.granted = factories.granted_correction(other.enrolments.get(), by=clerk, granted_by=aid)
        self.end = factories.proposed_end(self.student, during=autumn, by=aid)
        self.note = StudentNote.objects.create(
            student=self.student, text="家长外出务工", by_name="杨丽",
            file=StoredFile.keep([b"%PDF-1.4"], name="证明.pdf", purpose="student_note", owner=clerk),
        )  # fmt: skip
        self.second_batch = ImportBatch.objects.create(
            kind="roster", term=autumn, file=StoredFile.keep([b"x"], name="花名册.xlsx", purpose="import", owner=clerk), by=clerk,
            state="waiting", school=xiazhai, counts={"created": 0, "updated": 1}, overwritten=1,
            overwrites='[["学生", "2", "罗娜", "开户人", "罗娜", "罗丽浩", ""]]',
        )  # fmt: skip
        graduate = factories.student("毕业生", at=xiazhai, during=factories.term("2020-spring"))
        self.promotion = open_promotion(by=clerk.as_actor(), to_term=autumn, school=xiazhai)
        self.departure = Departure.objects.create(
            student=graduate, term=autumn, promotion=self.promotion, enrolment=graduate.enrolments.get(), outcome="sent",
            from_school=xiazhai, stage="primary", grade=5, destination="sent",
        )  # fmt: skip
        self.alias = HeadingAlias.objects.create(
            kind="roster", column="name", text="学员", normal="学员", added_by="周敏"
        )
        self.column_set = ColumnSet.objects.create(
            name="全国系统", entries=[{"source": "name", "heading": "姓名"}], updated_by="周敏"
        )
        self.county_fact = factories.county_fact()
        self.comparison = factories.comparison(during=autumn)
        self.pair = factories.pair(self.student, factories.student("罗娜", at=xiazhai, during=autumn))
        self.block = PayoutBlock.objects.create(
            enrolment=self.student.enrolments.get(), kind="false_enrolment", reason="查无此人", set_by="周敏"
        )
        self.receipt = subsidies.receipt(by=people.finance)
        self.scan = keep_scan(
            by=people.finance, receipt=self.receipt, upload=SimpleUploadedFile("指标文.pdf", b"%PDF-1.4")
        )
        over = Balance.objects.get(student=subsidies.overpaid("孙多", people, term=autumn, at=xiazhai))
        self.overpaid = {"student": over.student_id, "term": autumn.pk, "programme": over.programme_id}
        other = Balance.objects.get(student=subsidies.overpaid("孙余", people, term=autumn, at=xiazhai))
        self.recovery = propose_recovery(by=people.aid, balance=other, method="returned", reason="走读")
        self.closed_ledger = freeze_ledger(term=autumn, by=people.aid)
        subsidies.funded(by=people.aid)
        self.allocation = draw_up(
            by=people.aid, term=autumn, source="county", programmes=[subsidies.programme()], amount_fen=50_000,
            weights={"pupils": 1}, receipt=self.receipt,
        )  # fmt: skip
        # The newest policy holds: after those that making up funds and allocations publishes.
        self.policy, self.draft = policies.published(policies.QUOTA), policies.draft()
        run_what_if(policy=self.draft, by=aid.as_actor())
        factories.away("何欣", autumn)
        self.exchange = subsidies.exchange(aid, during=autumn)
        self.reply = subsidies.reply_to(self.exchange, aid)
        self.inquiry = subsidies.inquiry(aid, during=autumn)
        self.household = factories.household()
        self.merged = factories.village("529901100090", "并走村")
        merge_area(
            area=self.merged, into=factories.village(), on=dt.date(2020, 10, 9), from_term=autumn,
            by=administrator.as_actor(),
        )  # fmt: skip
        by = administrator.as_actor()
        self.link = next(link for link in pick_pattern(by=by, code="linxia") if link.label == "校长包班级")
        head = Whom("吴国强", "13900000001")
        self.post = appoint(by=by, link=self.link, place=self.school_class, whom=head, since=today())
        self.holder = self.post.person
        self.warning_rule = WarningRule.objects.create(factor="absence", threshold=3, points=10)
        self.finding = find(
            by=by, title="缺勤登记不全", due_on=today() + dt.timedelta(days=10), school=xiazhai, source="inspection"
        )  # fmt: skip
        plan(by=by, finding=self.finding, measure="每日登记")
        scan = SimpleUploadedFile("照片.png", b"\x89PNG")
        finish(by=clerk.as_actor(), finding=self.finding, result="已补登", upload=scan, account=clerk)
        self.evidence = self.finding.evidence.get()
        self._have_duties(by, clerk)
        self.screening = screen(by=by, term=autumn)
        self.screening_row = self.screening.rows.get(student=self.student)
        self.screening_row.evidence = StoredFile.keep(
            [b"x"], name="证明.png", purpose="screening", owner=clerk
        )
        self.screening_row.save()
        self.notice_of_rate = indicators.notice(by=by, school=xiazhai)
        self.rate_row = self.notice_of_rate.snapshot.rows.get(school=xiazhai)
        take_usual_levels(by=by)
        make_out(by=by, year=today().year)
        self.pledge = keep_signed(
            by=by, pledge=Pledge.objects.get(school=self.school), signer_name="吴国强", signed_on=today(),
            upload=SimpleUploadedFile("责任状.pdf", b"%PDF-1.4"),
        )  # fmt: skip
        self.case = open_case(
            by=by,
            student=self.student,
            term=autumn,
            origin="report",
            kind="suspected",
            since=dt.date(2020, 10, 12),
        )
        self.order = issue_order(
            by=by, case=self.case, guardian="罗丽浩", due_on=today() + dt.timedelta(days=7)
        )
        self.visit = report_visit(
            by=by, case=self.case, token=uuid.uuid4(), line="education", on=today(), visitor="罗雪", way="home", met="child",
            result="agreed", text="答应返校", upload=SimpleUploadedFile("入户.jpg", b"\xff\xd8\xff"),
        )[0]  # fmt: skip
        vars(self).update(building.one_of_each(xiazhai, by=by))
        vars(self).update(caring.one_of_each(xiazhai, by=by))
        self.publication = publish(
            by=by, area=factories.county(), about="测试:1", series="测试:1", title="资金计划", paragraphs=[], sections=[], phone="0000-0000000",
            days=5, keep=True,
        )  # fmt: skip
        vars(self).update(registering.one_of_each(xiazhai, by=by))
        vars(self).update(equipping.one_of_each(xiazhai, by=by, approver=approver.as_actor()))
        vars(self).update(deploying.one_of_each(xiazhai))
        self.programme_target = ProgrammeTarget.objects.create(
            programme=self.project.programme, year=2020, item="厕所", unit="座", planned=1
        )
        vars(self).update(recruiting.one_of_each(xiazhai, by=administrator, approver=approver))
        vars(self).update(
            suggesting.one_of_each(self.staff_member, to=factories.school("青石镇第二小学"), term=autumn)
        )
        self.event = record(clerk.as_actor(), action="测试", subject=self.student)

    def _have_duties(self, by, clerk):
        """A task of the calendar with evidence, and one record of each kind."""
        row = CalendarDuty.objects.create(
            name="走访", place="school", months=[1], day=1, lead=1, since=today()
        )
        self.task = DutyTask.objects.create(duty=row, school=self.school, opens_on=today(), due_on=today())
        do_task(by=by, task=self.task, note="已走访", upload=_png())
        self.ready = answer_item(
            by=by, school=self.school, term=self.term, item="meals", in_place=True, upload=_png()
        )
        self.campaign = plan_campaign(
            by=by, place=self.school, year=2026, month=2, planned_on=today(), plan="逐户讲解"
        )
        self.photo = add_photo(by=by, campaign=self.campaign, upload=_png(), token=uuid.uuid4())
        self.home_visit, _ = visit_family(
            by=by, enrolment=self.student.enrolments.get(), year=2020, holiday="summer", visited_on=today(), visitor="罗雪", result="well",
            upload=_png(),
        )  # fmt: skip
        town = factories.township()
        self.care = keep_facility(
            by=by,
            facility=CareFacility(
                kind="centre", area=town, school=self.school, name="关爱中心", opened_on=today()
            ),
        )
        self.weak = keep_weak_school(by=by, weak=WeakSchool(school=self.school), reason="流失较多")
        self.report = open_report(place=self.school, period=month_of(today()))

    def own(self, user):
        """Give ``user`` one of what only its owner sees."""
        workbook = BytesIO()
        columns = resource_of("roster").columns()
        write_table(workbook, [column.column_name for column in columns], [["x"] * len(columns)])
        self.file = StoredFile.keep([workbook.getvalue()], name="花名册.xlsx", purpose="测试", owner=user)
        self.import_batch = ImportBatch.objects.create(
            kind="roster",
            term=self.term,
            file=self.file,
            by=user,
            state="checked",
            counts=dict.fromkeys(("created", "updated", "unchanged", "duplicates"), 0)
            | {"rows": 1, "rejected": 1},
        )
        self.staged_row = StagedRow.objects.create(
            batch=self.import_batch, sheet="花名册", number=3, outcome="rejected", has_problem=True,
            sealed=StagedRow.seal_content(
                {"values": {}, "shown": {"name": ""}, "errors": [["name", "name_missing", "没有填写姓名。"]], "warnings": [], "repairs": [], "changes": []}
            ),
        )  # fmt: skip
        self.job = Job.objects.create(kind="subsidies.ledger", label="台账", by=user)
        self.ledger_job = Job.objects.create(
            kind="subsidies.ledger",
            label="台账",
            by=user,
            state="done",
            ended_at=timezone.now(),
            result={"file": str(self.file.pk)},
        )
        self.message = tell(user, "台账已生成")


def pk_of(name: str):
    return lambda world: {"pk": getattr(world, name).pk}


# Route -> the object it is opened with. Routes without arguments need no line.
OBJECTS = {
    "imports:alias_delete": pk_of("alias"),
    "students:column_set": pk_of("column_set"),
    "students:column_set_delete": pk_of("column_set"),
    "students:column_set_entry": lambda w: {"pk": w.column_set.pk, "position": 1},
    "students:column_set_remove": lambda w: {"pk": w.column_set.pk, "position": 1},
    "students:column_set_move": lambda w: {"pk": w.column_set.pk, "position": 1, "way": "up"},
    "students:column_set_copy": lambda w: {"key": "national"},
    "students:county_fact": pk_of("county_fact"),
    "students:county_fact_step": lambda w: {"pk": w.county_fact.pk, "verb": "retire"},
    "home:manual_page": lambda w: {"page": "index"},
    "home:dashboard_area": lambda w: {"code": "529901100"},
    "home:dashboard_school": pk_of("school"),
    "home:dashboard_class": pk_of("school_class"),
    "dropout:attendance_day": pk_of("school_class"),
    "dropout:attendance_panel": lambda w: {"student_pk": w.student.pk},
    "dropout:warning_rule": pk_of("warning_rule"),
    "dropout:warning_rule_remove": pk_of("warning_rule"),
    "dropout:follow_up_new": lambda w: {"student_pk": w.student.pk},
    "dropout:link_edit": pk_of("link"),
    "dropout:link_move": pk_of("link"),
    "dropout:link_remove": pk_of("link"),
    "dropout:post_end": pk_of("post"),
    "dropout:person": pk_of("holder"),
    **{f"dropout:pledge_{tail}": pk_of("pledge") for tail in ("docx", "file", "sign")},
    "dropout:duty_edit": lambda w: {"pk": w.task.duty_id},
    "dropout:task": pk_of("task"),
    "dropout:task_file": pk_of("task"),
    "dropout:ten_items_of": pk_of("school"),
    "dropout:ten_items_answer": lambda w: {"pk": w.school.pk, "item": "meals"},
    "dropout:ready_file": pk_of("ready"),
    "dropout:campaign": pk_of("campaign"),
    "dropout:campaign_photo": pk_of("photo"),
    "dropout:home_visit": lambda w: {"pk": w.student.enrolments.get().pk},
    "dropout:home_visit_photo": pk_of("home_visit"),
    "dropout:care_edit": pk_of("care"),
    "dropout:weak_school": pk_of("weak"),
    "dropout:report": pk_of("report"),
    "dropout:report_step": lambda w: {"pk": w.report.pk, "verb": "submit"},
    "dropout:pledge_level_edit": lambda w: {"pk": w.pledge.level_id},
    "dropout:case_panel": lambda w: {"student_pk": w.student.pk},
    "dropout:case_new": lambda w: {"student_pk": w.student.pk},
    **{
        f"dropout:{name}": pk_of("case")
        for name in ("case", "plan", "visit", "lessons", "dossier", "dossier_download")
    },
    "dropout:case_step": lambda w: {"pk": w.case.pk, "verb": "return"},
    "dropout:case_file": lambda w: {"pk": w.case.pk, "file_pk": w.visit.photo_id},
    "dropout:paper_new": lambda w: {"pk": w.case.pk, "kind": "agreement"},
    "dropout:paper": lambda w: {"pk": w.order.pk, "kind": "order"},
    "dropout:paper_docx": lambda w: {"pk": w.order.pk, "kind": "order"},
    "dropout:paper_step": lambda w: {"pk": w.order.pk, "kind": "order", "verb": "deliver"},
    "dropout:student_panel": lambda w: {"student_pk": w.student.pk},
    "subsidies:why": lambda w: {"student_pk": w.student.pk},
    "subsidies:student_panel": lambda w: {"student_pk": w.student.pk},
    "dropout:screening": pk_of("screening"),
    "dropout:screening_cases": pk_of("screening"),
    "dropout:screening_confirm": lambda w: {"pk": w.screening.pk, "code": "529901100"},
    "dropout:screening_row": pk_of("screening_row"),
    "dropout:screening_evidence": pk_of("screening_row"),
    "indicators:detail": lambda w: {"code": "dropout"},
    "indicators:names": pk_of("rate_row"),
    "indicators:notice": pk_of("notice_of_rate"),
    "indicators:step": lambda w: {"pk": w.notice_of_rate.pk, "verb": "answer"},
    "findings:detail": pk_of("finding"),
    "findings:step": lambda w: {"pk": w.finding.pk, "verb": "plan"},
    "findings:evidence": pk_of("evidence"),
    **{f"projects:{name}": pk_of("project") for name in ("detail", "edit", "inspect", "charts")},
    "projects:disclosure_step": lambda w: {"pk": w.disclosure.pk, "verb": "publish"},
    **{f"projects:disclosure{tail}": pk_of("disclosure") for tail in ("", "_edit")},
    "projects:base_table_step": lambda w: {"pk": w.base_table.pk, "verb": "accept"},
    **{f"projects:base_table{tail}": pk_of("base_table") for tail in ("", "_notes", "_export")},
    "projects:act": lambda w: {"pk": w.project.pk, "verb": "progress"},
    **{f"projects:{name}": pk_of("project_file") for name in ("file", "photo")},
    **{f"projects:{name}": pk_of("gap") for name in ("gap", "gap_proof")},
    "projects:gap_step": lambda w: {"pk": w.gap.pk, "verb": "fill"},
    **{f"projects:{name}": pk_of("school") for name in ("school_plan", "conditions")},
    "projects:standard_edit": pk_of("standard"),
    **{f"projects:{name}": pk_of("purchase") for name in ("purchase", "purchase_export", "item_new")},
    **{f"projects:{name}": pk_of("item") for name in ("item", "item_remove")},
    "projects:item_edit": lambda w: {"pk": w.purchase.pk, "item": w.item.pk},
    "projects:purchase_step": lambda w: {"pk": w.purchase.pk, "verb": "approve"},
    "projects:accept": lambda w: {"pk": w.purchase.pk, "school": w.school.pk},
    **{f"projects:{name}": pk_of("acceptance") for name in ("acceptance", "acceptance_proof")},
    "projects:acceptance_step": lambda w: {"pk": w.acceptance.pk, "verb": "reject"},
    "projects:asset": pk_of("asset"),
    "projects:asset_step": lambda w: {"pk": w.asset.pk, "verb": "move"},
    "projects:entry_reverse": lambda w: {"pk": w.fund_request.line.entries.first().pk},
    "projects:request": pk_of("fund_request"),
    "projects:request_step": lambda w: {"pk": w.fund_request.pk, "verb": "approve"},
    **{
        f"projects:{name}": lambda w: {"pk": w.project.programme_id}
        for name in ("programme", "programme_edit", "programme_charts", "target_new", "count_new")
    },
    "projects:target_drop": pk_of("programme_target"),
    **{f"teachers:{name}": pk_of("help_activity") for name in ("help_activity", "help_evidence")},
    "teachers:help_step": lambda w: {"pk": w.help_planned.pk, "verb": "hold"},
    "teachers:room_new": pk_of("building"),
    "teachers:room_edit": pk_of("room"),
    "teachers:move_out": pk_of("occupancy"),
    "teachers:housing_withdraw": pk_of("housing_request"),
    "teachers:health_reveal": pk_of("health_check"),
    "teachers:health_step": lambda w: {"pk": w.health_check.pk, "verb": "done"},
    **{f"teachers:{name}": pk_of("aid") for name in ("aid", "aid_reveal")},
    "teachers:aid_step": lambda w: {"pk": w.aid.pk, "verb": "apply_again"},
    "teachers:insurance_end": pk_of("insurance"),
    **{
        f"teachers:{name}": pk_of("tilt")
        for name in ("tilt", "tilt_edit", "tilt_candidate_new", "tilt_export")
    },
    "teachers:civil_edit": pk_of("civil_pay"),
    **{
        f"teachers:suggested{name}": pk_of("plan_run")
        for name in ("", "_export", "_solve", "_change", "_adopt", "_drop", "_pin")
    },
    "teachers:suggested_move": pk_of("planned_move"),
    "teachers:suggested_say": lambda w: {"pk": w.planned_move.pk, "verb": "pin"},
    "teachers:suggested_take_back": pk_of("plan_hold"),
    **{f"teachers:{name}": pk_of("staff_member") for name in ("detail", "edit", "reveal")},
    "teachers:act": lambda w: {"pk": w.staff_member.pk, "verb": "appoint"},
    **{
        f"teachers:{name}": lambda w: {"pk": w.staff_member.post.pk}
        for name in ("post_correct", "post_withdraw")
    },
    "teachers:term_end": pk_of("service_term"),
    **{
        f"teachers:{name}": pk_of("school")
        for name in ("school_establishment", "authorise", "place", "school_need")
    },
    **{f"teachers:{name}": pk_of("head_term") for name in ("head_term_edit", "head_term_remove")},
    "teachers:excess": pk_of("excess"),
    "teachers:excess_step": lambda w: {"pk": w.excess.pk, "verb": "approve"},
    "teachers:standard_edit": pk_of("staff_standard"),
    "teachers:hours": lambda w: {"stage": "primary"},
    **{f"teachers:{name}": pk_of("deployment") for name in ("deployment", "deployment_letter")},
    "teachers:deployment_step": lambda w: {"pk": w.deployment.pk, "verb": "ask"},
    "teachers:allowance_rate_edit": pk_of("allowance_rate"),
    "teachers:allowance_rate_scan": pk_of("allowance_rate"),
    "teachers:allowance_roll": pk_of("allowance_roll"),
    **{
        f"teachers:{name}": pk_of("recruitment_plan")
        for name in (
            "plan",
            "plan_edit",
            "target_new",
            "plan_lines",
            "plan_lines_export",
            "plan_draw",
            "post_line_new",
            "candidates",
            "candidates_export",
            "candidate_new",
        )
    },
    **{
        f"teachers:{name}": lambda w: {"plan": w.recruitment_plan.pk, "pk": w.post_line.pk}
        for name in ("post_line_edit", "post_line_drop")
    },
    "teachers:plan_step": lambda w: {"pk": w.recruitment_plan.pk, "verb": "approve"},
    "teachers:candidates_together": lambda w: {"pk": w.recruitment_plan.pk, "verb": "select"},
    **{
        f"teachers:{name}": pk_of("training_course")
        for name in ("course", "course_edit", "course_export", "course_enrol", "course_confirm")
    },
    "teachers:training_evidence": pk_of("trainee"),
    "teachers:trainee_step": lambda w: {"pk": w.trainee.pk, "verb": "report"},
    "teachers:candidate": pk_of("candidate"),
    "teachers:candidate_step": lambda w: {"pk": w.candidate.pk, "verb": "withdraw"},
    "teachers:hire_list": pk_of("hire_list"),
    "teachers:hire_list_step": lambda w: {"pk": w.hire_list.pk, "verb": "approve"},
    "teachers:service_term_end": pk_of("service_term"),
    "teachers:allowance_export": pk_of("paid_roll"),
    "teachers:allowance_repay": lambda w: {"teacher": w.leaver.pk, "kind": "rural"},
    "teachers:allowance_repay_reverse": pk_of("repayment"),
    "teachers:allowance_step": lambda w: {"pk": w.allowance_roll.pk, "verb": "approve"},
    **{f"teachers:{name}": pk_of("allowance_sheet") for name in ("allowance_sheet", "allowance_sheet_anew")},
    "teachers:allowance_sheet_step": lambda w: {"pk": w.allowance_sheet.pk, "verb": "confirm"},
    "teachers:allowance_line_step": lambda w: {
        "pk": w.allowance_sheet.pk,
        "teacher": w.allowance_sheet.lines.first().teacher_id,
        "verb": "hold",
    },
    "publicity:notice": pk_of("notice"),
    "publicity:object": pk_of("notice"),
    "publicity:answer": pk_of("objection"),
    "publicity:public": lambda w: {"token": w.notice.token},
    "publicity:publication": lambda w: {"token": w.publication.token},
    "office:account_edit": pk_of("clerk"),
    "office:account_active": pk_of("clerk"),
    "office:account_reset": pk_of("clerk"),
    "office:account_grants": pk_of("clerk"),
    "office:grant_add": pk_of("clerk"),
    "office:hand_over": pk_of("clerk"),
    "office:grant_end": lambda w: {"pk": w.clerk.grants.get().pk},
    "office:area_edit": lambda w: {"code": "529901100"},
    "office:area_merge": lambda w: {"code": "529901100"},
    "office:area_unmerge": lambda w: {"code": w.merged.pk},
    "office:school_edit": pk_of("school"),
    "office:classes": pk_of("school"),
    "office:class_edit": pk_of("school_class"),
    "office:person_edit": pk_of("person"),
    "office:term_edit": lambda w: {"code": w.term.pk},
    "office:term_close": lambda w: {"code": w.term.pk},
    "office:term_reopen": lambda w: {"code": w.term.pk},
    "office:day_delete": lambda w: {"date": w.day.date},
    "office:audit_event": pk_of("event"),
    "students:detail": pk_of("student"),
    "students:history": pk_of("student"),
    "students:promotion": pk_of("promotion"),
    "students:promotion_lines": pk_of("promotion"),
    "students:promotion_refresh": pk_of("promotion"),
    "students:promotion_step": lambda w: {"pk": w.promotion.pk, "verb": "drop"},
    "students:departure": pk_of("departure"),
    "students:correction": pk_of("correction"),
    "students:correction_answer": pk_of("correction"),
    "students:household": pk_of("household"),
    "students:correction_use": pk_of("granted"),
    "students:correction_withdraw": pk_of("correction"),
    "students:correction_new": pk_of("student"),
    "students:change": pk_of("change"),
    "students:change_answer": pk_of("change"),
    "students:change_withdraw": pk_of("change"),
    "students:change_reveal": pk_of("change"),
    "students:grid": pk_of("school_class"),
    "students:grid_row": lambda w: {"pk": w.student.enrolments.get().pk},
    "students:move_of": pk_of("student"),
    "students:move": pk_of("move"),
    "students:move_answer": pk_of("move"),
    "students:move_withdraw": pk_of("move"),
    "students:move_follow_up": pk_of("move"),
    "students:note_add": pk_of("student"),
    "students:note_file": pk_of("note"),
    "students:edit": pk_of("student"),
    "students:draft_of": pk_of("student"),
    "students:draft_of_discard": pk_of("student"),
    "students:feedback": lambda w: {"audience": "province"},
    "students:comparison": pk_of("comparison"),
    "students:comparison_dispose": pk_of("comparison"),
    "students:comparison_export": pk_of("comparison"),
    "students:pair": pk_of("pair"),
    "students:mark_false": lambda w: {"pk": w.student.enrolments.get().pk},
    "students:lift_block": pk_of("block"),
    "students:proof_add": lambda w: {"pk": w.student.enrolments.get().pk},
    "students:proof": pk_of("proof"),
    "students:proof_file": pk_of("proof"),
    "students:reveal": lambda w: {"pk": w.student.pk, "field": "id_number"},
    **{
        f"subsidies:exchange{tail}": pk_of("exchange")
        for tail in ("", "_workbook", "_key", "_letter", "_letter_docx", "_reply")
    },
    "subsidies:exchange_step": lambda w: {"pk": w.exchange.pk, "verb": "send"},
    "subsidies:reply": pk_of("reply"),
    "subsidies:inquiry": pk_of("inquiry"),
    "subsidies:inquiry_download": pk_of("inquiry"),
    "subsidies:batch": pk_of("batch"),
    "subsidies:batch_lines": pk_of("batch"),
    "subsidies:lines_hold": pk_of("batch"),
    "subsidies:batch_step": lambda w: {"pk": w.batch.pk, "verb": "publish"},
    "subsidies:sheet": pk_of("sheet"),
    "subsidies:republish": pk_of("sheet"),
    "subsidies:sheet_step": lambda w: {"pk": w.sheet.pk, "verb": "submit"},
    "subsidies:line": pk_of("line"),
    "subsidies:line_decide": pk_of("line"),
    "subsidies:payout_export": pk_of("batch"),
    "subsidies:selection_schools": lambda w: {"rule": "grant-1"},
    "subsidies:selection": lambda w: {"rule": "grant-1", "school": w.school.pk},
    "subsidies:policy_version": pk_of("policy"),
    "subsidies:draft": pk_of("draft"),
    "subsidies:draft_check": pk_of("draft"),
    "subsidies:draft_rule": pk_of("draft"),
    "subsidies:draft_amount": pk_of("draft"),
    "subsidies:draft_drop": pk_of("draft"),
    "subsidies:draft_figures": pk_of("draft"),
    "subsidies:draft_figure": pk_of("draft"),
    "subsidies:draft_ratio": pk_of("draft"),
    "subsidies:draft_average": pk_of("draft"),
    "subsidies:draft_publish": pk_of("draft"),
    "subsidies:what_if": pk_of("draft"),
    "subsidies:what_if_schools": pk_of("draft"),
    "subsidies:what_if_children": pk_of("draft"),
    "subsidies:payout_download": pk_of("bank_file"),
    "subsidies:payout_return": pk_of("bank_file"),
    "subsidies:receipt": pk_of("receipt"),
    "subsidies:receipt_reverse": pk_of("receipt"),
    "subsidies:scan_add": pk_of("receipt"),
    "subsidies:scan": pk_of("scan"),
    "subsidies:letter": lambda w: {"student_pk": w.student.pk},
    "subsidies:letters": pk_of("sheet"),
    "subsidies:closed_ledger": pk_of("closed_ledger"),
    "subsidies:recovery_new": lambda w: w.overpaid,
    "subsidies:recovery": pk_of("recovery"),
    "subsidies:recovery_return": pk_of("recovery"),
    "subsidies:recovery_step": lambda w: {"pk": w.recovery.pk, "verb": "withdraw"},
    "subsidies:allocation_of": pk_of("receipt"),
    "subsidies:allocation": pk_of("allocation"),
    "subsidies:allocation_edit": pk_of("allocation"),
    "subsidies:allocation_export": pk_of("allocation"),
    "subsidies:allocation_step": lambda w: {"pk": w.allocation.pk, "verb": "submit"},
    "subsidies:ledger_download": pk_of("ledger_job"),
    "imports:template": lambda w: {"kind": "roster"},
    "imports:second": pk_of("second_batch"),
    "imports:detail": pk_of("import_batch"),
    "imports:rows": pk_of("import_batch"),
    "imports:fix": lambda w: {"pk": w.import_batch.pk, "row": w.staged_row.pk},
    "imports:accept": lambda w: {"pk": w.import_batch.pk, "row": w.staged_row.pk},
    "imports:settle": lambda w: {"pk": w.import_batch.pk, "row": w.staged_row.pk},
    "imports:columns": pk_of("import_batch"),
    "imports:check": pk_of("import_batch"),
    "imports:apply": pk_of("import_batch"),
    "imports:cancel": pk_of("import_batch"),
    "imports:absent": pk_of("import_batch"),
    "imports:absent_download": pk_of("import_batch"),
    "imports:undo": pk_of("import_batch"),
    "imports:errors": pk_of("import_batch"),
    "jobs:detail": pk_of("job"),
    "jobs:cancel": pk_of("job"),
    "inbox:open": pk_of("message"),
    "files:download": pk_of("file"),
}


@pytest.fixture
def world(clerk, aid_officer, approver, finance, xiazhai, autumn, administrator):
    return World(clerk, aid_officer, approver, finance, xiazhai, autumn, administrator)


def address(name: str, world) -> str:
    return reverse(name, kwargs=OBJECTS[name](world) if name in OBJECTS else {})


def place_for(role: Role, world):
    """Return a place of the kind ``role`` is granted at, where the world stands."""
    return {
        "county": factories.county, "township": factories.township, "village": factories.village,
        "school": lambda: world.school, "centre": lambda: world.school, "class": lambda: world.school_class,
    }[ROLES[role].places[0]]()  # fmt: skip


def holder_of(permissions, world, *, of_all_classes: bool = False):
    """Return a new account with a role that includes one of ``permissions``, where the world stands."""
    roles = [role for role in ROLES if ROLES[role].permissions & set(permissions)]
    if of_all_classes:
        roles = [role for role in roles if ROLES[role].places != ("class",)]
    if P.VIEW_PROJECTS in permissions:  # the base table and what is made public are the county's
        roles = [role for role in roles if "county" in ROLES[role].places]
    # of several kinds of import the world has a roster
    role = next(
        (role for role in roles if P.IMPORT_ROSTER in {*permissions} & ROLES[role].permissions), roles[0]
    )
    return factories.user("有权的人", (role, place_for(role, world)))


def outsider_to(permissions, world):
    """Return a new account in the same place whose role includes none of ``permissions``."""
    role = next(role for role in ROLES if not ROLES[role].permissions & set(permissions))
    return factories.user("无权的人", (role, place_for(role, world)))


def test_every_route_is_covered():
    missing = [name for name, (kwargs, _) in ROUTES.items() if kwargs and name not in OBJECTS]
    gone = [name for name in OBJECTS if name not in ROUTES]
    unguarded = [
        name for name, (_, permissions) in ROUTES.items()
        if not permissions and name not in OPEN_TO_ALL | ANY_ACCOUNT and name.partition(":")[0] not in OWN
    ]  # fmt: skip
    twice = [name for name, count in Counter(name for name, *_ in routes()).items() if count > 1]
    assert (missing, gone, unguarded, twice) == ([], [], [], [])


def test_routes_refuse_nobody(world, client):
    world.own(world.clerk)
    login = (302, reverse("accounts:login"))
    found = {}
    for name in sorted(set(ROUTES) - OPEN_TO_ALL):
        answer = client.get(address(name, world))
        found[name] = (answer.status_code, answer.headers.get("Location", "").partition("?")[0])
    assert {name: answer for name, answer in found.items() if answer != login} == {}


def test_routes_refuse_the_wrong_role(world, client):
    world.own(world.clerk)
    found = {}
    for name in sorted(name for name in ROUTES if ROUTES[name][1]):
        client.force_login(outsider_to(ROUTES[name][1], world))
        found[name] = {
            client.get(address(name, world)).status_code,
            client.post(address(name, world)).status_code,
        } - {405}
    assert {name: statuses for name, statuses in found.items() if statuses != {403}} == {}


def test_routes_hide_objects_from_a_strangers_clerk(world, client, neighbour):
    world.own(world.clerk)
    client.force_login(neighbour)
    wrong = {}
    for name in sorted(
        name for name in ROUTES if ROUTES[name][0] and name not in OPEN_TO_ALL | ANY_ACCOUNT | NO_OBJECT
    ):
        permissions = set(ROUTES[name][1])
        may = not permissions or permissions & ROLES[Role.SCHOOL_CLERK].permissions
        statuses = {
            client.get(address(name, world)).status_code,
            client.post(address(name, world)).status_code,
        } - {405}
        if statuses != ({404} if may else {403}):
            wrong[name] = statuses
    assert wrong == {}


def test_routes_hide_objects_from_the_right_role_elsewhere(world, client):
    """Whoever may do this, but at another place: the object is not there for them."""
    world.own(world.clerk)
    holders = Elsewhere().holders
    wrong = {}
    for name in sorted(name for name in ROUTES if ROUTES[name][0] and name not in NO_OBJECT):
        for role, holder in holders.items():
            if not ROLES[role].permissions & set(ROUTES[name][1]):
                continue
            client.force_login(holder)
            statuses = {
                client.get(address(name, world)).status_code,
                client.post(address(name, world)).status_code,
            } - {405}
            if statuses != {404}:
                wrong[name, str(role)] = statuses
    assert wrong == {}


# What a school did, said to all who work there: it names no child.
OF_THE_WHOLE_SCHOOL = {
    "dropout:campaign",
    "dropout:campaign_photo",
    "dropout:pledge_docx",
    "dropout:pledge_file",
    "dropout:ready_file",
    "dropout:task",
    "dropout:ten_items_of",
}


def test_routes_hide_the_children_of_a_class_from_the_teacher_of_another(world, client):
    """The school is theirs, the children of the next class are not."""
    world.own(world.clerk)
    mine = ROLES[Role.CLASS_TEACHER].permissions
    next_class = factories.school_class(world.school, grade=4)
    client.force_login(factories.user("隔壁班主任", (Role.CLASS_TEACHER, next_class)))
    wrong = {}
    for name in sorted(name for name in ROUTES if mine & set(ROUTES[name][1]) and ROUTES[name][0]):
        if name in NO_OBJECT | OF_THE_WHOLE_SCHOOL:
            continue
        statuses = {
            client.get(address(name, world)).status_code,
            client.post(address(name, world)).status_code,
        } - {405}
        if statuses != {404}:
            wrong[name] = statuses
    assert wrong == {}


def test_routes_open_for_who_may(world, client):
    wrong = {}
    for name in sorted(set(ROUTES) - {"accounts:logout"}):
        permissions = ROUTES[name][1]
        whole = name in OF_ALL_CLASSES
        user = holder_of(permissions, world, of_all_classes=whole) if permissions else world.clerk
        world.own(user)
        if name in OPEN_TO_ALL:
            client.logout()
        else:
            client.force_login(user)
        answer = client.get(address(name, world))
        if answer.streaming:
            list(answer)  # reading it to the end closes the file behind it
        if answer.status_code not in (200, 302, 405) or "accounts/login" in answer.headers.get(
            "Location", ""
        ):
            wrong[name] = answer.status_code
    assert wrong == {}
