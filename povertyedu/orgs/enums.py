from django.db import models


class AreaLevel(models.TextChoices):
    COUNTY = "county", "县"
    TOWNSHIP = "township", "乡镇"
    VILLAGE = "village", "村"


class Stage(models.TextChoices):
    """Stages of schooling (学段), in the order ledgers list them."""

    PRESCHOOL = "preschool", "学前"
    PRIMARY = "primary", "小学"
    JUNIOR = "junior", "初中"
    SENIOR = "senior", "普通高中"
    VOCATIONAL = "vocational", "中职"
    COLLEGE = "college", "专科"
    BACHELOR = "bachelor", "本科"
    POSTGRADUATE = "postgraduate", "研究生"


# School code's first two digits tell its kind; so does the roster of schools in words.
class SchoolKind(models.TextChoices):
    """办学类型; the stages each usually has are in :data:`USUAL_STAGES`."""

    KINDERGARTEN = "kindergarten", "幼儿园"
    PRIMARY = "primary", "小学"
    TEACHING_POINT = "teaching_point", "教学点"
    JUNIOR = "junior", "初级中学"
    NINE_YEAR = "nine_year", "九年一贯制学校"
    SENIOR = "senior", "高级中学"
    COMPLETE = "complete", "完全中学"
    TWELVE_YEAR = "twelve_year", "十二年一贯制学校"
    VOCATIONAL = "vocational", "中等职业学校"
    SPECIAL = "special", "特殊教育学校"


USUAL_STAGES = {
    SchoolKind.KINDERGARTEN: (Stage.PRESCHOOL,),
    SchoolKind.PRIMARY: (Stage.PRIMARY,),
    SchoolKind.TEACHING_POINT: (Stage.PRIMARY,),
    SchoolKind.JUNIOR: (Stage.JUNIOR,),
    SchoolKind.NINE_YEAR: (Stage.PRIMARY, Stage.JUNIOR),
    SchoolKind.SENIOR: (Stage.SENIOR,),
    SchoolKind.COMPLETE: (Stage.JUNIOR, Stage.SENIOR),
    SchoolKind.TWELVE_YEAR: (Stage.PRIMARY, Stage.JUNIOR, Stage.SENIOR),
    SchoolKind.VOCATIONAL: (Stage.VOCATIONAL,),
    SchoolKind.SPECIAL: (Stage.PRIMARY, Stage.JUNIOR),
}
# How many years each stage has: grades run from 1 to this.
STAGE_YEARS = {
    Stage.PRESCHOOL: 3, Stage.PRIMARY: 6, Stage.JUNIOR: 3, Stage.SENIOR: 3, Stage.VOCATIONAL: 3,
    Stage.COLLEGE: 3, Stage.BACHELOR: 5, Stage.POSTGRADUATE: 8,
}  # fmt: skip
GRADE_NAMES = {
    Stage.PRESCHOOL: ("小班", "中班", "大班"),
    Stage.PRIMARY: ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级"),
    Stage.JUNIOR: ("七年级", "八年级", "九年级"),
    Stage.SENIOR: ("高一", "高二", "高三"),
    Stage.VOCATIONAL: ("一年级", "二年级", "三年级"),
    Stage.COLLEGE: ("大一", "大二", "大三"),
    Stage.BACHELOR: ("大一", "大二", "大三", "大四", "大五"),
    Stage.POSTGRADUATE: tuple(f"研{n}" for n in "一二三四五六七八"),
}


def grade_name(stage: str, grade: int) -> str:
    """Return how people call ``grade`` (1-based) of ``stage``: 七年级, 高一, 大班."""
    names = GRADE_NAMES.get(stage, ())
    return names[grade - 1] if 0 < grade <= len(names) else f"{grade}年级"


class Ownership(models.TextChoices):
    PUBLIC = "public", "公办"
    INCLUSIVE_PRIVATE = "inclusive_private", "普惠性民办"
    PRIVATE = "private", "民办"


class Setting(models.TextChoices):
    """城乡类型 of a school, as the statistics office classes it."""

    URBAN = "urban", "城区"
    TOWN = "town", "镇区"
    RURAL = "rural", "乡村"


class Season(models.TextChoices):
    AUTUMN = "autumn", "秋季学期"
    SPRING = "spring", "春季学期"
