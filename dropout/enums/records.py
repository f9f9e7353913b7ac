from django.db import models


class ReadyItem(models.TextChoices):
    """十个到位 (临夏州方案 二（二）6): exactly ten."""

    PUPILS = "pupils", "学生"
    TEACHERS = "teachers", "教师"
    BUILDINGS = "buildings", "校舍"
    COURSES = "courses", "课程"
    TEXTBOOKS = "textbooks", "教材"
    MEALS = "meals", "膳食"
    SURROUNDINGS = "surroundings", "环境"
    FEES = "fees", "收费"
    SAFETY = "safety", "安全"
    PUBLICITY = "publicity", "宣传沟通"


CAMPAIGN_MONTHS = (2, 8)  # 随州方案 二（五）: every February and August


class Holiday(models.TextChoices):
    """When every family is visited (临夏州方案 二（二）6)."""

    WINTER = "winter", "寒假"
    SPRING = "spring", "春节"
    SUMMER = "summer", "暑假"


class VisitOutcome(models.TextChoices):
    WELL = "well", "情况正常"
    HARDSHIP = "hardship", "有困难，需帮助"
    AT_RISK = "at_risk", "有辍学苗头"
    ABSENT = "absent", "家中无人"


class CareKind(models.TextChoices):
    """留守儿童关爱 (宜章县方案 二6): a centre in every township, and what else is counted."""

    CENTRE = "centre", "留守儿童关爱中心"
    PHONE = "phone", "亲情电话"
    MOTHER = "mother", "代理妈妈"
    LIVING_ROOM = "living_room", "特校生活室"


IN_EVERY_TOWNSHIP = (CareKind.CENTRE, CareKind.PHONE, CareKind.MOTHER)  # 宜章 二6: at least one of each


class ReportKind(models.TextChoices):
    MONTHLY = "monthly", "学校月报"
    QUARTERLY = "quarterly", "县季度会商"


class ReportState(models.TextChoices):
    DRAFT = "draft", "待报送"
    SUBMITTED = "submitted", "已报送"
    REVIEWED = "reviewed", "中心学校（乡镇）已审核"
    ACCEPTED = "accepted", "县已审定"
    RETURNED = "returned", "已退回"
