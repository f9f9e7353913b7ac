from django.db import models

from subsidies.engine import SOURCES


class Kind(models.TextChoices):
    """What an award is. Only cash is payable to a child; totals show the kinds apart."""

    CASH = "cash", "现金"
    WAIVER = "waiver", "减免"
    IN_KIND = "in_kind", "实物（供餐）"
    LOAN = "loan", "贷款"


class PolicyState(models.TextChoices):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    DROPPED = "dropped", "已放弃"


class BatchState(models.TextChoices):
    OPEN = "open", "学校报送"
    OFFICE_APPROVED = "office_approved", "待审批"
    APPROVED = "approved", "已审批"
    IN_PUBLICITY = "in_publicity", "公示中"
    CLEARED = "cleared", "公示期满"
    SENT = "sent", "已送银行"
    PAID = "paid", "已发放"
    PARTLY_FAILED = "partly_failed", "部分失败"
    ARCHIVED = "archived", "已归档"
    CANCELLED = "cancelled", "已撤销"


class SheetState(models.TextChoices):
    DRAFT = "draft", "待报送"
    SUBMITTED = "submitted", "待中心校审核"
    REVIEWED = "reviewed", "已审核"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已审批"


OWN = (SheetState.DRAFT, SheetState.RETURNED)  # a school may still change its sheet


class LineState(models.TextChoices):
    """Of one child's money in a batch. The open ones (:data:`OPEN_LINES`) hold it against every other batch."""

    LISTED = "listed", "在册"
    HELD = "held", "暂缓"
    SENT = "sent", "已送银行"
    PAID = "paid", "已到账"
    FAILED = "failed", "发放失败"
    REMOVED = "removed", "移出"


OPEN_LINES = (LineState.LISTED, LineState.HELD, LineState.SENT)
SETTLED_LINES = (LineState.PAID, LineState.FAILED, LineState.REMOVED)


class HoldReason(models.TextChoices):
    """Why a line is held: it waits alone, the list goes on without it."""

    ENTITLEMENT_FELL = "entitlement_fell", "应享金额已降低"
    OBJECTION = "objection", "公示有异议"
    NO_ACCOUNT = "no_account", "没有银行账户"
    HOLDER_DIFFERS = "holder_differs", "开户人不是学生或监护人"
    DUAL_ENROLMENT = "dual_enrolment", "双重学籍"
    SUSPECTED_DUAL = "suspected_dual", "双重学籍疑似"
    FALSE_ENROLMENT = "false_enrolment", "虚假学籍"
    MERGED_RECORD = "merged_record", "档案已并入他人"
    BY_HAND = "by_hand", "人工暂缓"


ACCOUNT_HOLDS = (HoldReason.NO_ACCOUNT, HoldReason.HOLDER_DIFFERS)


class BatchStage(models.TextChoices):
    """The stages of a batch's handling; a person takes one of them per batch (:class:`BatchSeat`)."""

    CLERK = "clerk", "学校报送"
    REVIEWER = "reviewer", "中心校审核"
    OFFICE = "office", "资助中心"
    APPROVER = "approver", "审批"
    FINANCE = "finance", "发放"


class RecoveryMethod(models.TextChoices):
    """How money paid beyond what is due comes back."""

    OFFSET = "offset", "从以后的发放中扣回"
    RETURNED = "returned", "家长或学校退回"


class RecoveryState(models.TextChoices):
    PROPOSED = "proposed", "待审批"
    APPROVED = "approved", "已批准，追回中"
    SETTLED = "settled", "已追回"
    REFUSED = "refused", "不同意追回"
    WITHDRAWN = "withdrawn", "已撤回"
    ENDED = "ended", "终止追回"


class AllocationState(models.TextChoices):
    DRAFT = "draft", "拟订中"
    SUBMITTED = "submitted", "待审批"
    APPROVED = "approved", "已审批"
    ALLOCATED = "allocated", "已下达"
    REVOKED = "revoked", "已收回"
    CANCELLED = "cancelled", "已作废"


class AllocationStage(models.TextChoices):
    """The stages of an allocation; a person takes one of them (:class:`AllocationSeat`)."""

    DRAFTER = "drafter", "拟订"
    APPROVER = "approver", "审批"
    PAYER = "payer", "下达"


