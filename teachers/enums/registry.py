from django.db import models


class Sex(models.TextChoices):
    MALE = "male", "男"
    FEMALE = "female", "女"


class Subject(models.TextChoices):
    """What is taught, in the order ledgers list it; 全科 teaches every subject of a small school."""

    CHINESE = "chinese", "语文"
    MATHEMATICS = "mathematics", "数学"
    ENGLISH = "english", "英语"
    PHYSICS = "physics", "物理"
    CHEMISTRY = "chemistry", "化学"
    BIOLOGY = "biology", "生物"
    MORALITY = "morality", "道德与法治"
    HISTORY = "history", "历史"
    GEOGRAPHY = "geography", "地理"
    SCIENCE = "science", "科学"
    MUSIC = "music", "音乐"
    SPORT = "sport", "体育"
    ART = "art", "美术"
    COMPUTING = "computing", "信息技术"
    LABOUR = "labour", "劳动"
    MENTAL_HEALTH = "mental_health", "心理健康"
    PRESCHOOL = "preschool", "学前教育"
    SPECIAL = "special", "特殊教育"
    VOCATIONAL = "vocational", "专业课"
    ALL = "all", "全科"


class Title(models.TextChoices):
    """职称, highest first."""

    FULL_SENIOR = "full_senior", "正高级"
    SENIOR = "senior", "高级"
    FIRST = "first", "一级"
    SECOND = "second", "二级"
    THIRD = "third", "三级"
    NONE = "none", "未评"


class Backbone(models.TextChoices):
    """骨干教师, of which level; "" is none."""

    COUNTY = "county", "县级骨干"
    PREFECTURE = "prefecture", "市州级骨干"
    PROVINCE = "province", "省级骨干"
    NATIONAL = "national", "国家级骨干"


class Origin(models.TextChoices):
    """How a teacher came: the channels of recruitment, transfer, other."""

    SPECIAL_POST = "special_post", "特岗计划"
    COMMISSIONED = "commissioned", "定向委培"
    OPEN_RECRUITMENT = "open_recruitment", "公开招聘"
    PROVINCIAL_EXAM = "provincial_exam", "省考"
    FUNDED_NORMAL = "funded_normal", "免费（公费）师范生"
    TRANSFER = "transfer", "调入"
    OTHER = "other", "其他"


class TeacherState(models.TextChoices):
    ACTIVE = "active", "在职"
    ON_LEAVE = "on_leave", "离岗"
    RETIRED = "retired", "退休"
    LEFT = "left", "调出（离职）"


SERVING = (TeacherState.ACTIVE, TeacherState.ON_LEAVE)


class AppointmentKind(models.TextChoices):
    """Whether a post takes a place of the establishment (编制)."""

    ESTABLISHED = "established", "在编"
    CONTRACT = "contract", "聘用"


class ServiceKind(models.TextChoices):
    """A contract or a term a teacher has to serve; years are what it usually takes."""

    SPECIAL_POST = "special_post", "特岗服务期"
    COMMISSIONED = "commissioned", "定向委培服务期"
    FUNDED_NORMAL = "funded_normal", "公费师范生服务期"
    CONTRACT = "contract", "聘用合同"
    OTHER = "other", "其他服务期"


# Of 特岗 teachers the state asks three years; the others' length stands in the contract.
SERVICE_YEARS = {ServiceKind.SPECIAL_POST: 3}


class Remoteness(models.IntegerChoices):
    """偏远程度 of a school, by which allowances and recruitment go."""

    NEAR = 0, "城区和乡镇驻地"
    FIRST = 1, "一类（较近）"
    SECOND = 2, "二类（较远）"
    THIRD = 3, "三类（偏远）"
    FOURTH = 4, "四类（最偏远）"
