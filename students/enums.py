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


class MoveKind(models.TextChoices):
    """学籍异动: what happens to a child's enrolment within a term."""

    TRANSFER = "transfer", "县内转学"
    OUT = "out", "转往县外"
    IN = "in", "县外转入"
    LEAVE = "leave", "休学"
    RETURN = "return", "复学"
    GRADUATE = "graduate", "提前毕业"


class MoveState(models.TextChoices):
    REQUESTED = "requested", "待对方学校答复"
    DONE = "done", "已办结"
    REFUSED = "refused", "对方不同意"
    WITHDRAWN = "withdrawn", "已撤回"


class MoveSide(models.TextChoices):
    """Which school asked for a transfer; the other one answers."""

    SENDING = "sending", "转出学校"
    RECEIVING = "receiving", "转入学校"