class Payer(models.TextChoices):
    THIS_COUNTY = "here", "本县"
    OTHER_COUNTY = "elsewhere", "外县"


def fund_sources() -> list[tuple[str, str]]:
    """The sources of funds a policy may name, in the order charts stack them (engine ``SOURCES``)."""
    return list(SOURCES.items())


class RunCause(models.TextChoices):
    """What set a recalculation off; what had changed since the last one is counted by `ChangeCause`."""

    BY_HAND = "by_hand", "人工重算"
    POLICY = "policy", "发布政策"
    UNDO = "undo", "撤销导入"
    NIGHTLY = "nightly", "夜间自动重算"
    COMMAND = "command", "命令行"


class CoveragePart(models.TextChoices):
    """The terms of the coverage equation (应助尽助); every child on the lists is in one of them."""

    AIDED_HERE = "aided_here", "本县资助"
    AIDED_ELSEWHERE = "aided_elsewhere", "就读地资助"
    FALLBACK = "fallback", "本县兜底"
    NOT_IN_SCHOOL = "not_in_school", "不在校"
    NO_PROGRAMME = "no_programme", "政策无对应项目"
    TO_VERIFY = "to_verify", "待核实"


class CoverageReason(models.TextChoices):
    """Why a child stands in its term of the equation; those of children who are nowhere are the codes of disposals."""

    PAID = "paid", "现金已发"
    PART_PAID = "part_paid", "现金已发一部分"
    UNPAID = "unpaid", "现金待发"
    NO_CASH = "no_cash", "只有减免或供餐"
    IN_PROVINCE = "in_province", "省内县外就读"
    ELSEWHERE = "elsewhere", "省外就读"
    SUSPENDED = "suspended", "休学"
    LEAVER = "leaver", "本学期已毕业离校"
    DROPPED_OUT = "dropped_out", "辍学"
    GRADUATED = "graduated", "已毕业"
    WORKING = "working", "务工、就业"
    NOT_OF_AGE = "not_of_age", "未到入学年龄"
    EXEMPT = "exempt", "经批准免学、缓学"
    HOME_TAUGHT = "home_taught", "送教上门"
    MOVED_AWAY = "moved_away", "户口迁出"
    DECEASED = "deceased", "死亡"
    WRONG_DATA = "wrong_data", "信息有误"
    OTHER = "other", "其他"
    WITHOUT_RULE = "without_rule", "情况齐全，现行政策没有对应的项目"
    NOTHING_OWED = "nothing_owed", "本县在读，没有应享"
    AWAITED = "awaited", "待定档，学校没有登记困难等级等情况"
    NOT_ASKED = "not_asked", "县外就读，待去函核实"
    ASKED = "asked", "县外就读，已去函待答复"
    OVERDUE = "overdue", "县外就读，去函超期未答复"
    NOT_THERE = "not_there", "县外就读，对方查无此人"
    REFUSED_THERE = "refused_there", "对方不资助，本县没有应享"
    LEFT = "left", "已转出，去向未登记"
    OTHER_COUNTY = "other_county", "在外县就读，不在外出就读名单"
    UNCLEAR = "unclear", "处置为待核实"
    UNDISPOSED = "undisposed", "花名册查不到，未登记处置"


class ExchangeState(models.TextChoices):
    """A question to the county where children of ours study: who of them does it aid."""

    DRAFT = "draft", "待发函"
    SENT = "sent", "已发函"
    ANSWERED = "answered", "已答复"
    CLOSED = "closed", "已办结"
    DROPPED = "dropped", "已撤销"


class CountyAnswer(models.TextChoices):
    """What the county of study says of one child."""

    YES = "yes", "已资助"
    NO = "no", "未资助"
    NOT_FOUND = "not_found", "查无此人"


class ReplyState(models.TextChoices):
    CHECKED = "checked", "已核对，待确认"
    APPLIED = "applied", "已读入"
    DROPPED = "dropped", "已放弃"


class InquiryState(models.TextChoices):
    """Another county's question to us."""

    WORKING = "working", "正在比对"
    FAILED = "failed", "没有完成"
    ANSWERED = "answered", "已答复"
