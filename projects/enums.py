from django.db import models


class FundSource(models.TextChoices):
    """Where the money of a project comes from, in the order of ledgers."""

    CENTRAL = "central", "中央资金"
    PROVINCE = "province", "省级资金"
    PREFECTURE = "prefecture", "市州资金"
    COUNTY = "county", "县级资金"
    AGRICULTURE = "agriculture", "整合涉农资金"
    LOAN = "loan", "贷款"
    DONATION = "donation", "捐赠"
    OTHER = "other", "其他资金"


class ProgrammeKind(models.TextChoices):
    """What a programme builds for; its name and its targets are data."""

    WEAK_SCHOOLS = "weak_schools", "全面改薄"
    CAPACITY = "capacity", "能力提升"
    STANDARD = "standard", "标准化建设"
    BOARDING = "boarding", "寄宿制学校"
    KINDERGARTEN = "kindergarten", "幼儿园建设"
    QUALIFIED = "qualified", "合格学校"
    BALANCED = "balanced", "均衡发展"
    POOR_VILLAGE = "poor_village", "贫困村学校"
    TOILETS = "toilets", "厕所改造"
    SENIOR = "senior", "高中建设"
    SPECIAL = "special", "特殊教育学校"
    VOCATIONAL = "vocational", "职业学校"
    INFORMATION = "information", "三通两平台"
    EQUIPMENT = "equipment", "设备添置"
    OTHER = "other", "其他"


class ProjectKind(models.TextChoices):
    """建设性质."""

    BUILD = "build", "新建"
    EXTEND = "extend", "改扩建"
    REBUILD = "rebuild", "拆除重建"
    RELOCATE = "relocate", "整体搬迁"
    RENOVATE = "renovate", "维修改造"
    EQUIP = "equip", "设备购置"
    OTHER = "other", "其他"


class ProjectState(models.TextChoices):
    PRELIMINARY = "preliminary", "前期"
    UNDER_WAY = "under_way", "在建"
    HALTED = "halted", "停工"
    FINISHED = "finished", "已竣工"
    ACCEPTED = "accepted", "已验收"
    HANDED_OVER = "handed_over", "已移交"
    CANCELLED = "cancelled", "已取消"


BUILT = (ProjectState.FINISHED, ProjectState.ACCEPTED, ProjectState.HANDED_OVER)


class MilestoneKind(models.TextChoices):
    """The ten milestones, in their order."""

    APPROVAL = "approval", "立项"
    LAND = "land", "用地"
    DESIGN = "design", "设计"
    TENDER = "tender", "招标"
    START = "start", "开工"
    STRUCTURE = "structure", "主体"
    FINISH = "finish", "竣工"
    ACCEPTANCE = "acceptance", "验收"
    ACCOUNTS = "accounts", "决算"
    HANDOVER = "handover", "资产移交"


class PlanField(models.TextChoices):
    """What of a plan was changed."""

    DAY = "day", "计划日期"
    PLANNED = "planned", "计划数"
    DONE = "done", "完成数"


class EntryKind(models.TextChoices):
    """What an entry of the fund book adds to, for one source of one project."""

    BUDGET = "budget", "下达预算"
    ARRIVAL = "arrival", "资金到位"
    CONTRACT = "contract", "签订合同"
    PAYMENT = "payment", "支付"
    OVER_CONTRACT = "over_contract", "批准超预算签约"
    OVER_PAY = "over_pay", "批准超合同支付"


class RequestKind(models.TextChoices):
    """What needs another person's approval before money is booked."""

    TRANSFER = "transfer", "资金调剂"
    CHANGE = "change", "合同变更"
    OVER_CONTRACT = "over_contract", "超预算签约"
    OVER_PAY = "over_pay", "超合同支付"


class RequestState(models.TextChoices):
    ASKED = "asked", "待审批"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "未批准"
    WITHDRAWN = "withdrawn", "已撤回"


class AlertKind(models.TextChoices):
    LATE = "late", "工期滞后"
    NO_MONEY = "no_money", "支付超到位"
    AHEAD_OF_WORK = "ahead_of_work", "支付超进度"
    OVER_BUDGET = "over_budget", "超预算"
    SPENT_UP = "spent_up", "资金将用完"
    SILENT = "silent", "进度久未更新"


