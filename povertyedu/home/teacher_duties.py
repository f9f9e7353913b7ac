"""What waits for a person of the work with teachers: rolls of allowances, deployments, recruitment."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.imports.models import ImportBatch
from povertyedu.orgs.calendar import today
from teachers.enums.allowances import RollState
from teachers.enums.care import AidState
from teachers.enums.deployment import DeploymentState
from teachers.enums.suggested import RunState
from teachers.models import (
    AllowanceRoll,
    AllowanceSheet,
    Candidate,
    Deployment,
    ExcessRequest,
    HelpActivity,
    HireList,
    IllnessAid,
    PlanRun,
    RecruitmentPlan,
    ServiceTerm,
    Teacher,
    Trainee,
)

from .duty import Duty

TEACHER_DUTIES = (
    Duty(
        P.APPROVE_EXCESS, "待审批的超编申请",
        lambda user: ExcessRequest.objects.visible_to(user, P.APPROVE_EXCESS).to_decide().exclude(asked_by_id=user.pk), "asked_at", "teachers:excesses",
    ),
    Duty(
        P.IMPORT_TEACHERS, "待核对列、待确认的教师名册和编制文件",
        lambda user: ImportBatch.objects.visible_to(user).waiting_for_a_person(), "created_at", "imports:list",
    ),
    Duty(P.EDIT_TEACHERS, "待安排岗位的教师", lambda user: Teacher.objects.visible_to(user, P.EDIT_TEACHERS).waiting(), "updated_at", "teachers:list", "tab=waiting"),
    Duty(
        P.KEEP_CARE, "待核对、确认的教师补助名单", lambda user: AllowanceSheet.objects.visible_to(user, P.KEEP_CARE).to_confirm(),
        "roll__drawn_at", "teachers:allowances",
    ),
    Duty(
        P.REVIEW_CARE, "各校已确认、待审核的教师补助名单", lambda user: AllowanceRoll.objects.visible_to(user, P.REVIEW_CARE).to_review(),
        "drawn_at", "teachers:allowances",
    ),
    Duty(
        P.APPROVE_CARE, "待审批的教师补助名单",
        lambda user: AllowanceRoll.objects.visible_to(user, P.APPROVE_CARE).filter(state=RollState.REVIEWED), "drawn_at", "teachers:allowances",
    ),
    Duty(
        P.PAY_CARE, "已审批、待发放的教师补助",
        lambda user: AllowanceRoll.objects.visible_to(user, P.PAY_CARE).filter(state=RollState.APPROVED), "drawn_at", "teachers:allowances",
    ),
    Duty(
        P.REVIEW_CARE, "待审核的教师大病救助",
        lambda user: IllnessAid.objects.visible_to(user, P.REVIEW_CARE).filter(state=AidState.APPLIED), "applied_on", "teachers:aids", "tab=applied",
    ),
    Duty(
        P.KEEP_CARE, "被退回、待补充的教师大病救助",
        lambda user: IllnessAid.objects.visible_to(user, P.KEEP_CARE).filter(state=AidState.RETURNED), "applied_on", "teachers:aids", "tab=returned",
    ),
    Duty(
        P.APPROVE_CARE, "待审批的教师大病救助",
        lambda user: IllnessAid.objects.visible_to(user, P.APPROVE_CARE).filter(state=AidState.REVIEWED), "applied_on", "teachers:aids", "tab=reviewed",
    ),
    Duty(
        P.PAY_CARE, "已批准、待发放的教师大病救助",
        lambda user: IllnessAid.objects.visible_to(user, P.PAY_CARE).filter(state=AidState.APPROVED), "applied_on", "teachers:aids", "tab=approved",
    ),
    Duty(
        P.KEEP_MUTUAL_HELP, "计划了没有开展的校际帮扶", lambda user: HelpActivity.objects.visible_to(user, P.KEEP_MUTUAL_HELP).overdue(),
        "planned_on", "teachers:help", "tab=overdue",
    ),
    Duty(
        P.PLAN_DEPLOYMENT, "已求解、待采纳或调整的交流建议方案",
        lambda user: PlanRun.objects.visible_to(user).filter(state__in=[RunState.SOLVED, RunState.INFEASIBLE]), "solved_at", "teachers:suggested_plans",
    ),
    Duty(
        P.ASK_DEPLOYMENT, "草稿、还没有提出申请的教师派出",
        lambda user: Deployment.objects.visible_to(user, P.ASK_DEPLOYMENT).filter(state=DeploymentState.DRAFT, drafted_by_id=user.pk),
        "drafted_at", "teachers:deployments", "tab=draft",
    ),
    Duty(
        P.APPROVE_DEPLOYMENT, "待审批的教师派出",
        lambda user: Deployment.objects.visible_to(user, P.APPROVE_DEPLOYMENT).filter(state=DeploymentState.ASKED)
        .exclude(asked_by_id=user.pk).exclude(drafted_by_id=user.pk),
        "asked_at", "teachers:deployments", "tab=asked",
    ),
    Duty(
        P.ACCEPT_DEPLOYMENT, "待本校确认的教师派出",
        lambda user: Deployment.objects.visible_to(user, P.ACCEPT_DEPLOYMENT).to_agree(user), "approved_on", "teachers:deployments", "tab=schools",
    ),
    Duty(
        P.ACCEPT_DEPLOYMENT, "已到起日、待确认到岗的教师",
        lambda user: Deployment.objects.visible_to(user, P.ACCEPT_DEPLOYMENT).late_to_start(), "since", "teachers:deployments", "tab=open",
    ),
    Duty(
        P.ACCEPT_DEPLOYMENT, "逾期未返回的派出教师",
        lambda user: Deployment.objects.visible_to(user, P.ACCEPT_DEPLOYMENT).overdue(), "until", "teachers:deployments", "tab=overdue",
    ),
    Duty(
        P.APPROVE_DEPLOYMENT, "全县逾期未返回的派出教师",
        lambda user: Deployment.objects.visible_to(user, P.APPROVE_DEPLOYMENT).overdue(), "until", "teachers:deployments", "tab=overdue",
    ),
    Duty(
        P.APPROVE_RECRUITMENT, "待审批的教师招聘计划",
        lambda user: RecruitmentPlan.objects.visible_to(user, P.APPROVE_RECRUITMENT).filter(state="submitted").exclude(drawn_by_id=user.pk),
        "drawn_on", "teachers:plans", "tab=submitted",
    ),
    Duty(
        P.APPROVE_RECRUITMENT, "公示期满、待批准聘用的名单",
        lambda user: HireList.objects.visible_to(user, P.APPROVE_RECRUITMENT).filter(state="public", closes_on__lt=today()).exclude(drawn_by_id=user.pk),
        "closes_on", "teachers:plans",
    ),
    Duty(
        P.PLAN_RECRUITMENT, "已批准聘用、待到岗的新教师",
        lambda user: Candidate.objects.visible_to(user, P.PLAN_RECRUITMENT).filter(state="hired"), "hire_list__approved_on", "teachers:arrivals",
    ),
    Duty(
        P.PLAN_TRAINING, "待认定学时的培训",
        lambda user: Trainee.objects.visible_to(user, P.PLAN_TRAINING).filter(state="reported").exclude(reported_by_id=user.pk), "completed_on",
        "teachers:courses", "tab=to_confirm",
    ),
    Duty(
        P.PLAN_RECRUITMENT, "服务期（合同）临近到期或已到期，待办理去向",
        lambda user: ServiceTerm.objects.visible_to(user, P.PLAN_RECRUITMENT).ending(), "until", "teachers:service_terms",
    ),
)  # fmt: skip
