from django.db import models


class HardshipCategory(models.IntegerChoices):
    """困难类型, as bits of a term's mask; numbers are stored, so they never change."""

    REGISTERED_POOR = 1, "建档立卡"
    DISABLED = 2, "残疾"
    RURAL_DIBAO = 4, "农村低保"
    URBAN_DIBAO = 8, "城市低保"
    RURAL_TEKUN = 16, "农村特困"
    URBAN_TEKUN = 32, "城市特困"
    ORPHAN = 64, "孤儿"
    DE_FACTO_UNATTENDED = 128, "事实无人抚养"
    MARTYR_CHILD = 256, "烈士子女"
    MONITORED = 512, "监测对象"
    LOW_INCOME = 1024, "低收入"
    DIFFICULT = 2048, "家庭经济困难"
    LEFT_BEHIND = 4096, "留守儿童"
    MIGRANT = 8192, "随迁子女"


def category_labels(mask: int) -> list[str]:
    """Return the names of the categories in ``mask``, in the enum's order."""
    return [category.label for category in HardshipCategory if mask & category]


class ExitStatus(models.TextChoices):
    """脱贫状态 of a registered-poor household."""

    NOT_EXITED = "not_exited", "未脱贫"
    EXITED_ENJOYING = "exited_enjoying", "已脱贫享受政策"
    EXITED_NOT_ENJOYING = "exited_not_enjoying", "已脱贫不享受政策"


class Sex(models.TextChoices):
    MALE = "male", "男"
    FEMALE = "female", "女"


class HolderRelation(models.TextChoices):
    """与开户人关系: what the holder of a child's account is to the child, as the clerk says."""

    SELF = "self", "本人"
    FATHER = "father", "父亲"
    MOTHER = "mother", "母亲"
    GRANDPARENT = "grandparent", "祖父母、外祖父母"
    GUARDIAN = "guardian", "其他监护人"
    OTHER = "other", "其他人"


class Hukou(models.TextChoices):
    RURAL = "rural", "农业"
    URBAN = "urban", "非农业"


class IdentityKind(models.TextChoices):
    ID_CARD = "id_card", "居民身份证"
    HK_MACAO_TAIWAN = "hmt", "港澳台居民居住证"
    PASSPORT = "passport", "护照"
    NONE = "none", "暂无证件"
    OTHER = "other", "其他"


class Place(models.TextChoices):
    """Where a child of the county studies."""

    IN_COUNTY = "in_county", "县内就读"
    IN_PROVINCE = "in_province", "省内县外就读"
    ELSEWHERE = "elsewhere", "省外就读"


class AidedElsewhere(models.TextChoices):
    """What the county where a child of ours studies has answered: whether it pays (one payer per child)."""

    YES = "yes", "是"
    NO = "no", "否"
    TO_VERIFY = "to_verify", "待核实"
    UNKNOWN = "unknown", "未填"


class EnrolmentStatus(models.TextChoices):
    STUDYING = "studying", "在读"
    LEFT = "left", "已转出"
    SUSPENDED = "suspended", "休学"
    GRADUATED = "graduated", "毕业"


class ListSource(models.TextChoices):
    """Which department's list, or whose hand, proves a status."""

    POVERTY_OFFICE = "poverty_office", "乡村振兴（扶贫）部门名单"
    DEPARTMENT_LIST = "department_list", "民政、残联等部门名单"
    SCHOOL = "school", "学校认定"
    HANDBOOK = "handbook", "扶贫手册"
    CERTIFICATE = "certificate", "扶贫部门证明"


class MoveKind(models.TextChoices):
    """学籍异动: what happens to a child's enrolment within a term."""

    TRANSFER = "transfer", "县内转学"
    OUT = "out", "转往县外"
    IN = "in", "县外转入"
    LEAVE = "leave", "休学"
    RETURN = "return", "复学"
    GRADUATE = "graduate", "提前毕业"
    DECEASED = "deceased", "死亡注销"


# After one of these the roster itself tells where the child is.
CHANGES_OF_PLACE = (MoveKind.TRANSFER, MoveKind.OUT, MoveKind.IN, MoveKind.DECEASED)


class MoveState(models.TextChoices):
    REQUESTED = "requested", "待对方学校答复"
    DONE = "done", "已办结"
    REFUSED = "refused", "对方不同意"
    WITHDRAWN = "withdrawn", "已撤回"


class MoveSide(models.TextChoices):
    """Which school asked for a transfer; the other one answers."""

    SENDING = "sending", "转出学校"
    RECEIVING = "receiving", "转入学校"


