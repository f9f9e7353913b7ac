"""Who may do what: every permission, every role, on one page.

A :class:`~povertyedu.accounts.models.Grant` gives a user a role at one place. Buttons, views and
verbs all ask the same names.
"""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    # registry
    VIEW_STUDENTS = "view_students"
    VIEW_HOUSEHOLDS = "view_households"  # every member of a registered household, adults too
    EDIT_STUDENTS = "edit_students"
    APPROVE_CORRECTION = "approve_correction"  # of a closed term
    CHECK_CHANGES = "check_changes"  # of numbers and accounts on file
    MOVE_STUDENTS = "move_students"  # transfers, leave, promotion
    REVEAL_NUMBERS = "reveal_numbers"
    EXPORT_STUDENTS = "export_students"
    KEEP_COLUMN_SETS = "keep_column_sets"  # which columns exports offer
    IMPORT_ROSTER = "import_roster"
    IMPORT_LISTS = "import_lists"
    IDENTIFY = "identify"
    COMPARE_LISTS = "compare_lists"
    RESOLVE_DUPLICATES = "resolve_duplicates"
    # subsidies
    VIEW_SUBSIDIES = "view_subsidies"
    RECALCULATE = "recalculate"
    LOAD_POLICY = "load_policy"
    VIEW_POLICY = "view_policy"
    SELECT_CHILDREN = "select_children"  # within a quota
    OPEN_BATCH = "open_batch"
    SUBMIT_SHEET = "submit_sheet"
    REVIEW_SHEET = "review_sheet"
    APPROVE_OFFICE = "approve_office"
    APPROVE_FINAL = "approve_final"
    PUBLISH = "publish"
    HANDLE_OBJECTION = "handle_objection"
    PAY = "pay"
    EXPORT_LEDGER = "export_ledger"
    VIEW_FUNDS = "view_funds"
    MANAGE_FUNDS = "manage_funds"
    APPROVE_ALLOCATION = "approve_allocation"
    VIEW_DASHBOARD = "view_dashboard"
    VIEW_COVERAGE = "view_coverage"
    ASK_COUNTIES = (
        "ask_counties"  # who pays for children away: ask the county of study, answer another's question
    )
    # dropout control
    VIEW_CHAINS = "view_chains"  # who answers for which place and child
    MANAGE_CHAINS = "manage_chains"
    ENTER_ATTENDANCE = "enter_attendance"
    VIEW_ATTENDANCE = "view_attendance"
    VIEW_CASES = "view_cases"  # that a child is followed, and how far; not why
    WORK_CASES = "work_cases"  # visits, plans, and what is sensitive: health, family, faith
    VERIFY_CASES = "verify_cases"
    CLOSE_CASES = "close_cases"  # the second person, who confirms an outcome
    ISSUE_ORDERS = "issue_orders"  # 限期复学通知书, 协议书, 四不办理
    SCREEN = "screen"
    KEEP_PLEDGES = "keep_pledges"
    KEEP_CALENDAR = "keep_calendar"  # six systems: tasks, reports, checklists
    REVIEW_REPORTS = "review_reports"
    VIEW_WARNINGS = "view_warnings"
    # indicators and rectification
    VIEW_INDICATORS = "view_indicators"
    MANAGE_INDICATORS = "manage_indicators"
    VIEW_FINDINGS = "view_findings"
    ANSWER_FINDINGS = "answer_findings"
    MANAGE_FINDINGS = "manage_findings"
    # school construction and equipment
    VIEW_PROJECTS = "view_projects"
    MANAGE_PROJECTS = "manage_projects"
    REPORT_PROGRESS = "report_progress"  # of the projects at one's own school
    INSPECT_PROJECTS = "inspect_projects"  # each half-year: the township its own, the county again
    REPORT_NEEDS = "report_needs"  # what a school has and lacks
    KEEP_PROJECT_FUNDS = "keep_project_funds"  # arrivals, contracts, payments; ask for what needs approval
    APPROVE_PROJECTS = (
        "approve_projects"  # transfers, changes of contract, excess: another person than who asked
    )
    ACCEPT_EQUIPMENT = "accept_equipment"  # count what came to one's own school
    CONFIRM_EQUIPMENT = "confirm_equipment"  # another person than who counted
    KEEP_ASSETS = "keep_assets"  # what a school had before the ledger began
    # teachers
    VIEW_TEACHERS = "view_teachers"  # of one's own places; a school its own staff
    EDIT_TEACHERS = "edit_teachers"  # persons, posts, terms of service
    IMPORT_TEACHERS = "import_teachers"
    REVEAL_TEACHER_NUMBERS = "reveal_teacher_numbers"
    MANAGE_ESTABLISHMENT = "manage_establishment"  # authorised posts, standards; ask to go over
    APPROVE_EXCESS = "approve_excess"  # another person than who asked
    VIEW_RECRUITMENT = (
        "view_recruitment"  # plans of the county; who was hired for a school its head sees anyway
    )
    PLAN_RECRUITMENT = "plan_recruitment"
    APPROVE_RECRUITMENT = (
        "approve_recruitment"  # plans and lists of who is to be hired: another person than who drew them up
    )
    ASK_DEPLOYMENT = "ask_deployment"
    APPROVE_DEPLOYMENT = "approve_deployment"
    PLAN_DEPLOYMENT = "plan_deployment"  # suggested plans: rules, solving, adopting as drafts
    ACCEPT_DEPLOYMENT = "accept_deployment"  # both schools
    PLAN_TRAINING = "plan_training"
    REPORT_TRAINING = "report_training"
    KEEP_CARE = "keep_care"  # allowances, rooms, health checks
    REVIEW_CARE = "review_care"
    APPROVE_CARE = "approve_care"
    PAY_CARE = "pay_care"
    VIEW_TEACHER_PAY = "view_teacher_pay"
    VIEW_TEACHER_HEALTH = "view_teacher_health"
    KEEP_MUTUAL_HELP = "keep_mutual_help"  # between schools
    # office
    MANAGE_ORGS = "manage_orgs"
    MANAGE_OPTIONS = "manage_options"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_GRANTS = "manage_grants"
    VIEW_AUDIT = "view_audit"