class Basis(models.TextChoices):
    """What a standard is reckoned by."""

    PUPIL = "pupil", "每名学生"
    BOARDER = "boarder", "每名寄宿生"
    CLASS = "class", "每个班"
    SCHOOL = "school", "每所学校"
    CLASS_CAP = "class_cap", "每班最多人数"


class GapOrigin(models.TextChoices):
    ENTERED = "entered", "填报"
    IMPORTED = "imported", "导入"
    COMPUTED = "computed", "按标准测算"


class GapState(models.TextChoices):
    OPEN = "open", "缺口"
    PLANNED = "planned", "已列项目"
    FILLED = "filled", "待核销"
    CLOSED = "closed", "已销号"
    DROPPED = "dropped", "不成立"


STANDING_GAPS = (GapState.OPEN, GapState.PLANNED, GapState.FILLED)


class InspectionLevel(models.TextChoices):
    TOWNSHIP = "township", "乡镇自查"
    COUNTY = "county", "县级复查"


class InspectionItem(models.TextChoices):
    """The three items of a half-yearly inspection."""

    FUNDS = "funds", "资金使用"
    PROGRESS = "progress", "项目进展"
    QUALITY = "quality", "工程质量"


class Verdict(models.TextChoices):
    OK = "ok", "没有问题"
    PROBLEM = "problem", "有问题"


class BaseTableState(models.TextChoices):
    DRAFT = "draft", "待报送"
    SUBMITTED = "submitted", "待审定"
    ACCEPTED = "accepted", "已审定"
    RETURNED = "returned", "被退回"


FROZEN_TABLES = (BaseTableState.SUBMITTED, BaseTableState.ACCEPTED)


class DisclosureKind(models.TextChoices):
    """What is made public each year (临夏州方案 五(三))."""

    PLAN = "plan", "年度资金计划"
    PROGRESS = "progress", "项目进展和资金使用"


class DisclosureState(models.TextChoices):
    DRAFT = "draft", "拟稿"
    SUBMITTED = "submitted", "待审批"
    RETURNED = "returned", "被退回"
    PUBLISHED = "published", "已公开"
    REPLACED = "replaced", "已有新版"
    WITHDRAWN = "withdrawn", "已撤下"
    DROPPED = "dropped", "已放弃"


class EquipmentKind(models.TextChoices):
    """装备类别: what is bought, by what it counts towards."""

    BOOKS = "books", "图书"
    COMPUTERS = "computers", "计算机"
    DESKS = "desks", "课桌椅"
    BEDS = "beds", "学生用床"
    INSTRUMENTS = "instruments", "教学仪器设备"
    KITCHEN = "kitchen", "食堂炊具餐具"
    OTHER = "other", "其他"


# The item of the county's standards that each kind is counted under, and those whose price counts as 教学仪器设备值.
COUNTED_AS = {
    EquipmentKind.BOOKS: "图书", EquipmentKind.COMPUTERS: "计算机", EquipmentKind.DESKS: "课桌椅", EquipmentKind.BEDS: "学生用床",
}  # fmt: skip
OF_VALUE = (EquipmentKind.COMPUTERS, EquipmentKind.INSTRUMENTS)
VALUE_ITEM = "教学仪器设备值"
USUAL_UNITS = {
    EquipmentKind.BOOKS: "册", EquipmentKind.COMPUTERS: "台", EquipmentKind.DESKS: "套", EquipmentKind.BEDS: "张",
}  # fmt: skip


class PurchaseState(models.TextChoices):
    DRAFT = "draft", "拟订中"
    SUBMITTED = "submitted", "待审批"
    APPROVED = "approved", "已审批"
    ORDERED = "ordered", "采购中"
    DELIVERED = "delivered", "已到齐"
    SETTLED = "settled", "按实收办结"
    CANCELLED = "cancelled", "已作废"


class AcceptanceState(models.TextChoices):
    REPORTED = "reported", "待复核"
    CONFIRMED = "confirmed", "已确认"
    REJECTED = "rejected", "退回重验"


class AssetEntryKind(models.TextChoices):
    """What an entry of the asset book does to how many stand there."""

    ACCEPTED = "accepted", "验收入账"
    STOCK = "stock", "原有登记"
    MOVED_IN = "moved_in", "调入"
    MOVED_OUT = "moved_out", "调出"
    DISPOSED = "disposed", "报废处置"
    LOST = "lost", "盘亏"
