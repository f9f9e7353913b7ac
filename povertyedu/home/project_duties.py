"""What waits in school construction and equipment."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.imports.models import ImportBatch
from povertyedu.orgs.calendar import today
from projects.models import (
    Acceptance,
    Alert,
    BaseTable,
    Disclosure,
    FundRequest,
    Gap,
    Project,
    Purchase,
    PurchaseShare,
)
from projects.queries.inspections import not_inspected

from .duty import Duty

PROJECT_DUTIES = (
    Duty(
        P.MANAGE_PROJECTS, "待核对列、待确认的项目文件",
        lambda user: ImportBatch.objects.visible_to(user).waiting_for_a_person(), "created_at", "imports:list",
    ),
    Duty(
        P.APPROVE_PROJECTS, "待审批的项目资金申请",
        lambda user: FundRequest.objects.visible_to(user, P.APPROVE_PROJECTS).to_decide().exclude(asked_by_id=user.pk),
        "asked_at", "projects:requests",
    ),
    Duty(
        P.MANAGE_PROJECTS, "待核实销号的办学条件缺口",
        lambda user: Gap.objects.visible_to(user, P.MANAGE_PROJECTS).filter(state="filled").exclude(filled_by_id=user.pk),
        "filled_on", "projects:gaps", "tab=filled",
    ),
    Duty(
        P.APPROVE_PROJECTS, "待审批的设备采购清单",
        lambda user: Purchase.objects.visible_to(user, P.APPROVE_PROJECTS).filter(state="submitted").exclude(drawn_by_id=user.pk),
        "drawn_on", "projects:purchases", "tab=submitted",
    ),
    Duty(
        P.MANAGE_PROJECTS, "超过交货期限还没有到齐的采购清单",
        lambda user: Purchase.objects.visible_to(user, P.MANAGE_PROJECTS).late(), "due_on", "projects:purchases", "tab=ordered",
    ),
    Duty(
        P.ACCEPT_EQUIPMENT, "已下单、待到校验收的设备",
        lambda user: PurchaseShare.objects.visible_to(user, P.ACCEPT_EQUIPMENT).to_count(), "item__purchase__ordered_on", "projects:deliveries",
    ),
    Duty(
        P.CONFIRM_EQUIPMENT, "待复核的到货验收单",
        lambda user: Acceptance.objects.visible_to(user, P.CONFIRM_EQUIPMENT).to_confirm().exclude(by_id=user.pk),
        "on", "projects:deliveries", "tab=reported",
    ),
    Duty(
        P.INSPECT_PROJECTS, "本半年还没有检查的建设项目",
        lambda user: not_inspected(Project.objects.visible_to(user, P.INSPECT_PROJECTS), user.scope(P.INSPECT_PROJECTS)),
        "begun", "projects:inspections", "tab=todo",
    ),
    Duty(
        P.MANAGE_PROJECTS, "项目预警：滞后、超支、进度久未更新",
        lambda user: Alert.objects.visible_to(user, P.MANAGE_PROJECTS).open(), "since", "projects:list", "tab=alerted",
    ),
    Duty(
        P.MANAGE_PROJECTS, "待报送的项目双月报",
        lambda user: BaseTable.objects.visible_to(user, P.MANAGE_PROJECTS).open().filter(due_on__gte=today()), "opened_on", "projects:base_tables",
    ),
    Duty(
        P.MANAGE_PROJECTS, "逾期没有报送的项目双月报",
        lambda user: BaseTable.objects.visible_to(user, P.MANAGE_PROJECTS).overdue(), "due_on", "projects:base_tables",
    ),
    Duty(
        P.APPROVE_PROJECTS, "待审定的项目双月报",
        lambda user: BaseTable.objects.visible_to(user, P.APPROVE_PROJECTS).filter(state="submitted").exclude(submitted_by_id=user.pk),
        "submitted_at", "projects:base_tables",
    ),
    Duty(
        P.APPROVE_PROJECTS, "待审批的项目公开",
        lambda user: Disclosure.objects.visible_to(user, P.APPROVE_PROJECTS).filter(state="submitted").exclude(drawn_by_id=user.pk),
        "submitted_at", "projects:disclosures",
    ),
    Duty(
        P.MANAGE_PROJECTS, "被退回、待修改的项目公开",
        lambda user: Disclosure.objects.visible_to(user, P.MANAGE_PROJECTS).filter(state="returned"), "submitted_at", "projects:disclosures",
    ),
)  # fmt: skip
