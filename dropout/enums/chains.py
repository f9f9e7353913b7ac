from django.db import models


class Line(models.TextChoices):
    """The two lines that answer for a child (双线): by its household, and by its school."""

    GOVERNMENT = "government", "政府线"
    EDUCATION = "education", "教育线"


class PlaceKind(models.TextChoices):
    """What a link of a chain is held for."""

    COUNTY = "county", "县"
    TOWNSHIP = "township", "乡镇"
    VILLAGE = "village", "村"
    DISTRICT = "district", "学区"
    SCHOOL = "school", "学校"
    CLASS = "class", "班级"
    CHILD = "child", "学生"


# Digits of an area's code: what of a child's 12 digits names the place of a link.
AREA_DIGITS = {PlaceKind.COUNTY: 6, PlaceKind.TOWNSHIP: 9, PlaceKind.VILLAGE: 12}
# The column of a post that names its place.
PLACE_FIELDS = {
    PlaceKind.COUNTY: "area", PlaceKind.TOWNSHIP: "area", PlaceKind.VILLAGE: "area", PlaceKind.DISTRICT: "school",
    PlaceKind.SCHOOL: "school", PlaceKind.CLASS: "school_class", PlaceKind.CHILD: "student",
}  # fmt: skip


class Lack(models.TextChoices):
    """Why a link of a child's chain leads to nobody."""

    VACANT = "vacant", "没有责任人"
    NO_PLACE = "no_place", "没有登记地方"