P = Permission


@dataclass(frozen=True)
class RoleDefinition:
    """A role: its name on screen, where it may be granted, what it may do there."""

    label: str
    places: tuple[str, ...]  # county | township | village | school | class
    permissions: frozenset[Permission]


class Role(StrEnum):
    CLASS_TEACHER = "class_teacher"
    SCHOOL_CLERK = "school_clerk"
    SCHOOL_HEAD = "school_head"
    CENTRE_REVIEWER = "centre_reviewer"
    TOWNSHIP_OFFICER = "township_officer"
    VILLAGE_CADRE = "village_cadre"
    AID_OFFICER = "aid_officer"
    APPROVER = "approver"
    FINANCE = "finance"
    BASIC_EDUCATION_OFFICER = "basic_education_officer"
    PROJECT_OFFICER = "project_officer"
    PERSONNEL_OFFICER = "personnel_officer"
    LEADER = "leader"
    DATA_ADMINISTRATOR = "data_administrator"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDIT_ADMINISTRATOR = "audit_administrator"


def _role(label: str, places: str, *permissions: Permission) -> RoleDefinition:
    return RoleDefinition(label, tuple(places.split()), frozenset(permissions))


ROLES: dict[Role, RoleDefinition] = {
    Role.CLASS_TEACHER: _role(
        "班主任", "class", P.VIEW_STUDENTS, P.VIEW_CHAINS,
        P.ENTER_ATTENDANCE, P.VIEW_ATTENDANCE, P.VIEW_CASES, P.WORK_CASES, P.VIEW_WARNINGS,
    ),
    Role.SCHOOL_CLERK: _role(
        "学校经办", "school",
        P.VIEW_STUDENTS, P.EDIT_STUDENTS, P.MOVE_STUDENTS, P.REVEAL_NUMBERS, P.EXPORT_STUDENTS, P.IMPORT_ROSTER,
        P.VIEW_SUBSIDIES, P.SUBMIT_SHEET, P.VIEW_CHAINS,
        P.ENTER_ATTENDANCE, P.VIEW_ATTENDANCE, P.VIEW_CASES, P.WORK_CASES, P.SCREEN, P.KEEP_PLEDGES, P.KEEP_CALENDAR, P.VIEW_WARNINGS, P.VIEW_INDICATORS, P.VIEW_FINDINGS, P.ANSWER_FINDINGS,
        P.VIEW_PROJECTS, P.REPORT_PROGRESS, P.REPORT_NEEDS, P.ACCEPT_EQUIPMENT, P.KEEP_ASSETS,
        P.VIEW_TEACHERS, P.REPORT_TRAINING, P.KEEP_CARE, P.KEEP_MUTUAL_HELP,
    ),
    Role.SCHOOL_HEAD: _role(
        "校长", "school", P.VIEW_STUDENTS, P.CHECK_CHANGES, P.VIEW_SUBSIDIES, P.VIEW_DASHBOARD, P.VIEW_CHAINS,
        P.VIEW_ATTENDANCE, P.VIEW_CASES, P.WORK_CASES, P.VERIFY_CASES, P.KEEP_PLEDGES, P.KEEP_CALENDAR, P.VIEW_WARNINGS, P.VIEW_INDICATORS, P.VIEW_FINDINGS, P.ANSWER_FINDINGS,
        P.VIEW_PROJECTS, P.REPORT_PROGRESS, P.REPORT_NEEDS, P.ACCEPT_EQUIPMENT, P.CONFIRM_EQUIPMENT,
        P.VIEW_TEACHERS, P.ASK_DEPLOYMENT, P.ACCEPT_DEPLOYMENT, P.KEEP_MUTUAL_HELP,
    ),
    Role.CENTRE_REVIEWER: _role(
        "中心学校审核", "centre", P.VIEW_STUDENTS, P.VIEW_SUBSIDIES, P.REVIEW_SHEET, P.VIEW_CHAINS,
        P.VIEW_ATTENDANCE, P.VIEW_CASES, P.WORK_CASES, P.VERIFY_CASES, P.REVIEW_REPORTS, P.VIEW_WARNINGS, P.VIEW_INDICATORS, P.VIEW_FINDINGS,
        P.VIEW_TEACHERS,
    ),
    Role.TOWNSHIP_OFFICER: _role(
        "乡镇干部", "township", P.VIEW_STUDENTS, P.VIEW_HOUSEHOLDS, P.VIEW_SUBSIDIES, P.VIEW_DASHBOARD, P.VIEW_COVERAGE, P.VIEW_CHAINS,
        P.VIEW_ATTENDANCE, P.VIEW_CASES, P.WORK_CASES, P.VERIFY_CASES, P.ISSUE_ORDERS, P.KEEP_PLEDGES, P.KEEP_CALENDAR, P.REVIEW_REPORTS, P.VIEW_WARNINGS, P.VIEW_INDICATORS, P.VIEW_FINDINGS, P.ANSWER_FINDINGS,
        P.VIEW_PROJECTS, P.INSPECT_PROJECTS,
    ),
    Role.VILLAGE_CADRE: _role(
        "村干部", "village", P.VIEW_STUDENTS, P.VIEW_HOUSEHOLDS, P.VIEW_CHAINS,
        P.VIEW_CASES, P.WORK_CASES, P.VIEW_WARNINGS,
    ),
    Role.AID_OFFICER: _role(
        "资助中心", "county",
        P.VIEW_STUDENTS, P.EDIT_STUDENTS, P.MOVE_STUDENTS, P.APPROVE_CORRECTION, P.CHECK_CHANGES, P.REVEAL_NUMBERS, P.EXPORT_STUDENTS, P.KEEP_COLUMN_SETS, P.VIEW_SUBSIDIES, P.VIEW_POLICY, P.LOAD_POLICY, P.RECALCULATE,
        P.OPEN_BATCH, P.APPROVE_OFFICE, P.PUBLISH, P.HANDLE_OBJECTION, P.EXPORT_LEDGER, P.VIEW_DASHBOARD,
        P.VIEW_FUNDS, P.MANAGE_FUNDS, P.IDENTIFY, P.COMPARE_LISTS, P.RESOLVE_DUPLICATES, P.VIEW_COVERAGE, P.ASK_COUNTIES, P.SELECT_CHILDREN, P.VIEW_HOUSEHOLDS,
    ),
    Role.APPROVER: _role(
        "审批领导", "county", P.VIEW_STUDENTS, P.VIEW_SUBSIDIES, P.VIEW_POLICY, P.APPROVE_FINAL, P.EXPORT_LEDGER, P.VIEW_DASHBOARD, P.VIEW_FUNDS,
        P.VIEW_COVERAGE,
        P.APPROVE_ALLOCATION,
        P.VIEW_PROJECTS, P.APPROVE_PROJECTS,
        P.VIEW_TEACHERS, P.APPROVE_EXCESS, P.VIEW_RECRUITMENT, P.APPROVE_RECRUITMENT, P.APPROVE_DEPLOYMENT, P.APPROVE_CARE,
    ),
    Role.FINANCE: _role(
        "计财", "county",
        P.VIEW_SUBSIDIES, P.VIEW_POLICY, P.PAY, P.REVEAL_NUMBERS, P.EXPORT_LEDGER, P.VIEW_DASHBOARD, P.VIEW_FUNDS, P.MANAGE_FUNDS,
        P.VIEW_PROJECTS, P.INSPECT_PROJECTS, P.KEEP_PROJECT_FUNDS,
        P.PAY_CARE, P.VIEW_TEACHER_PAY,
    ),
    Role.BASIC_EDUCATION_OFFICER: _role(
        "基教股", "county", P.VIEW_STUDENTS, P.VIEW_HOUSEHOLDS, P.COMPARE_LISTS, P.VIEW_DASHBOARD, P.VIEW_CHAINS, P.MANAGE_CHAINS,
        P.VIEW_ATTENDANCE, P.VIEW_CASES, P.WORK_CASES, P.VERIFY_CASES, P.CLOSE_CASES, P.ISSUE_ORDERS, P.SCREEN, P.KEEP_PLEDGES, P.KEEP_CALENDAR, P.REVIEW_REPORTS, P.VIEW_WARNINGS, P.VIEW_INDICATORS, P.MANAGE_INDICATORS, P.VIEW_FINDINGS, P.MANAGE_FINDINGS,
    ),
    Role.PROJECT_OFFICER: _role("项目办", "county", P.VIEW_DASHBOARD, P.VIEW_PROJECTS, P.MANAGE_PROJECTS, P.INSPECT_PROJECTS, P.REPORT_NEEDS, P.KEEP_PROJECT_FUNDS, P.CONFIRM_EQUIPMENT, P.KEEP_ASSETS, P.VIEW_FINDINGS, P.MANAGE_FINDINGS),
    Role.PERSONNEL_OFFICER: _role(
        "人事股", "county", P.VIEW_DASHBOARD,
        P.VIEW_TEACHERS, P.EDIT_TEACHERS, P.IMPORT_TEACHERS, P.REVEAL_TEACHER_NUMBERS, P.MANAGE_ESTABLISHMENT, P.VIEW_RECRUITMENT, P.PLAN_RECRUITMENT, P.ASK_DEPLOYMENT, P.APPROVE_DEPLOYMENT, P.PLAN_DEPLOYMENT,
        P.PLAN_TRAINING, P.KEEP_CARE, P.REVIEW_CARE, P.VIEW_TEACHER_PAY, P.VIEW_TEACHER_HEALTH, P.KEEP_MUTUAL_HELP,
    ),
    Role.LEADER: _role(
        "局领导", "county", P.VIEW_STUDENTS, P.VIEW_SUBSIDIES, P.VIEW_POLICY, P.EXPORT_LEDGER, P.VIEW_DASHBOARD, P.VIEW_FUNDS,
        P.VIEW_COVERAGE, P.VIEW_CHAINS,
        P.VIEW_ATTENDANCE, P.VIEW_CASES, P.VIEW_WARNINGS, P.VIEW_INDICATORS, P.VIEW_FINDINGS,
        P.VIEW_PROJECTS, P.VIEW_TEACHERS, P.VIEW_RECRUITMENT,
    ),
    Role.DATA_ADMINISTRATOR: _role(
        "数据管理员", "county",
        P.VIEW_STUDENTS, P.EDIT_STUDENTS, P.MOVE_STUDENTS, P.APPROVE_CORRECTION, P.CHECK_CHANGES, P.EXPORT_STUDENTS, P.KEEP_COLUMN_SETS, P.IMPORT_ROSTER, P.IMPORT_LISTS,
        P.MANAGE_ORGS, P.MANAGE_OPTIONS, P.RECALCULATE, P.LOAD_POLICY, P.VIEW_POLICY, P.VIEW_SUBSIDIES,
        P.IDENTIFY, P.COMPARE_LISTS, P.RESOLVE_DUPLICATES, P.VIEW_COVERAGE, P.ASK_COUNTIES, P.VIEW_HOUSEHOLDS,
    ),
    # 三员分立: these three hold no business permission, and nobody holds two of them (Grant.clean).
    Role.SYSTEM_ADMINISTRATOR: _role("系统管理员", "county", P.MANAGE_ACCOUNTS),
    Role.SECURITY_ADMINISTRATOR: _role("安全管理员", "county", P.MANAGE_GRANTS),
    Role.AUDIT_ADMINISTRATOR: _role("审计管理员", "county", P.VIEW_AUDIT),
}  # fmt: skip
THREE_ADMINISTRATORS = frozenset(
    {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}
)
ROLE_CHOICES = [(role.value, definition.label) for role, definition in ROLES.items()]


def may(role: str, permission: str) -> bool:
    """Return whether ``role`` includes ``permission``."""
    return permission in ROLES[Role(role)].permissions