class DisposalCode(models.TextChoices):
    """处置: why a child of one list is not on the other, as far as it is known."""

    TO_VERIFY = "to_verify", "待核实"
    OTHER_COUNTY = "other_county", "在外县就读"
    DROPPED_OUT = "dropped_out", "辍学"
    GRADUATED = "graduated", "已毕业"
    NOT_OF_AGE = "not_of_age", "未到入学年龄"
    EXEMPT = "exempt", "经批准免学、缓学"
    HOME_TAUGHT = "home_taught", "送教上门"
    MOVED_AWAY = "moved_away", "户口迁出"
    DECEASED = "deceased", "死亡"
    WRONG_DATA = "wrong_data", "信息有误"
    OTHER = "other", "其他"


# Nobody has to look after these any more; every other disposal names who does.
SETTLED_DISPOSALS = (
    DisposalCode.GRADUATED,
    DisposalCode.NOT_OF_AGE,
    DisposalCode.MOVED_AWAY,
    DisposalCode.DECEASED,
)


class ProofKind(models.TextChoices):
    """What proves a child off the list to be registered poor (facts.md 1.5, Anhui clause 5)."""

    HANDBOOK = "handbook", "扶贫手册"
    CERTIFICATE = "certificate", "县扶贫（乡村振兴）部门证明"


class ProofState(models.TextChoices):
    WAITING = "waiting", "待复核"
    CONFIRMED = "confirmed", "已认定"
    REFUSED = "refused", "未通过"


class ComparisonKind(models.TextChoices):
    """四查三比对 (facts.md 5): which two lists meet, and what the difference says."""

    REGISTER_ENROLMENT = "register_enrolment", "户籍 × 学籍"
    ENROLMENT_PRESENT = "enrolment_present", "学籍 × 在校"
    DROPOUT_POOR = "dropout_poor", "未在校 × 脱贫户"
    DEPARTMENT_ENROLMENT = "department_enrolment", "部门名单 × 学籍"


class ListKind(models.TextChoices):
    """Where one side of a comparison comes from."""

    FILE = "file", "上传的名单"
    ENROLLED = "enrolled", "本系统在读学籍"
    REGISTERED_POOR = "registered_poor", "本系统建档立卡（脱贫）人口"
    FOUND_BEFORE = "found_before", "上一次比对未匹配的人"


class ComparisonState(models.TextChoices):
    WORKING = "working", "正在比对"
    FAILED = "failed", "没有完成"
    FROZEN = "frozen", "已定格"


class FoundIn(models.TextChoices):
    ONLY_LEFT = "only_left", "只在甲方"
    ONLY_RIGHT = "only_right", "只在乙方"
    BOTH = "both", "两方都有"


class Ground(models.TextChoices):
    """Why two records are thought to be one child; a pair may have several."""

    ID_TAIL = "id_tail", "姓名、出生日期、证件号后四位相同"
    STUDENT_NO = "student_no", "学籍号内含对方的证件号"
    NAME_BIRTH = "name_birth", "姓名、出生日期相同"
    NAME_GUARDIAN = "name_guardian", "姓名、监护人证件号相同"
    SIMILAR_NAME = "similar_name", "出生日期相同、姓名相近"


class PairState(models.TextChoices):
    OPEN = "open", "待判定"
    PROPOSED = "proposed", "待复核合并"
    DIFFERENT = "different", "不是同一人"
    MERGED = "merged", "已合并"
    UNDOING = "undoing", "待复核撤销"


class BlockKind(models.TextChoices):
    """Why an enrolment draws no money: the bureau said so, or a pair of records that are almost surely one child is undecided."""

    DUAL = "dual_enrolment", "双重学籍"
    SUSPECTED = "suspected_dual", "双重学籍疑似"
    FALSE = "false_enrolment", "虚假学籍"


class PromotionState(models.TextChoices):
    DRAFT = "draft", "待确认"
    APPLIED = "applied", "已生效"
    UNDONE = "undone", "已撤销"
    DROPPED = "dropped", "已放弃"


class Outcome(models.TextChoices):
    """What becomes of a child of last term in the next one."""

    PROMOTE = "promote", "升级（续读）"
    REPEAT = "repeat", "留级"
    SUSPENDED = "suspended", "休学保留"
    SENT = "sent", "送初中"
    GRADUATE = "graduate", "毕业"
    NOT_HERE = "not_here", "不再就读"


class Destination(models.TextChoices):
    """Where a child went who left its school at the turn of a term."""

    PENDING = "pending", "待填"
    SENT = "sent", "已送初中"
    SENIOR = "senior", "升入普通高中"
    VOCATIONAL = "vocational", "升入中职"
    COLLEGE = "college", "升入高校"
    OUTSIDE = "outside", "县外就读"
    NOT_ADMITTED = "not_admitted", "未升学"
    WORKING = "working", "务工、就业"
    UNKNOWN = "unknown", "去向不明"
    DROPPED_OUT = "dropped_out", "疑似辍学"
    EXCUSED = "excused", "因病因残缓学、免学"
    DECEASED = "deceased", "死亡"


