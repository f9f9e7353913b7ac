"""The side navigation: what stands in it, and who sees each line."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from povertyedu.accounts.permissions import Permission as P


@dataclass(frozen=True)
class Entry:
    url_name: str
    label: str
    icon: str
    permissions: tuple[str, ...] = ()  # any of them; none: everybody
    also: tuple[str, ...] = ()  # where more of its pages begin


NAVIGATION = (
    ("工作台", (
        Entry("home:todo", "首页待办", "house"),
        Entry("home:dashboard", "领导驾驶舱", "gauge", (P.VIEW_DASHBOARD,)),
    )),
    ("学生档案", (
        Entry("students:list", "学生管理", "users", (P.VIEW_STUDENTS,)),
        Entry("students:households", "建档立卡户", "house-heart", (P.VIEW_HOUSEHOLDS,)),
        Entry("students:grid_classes", "班级快录", "table-2", (P.EDIT_STUDENTS,)),
        Entry("students:moves", "学籍异动", "arrow-left-right", (P.MOVE_STUDENTS,)),
        Entry("students:promotions", "升级结转", "graduation-cap", (P.MOVE_STUDENTS,)),
        Entry("students:departures", "毕业去向", "list-checks", (P.VIEW_STUDENTS,)),
        Entry("students:corrections", "更正申请", "lock-open", (P.EDIT_STUDENTS, P.APPROVE_CORRECTION)),
        Entry("students:changes", "待复核变更", "shield-check", (P.EDIT_STUDENTS, P.CHECK_CHANGES)),
        Entry("imports:list", "批量导入", "file-up", (P.IMPORT_ROSTER, P.IMPORT_LISTS, P.MANAGE_FUNDS, P.MANAGE_CHAINS, P.ENTER_ATTENDANCE, P.MANAGE_PROJECTS, P.REPORT_NEEDS, P.ASK_DEPLOYMENT, P.VIEW_TEACHER_PAY, P.IMPORT_TEACHERS, P.MANAGE_ESTABLISHMENT, P.KEEP_ASSETS, P.PLAN_RECRUITMENT, P.PLAN_TRAINING, P.REPORT_TRAINING, P.KEEP_CARE, P.KEEP_MUTUAL_HELP)),
        Entry("students:identification", "名单核查", "list-checks", (P.IDENTIFY,)),
        Entry("students:ends", "待终止认定", "list-x", (P.IDENTIFY,)),
        Entry("students:comparisons", "名单比对", "git-compare", (P.COMPARE_LISTS,)),
        Entry("students:duplicates", "重复学生", "copy-check", (P.RESOLVE_DUPLICATES,)),
    )),
    ("控辍保学", (
        Entry("dropout:attendance", "考勤", "calendar-check", (P.VIEW_ATTENDANCE,)),
        Entry("dropout:runs", "缺勤跟踪", "timer", (P.VIEW_ATTENDANCE,)),
        Entry("dropout:cases", "控辍个案", "folder-heart", (P.VIEW_CASES,)),
        Entry("dropout:warnings", "预警名单", "siren", (P.VIEW_WARNINGS,)),
        Entry("dropout:screenings", "排查", "search-check", (P.VIEW_CASES,)),
        Entry("dropout:ledgers", "三本台账", "book-open", (P.VIEW_CASES,)),
        Entry("dropout:posts", "责任体系", "network", (P.VIEW_CHAINS,)),
        Entry("dropout:gaps", "无责任人名单", "user-x", (P.VIEW_CHAINS,)),
        Entry("dropout:pledges", "责任状", "signature", (P.VIEW_CHAINS,)),
        Entry("dropout:calendar", "控辍工作历", "calendar-check", (P.VIEW_CASES,)),
        Entry("indicators:list", "指标通报", "target", (P.VIEW_INDICATORS,)),
        Entry("findings:list", "整改销号", "list-todo", (P.VIEW_FINDINGS,)),
    )),
    ("资助发放", (
        Entry("subsidies:calculation", "应享测算", "calculator", (P.RECALCULATE, P.VIEW_POLICY)),
        Entry("subsidies:coverage", "应助尽助", "equal", (P.VIEW_COVERAGE,)),
        Entry("subsidies:exchanges", "异地就读核实", "mails", (P.ASK_COUNTIES,)),
        Entry("subsidies:selections", "名额评选", "list-checks", (P.SELECT_CHILDREN,)),
        Entry("subsidies:batches", "发放批次", "stamp", (P.VIEW_SUBSIDIES,)),
        Entry("publicity:notices", "公示管理", "megaphone", (P.VIEW_SUBSIDIES,)),
        Entry("subsidies:payouts", "支付回盘", "landmark", (P.PAY,)),
        Entry("subsidies:recoveries", "多发追回", "undo-2", (P.OPEN_BATCH, P.APPROVE_FINAL, P.PAY)),
        Entry("subsidies:funds", "资金管理", "coins", (P.VIEW_FUNDS,)),
        Entry("subsidies:ledgers", "台账", "table-2", (P.EXPORT_LEDGER,)),
        Entry("subsidies:policy", "资助标准", "scale", (P.VIEW_POLICY,)),
    )),
    ("建设项目", (
        Entry("projects:gaps", "缺口清单", "list-todo", (P.VIEW_PROJECTS,)),
        Entry("projects:list", "项目管理", "building-2", (P.VIEW_PROJECTS,)),
        Entry("projects:purchases", "设备采购", "shopping-cart", (P.VIEW_PROJECTS,)),
        Entry("projects:deliveries", "到货验收", "package-check", (P.VIEW_PROJECTS,)),
        Entry("projects:assets", "资产台账", "boxes", (P.VIEW_PROJECTS,)),
        Entry("projects:ratios", "生均装备", "scale", (P.VIEW_PROJECTS,)),
        Entry("projects:inspections", "半年检查", "clipboard-check", (P.VIEW_PROJECTS,)),
        Entry("projects:ledgers", "项目台账", "table-2", (P.VIEW_PROJECTS,)),
        Entry("projects:base_tables", "双月报", "calendar-check", (P.VIEW_PROJECTS,)),
        Entry("projects:map", "乡镇分布", "map", (P.VIEW_PROJECTS,)),
        Entry("projects:disclosures", "项目公开", "megaphone", (P.VIEW_PROJECTS,)),
        Entry("projects:programmes", "建设规划", "map-plus", (P.VIEW_PROJECTS,)),
        Entry("projects:funds", "项目资金", "wallet", (P.VIEW_PROJECTS,)),
        Entry("projects:requests", "资金审批", "stamp", (P.VIEW_PROJECTS,)),
    )),
    ("教师队伍", (
        Entry("teachers:list", "教师名册", "users-round", (P.VIEW_TEACHERS,)),
        Entry("teachers:establishment", "学校编制", "armchair", (P.VIEW_TEACHERS,), ("/teachers/excess/",)),
        Entry("teachers:need", "教师需求", "scale-3d", (P.VIEW_TEACHERS,), ("/teachers/standards/",)),
        Entry("teachers:allowances", "教师补助", "hand-coins", (P.KEEP_CARE, P.REVIEW_CARE, P.APPROVE_CARE, P.PAY_CARE)),
        Entry("teachers:deployments", "支教轮岗", "repeat-2", (P.VIEW_TEACHERS,)),
        Entry("teachers:suggested_plans", "交流建议方案", "route", (P.PLAN_DEPLOYMENT,)),
        Entry("teachers:rotation", "轮岗率", "percent", (P.VIEW_TEACHERS,), ("/teachers/head-terms/",)),
        Entry("teachers:housing", "周转宿舍", "building", (P.KEEP_CARE,)),
        Entry("teachers:health", "教师体检", "stethoscope", (P.KEEP_CARE,)),
        Entry("teachers:aids", "大病救助", "heart-pulse", (P.KEEP_CARE, P.REVIEW_CARE, P.APPROVE_CARE, P.PAY_CARE)),
        Entry("teachers:insurance", "公积金和社保", "shield-check", (P.KEEP_CARE,)),
        Entry("teachers:tilts", "职称评优倾斜", "award", (P.KEEP_CARE, P.VIEW_TEACHERS)),
        Entry("teachers:help", "校际帮扶", "handshake", (P.KEEP_MUTUAL_HELP, P.VIEW_TEACHERS)),
        Entry("teachers:pay", "工资比较", "scale", (P.VIEW_TEACHER_PAY,)),
        Entry("teachers:plans", "教师招聘", "user-plus", (P.VIEW_RECRUITMENT,), ("/teachers/candidates/", "/teachers/hire-lists/")),
        Entry("teachers:arrivals", "新教师到岗", "user-check", (P.VIEW_TEACHERS,)),
        Entry("teachers:training", "教师培训", "graduation-cap", (P.VIEW_TEACHERS,)),
        Entry("teachers:service_terms", "服务期", "hourglass", (P.VIEW_TEACHERS,)),
    )),
    ("系统管理", (
        Entry("office:areas", "行政区划", "map", (P.MANAGE_ORGS,)),
        Entry("office:schools", "学校班级", "school", (P.MANAGE_ORGS,)),
        Entry("office:people", "人员", "contact", (P.MANAGE_ORGS,)),
        Entry("office:terms", "学期校历", "calendar-days", (P.MANAGE_ORGS,)),
        Entry("students:county_facts", "县定信息项", "list-plus", (P.MANAGE_OPTIONS,)),
        Entry("office:options", "参数设置", "sliders-horizontal", (P.MANAGE_OPTIONS,)),
        Entry("office:accounts", "账号", "circle-user-round", (P.MANAGE_ACCOUNTS,)),
        Entry("office:grants", "授权", "key-round", (P.MANAGE_GRANTS,)),
        Entry("office:audit", "操作日志", "history", (P.VIEW_AUDIT,)),
    )),
)  # fmt: skip


def navigation_for(user, path: str) -> list[dict]:
    """Return the groups of the side navigation that ``user`` sees; ``path`` marks the active line."""
    groups = []
    for title, entries in NAVIGATION:
        items = []
        for entry in entries:
            if entry.permissions and not any(user.can(permission) for permission in entry.permissions):
                continue
            try:
                url = reverse(entry.url_name)
            except NoReverseMatch:
                continue
            items.append(
                {
                    "label": entry.label,
                    "url": url,
                    "icon": entry.icon,
                    "nearness": _nearness(path, url, *entry.also),
                }
            )
        if items:
            groups.append({"title": title, "items": items})
    # A page below another's address belongs to the nearest line alone.
    lines = [item for group in groups for item in group["items"]]
    nearest = max((item["nearness"] for item in lines), default=0)
    for item in lines:
        item["active"] = 0 < nearest == item["nearness"]
    return groups


def _nearness(path: str, *addresses: str) -> int:
    """Return how much of ``path`` the longest of ``addresses`` it lies below has; the home page has only itself."""
    return max(
        len(each) if path == each or (each != "/" and path.startswith(each)) else 0 for each in addresses
    )