# Nobody knows yet where these are, or they should be in school and are not.
UNSETTLED = (
    Destination.PENDING,
    Destination.SENT,
    Destination.NOT_ADMITTED,
    Destination.UNKNOWN,
    Destination.DROPPED_OUT,
)


class FactKind(models.TextChoices):
    """What a fact without a column of its own holds."""

    FLAG = "flag", "是否"
    CHOICE = "choice", "选项"
    NUMBER = "number", "数量"
    MONEY = "money", "金额"


class Tier(models.TextChoices):
    """困难等级 (教财〔2018〕16号)."""

    SPECIAL = "special", "特别困难"
    DIFFICULT = "difficult", "困难"
    GENERAL = "general", "一般困难"


class CorrectionState(models.TextChoices):
    """更正申请: a closed term is opened for one child's named facts, once."""

    REQUESTED = "requested", "待审批"
    APPROVED = "approved", "已批准，待更正"
    REFUSED = "refused", "不同意"
    WITHDRAWN = "withdrawn", "已撤回"
    USED = "used", "已更正"


class TermFact(models.TextChoices):
    """The facts of a term that a correction may name; :data:`FACT_LABELS` says what of the record each is."""

    SCHOOL = "school", "学校"
    LEVEL = "level", "学段、年级、班级"
    BOARDING = "boarding", "寄宿"
    MAJOR = "major", "专业"
    HOME = "home", "户籍地"
    ENTERED = "entered", "入学日期"
    STATUS = "status", "学籍状态"
    MEAL_DAYS = "meal_days", "供餐天数"
    CATEGORIES = "categories", "困难类型"
    OTHER = "other", "其他情况"


# As students.changes.snapshot names them.
FACT_LABELS = {
    TermFact.SCHOOL: {"学校", "学校所在地", "就读地", "班级"},
    TermFact.LEVEL: {"学段", "年级", "班级"},
    TermFact.BOARDING: {"寄宿"},
    TermFact.MAJOR: {"专业", "涉农专业"},
    TermFact.HOME: {"户籍地"},
    TermFact.ENTERED: {"入学日期"},
    TermFact.STATUS: {"状态"},
    TermFact.MEAL_DAYS: {"供餐天数"},
    TermFact.CATEGORIES: {"困难类型"},
    TermFact.OTHER: set(),  # whatever begins with OTHER_FACTS
}
# What has no column of its own stands in the history under this heading, each with its name behind it.
OTHER_FACTS = "其他情况："


class ChangeKind(models.TextChoices):
    """What of a child's record changes only when a second person has checked it."""

    ID_NUMBER = "id_number", "身份证件号"
    ACCOUNT = "account", "银行账户"


class ChangeState(models.TextChoices):
    WAITING = "waiting", "待复核"
    CONFIRMED = "confirmed", "已生效"
    REFUSED = "refused", "不同意"
    WITHDRAWN = "withdrawn", "已撤回"
    SUPERSEDED = "superseded", "已被新的变更代替"


class EndState(models.TextChoices):
    """What becomes of a hardship that a complete list no longer names."""

    WAITING = "waiting", "待确认"
    CONFIRMED = "confirmed", "已终止"
    REFUSED = "refused", "仍然有效"
    LAPSED = "lapsed", "不再需要"


class ChangeCause(models.TextChoices):
    """Why a child's facts of a term are looked at anew; kept on the mark until the recalculation counts it."""

    STATUS = "status", "困难认定有变动"
    TRANSFER = "transfer", "转学、离校"
    BOARDING = "boarding", "更正寄宿"
    RECORD = "record", "新增、更正档案"
    IMPORT = "import", "导入"
    UNDO = "undo", "撤销导入"
    MERGE = "merge", "合并重复学生"
    PROMOTION = "promotion", "升级结转"
    ANSWER = "answer", "外县答复"
    SELECTION = "selection", "名额评选"
    SCHOOL = "school", "学校情况有变动"
    CALENDAR = "calendar", "供餐天数有变动"
    EARLIER = "earlier", "以前学期有变动"
    OTHER = "other", "其他"


class RecordTable(models.TextChoices):
    """The tables a child's record lies in, as :class:`~students.models.RecordVersion` names them."""

    STUDENT = "student", "学生"
    GUARDIAN = "guardian", "监护人"
    ACCOUNT = "account", "银行账户"
    ENROLMENT = "enrolment", "学籍"
    HARDSHIP = "hardship", "困难认定"


class VersionKind(models.TextChoices):
    ADDED = "i", "新增"
    CHANGED = "u", "改动"
    REMOVED = "d", "移除"
