from django.db import models


class UnitKind(models.TextChoices):
    """What signs a pledge. Whether a school is a centre, reviewed by one, or the county's own follows from its 审核的中心学校."""

    BUREAU = "bureau", "县教育局"
    COUNTY_SCHOOL = "county_school", "县直学校"
    CENTRE = "centre", "乡镇中心学校"
    VILLAGE_SCHOOL = "village_school", "村校（教学点）"
    CLASS = "class", "班级"
    TOWNSHIP = "township", "乡镇"
    VILLAGE = "village", "村"


# The column of a pledge that names its unit.
UNIT_FIELDS = {
    UnitKind.BUREAU: "area", UnitKind.TOWNSHIP: "area", UnitKind.VILLAGE: "area", UnitKind.COUNTY_SCHOOL: "school",
    UnitKind.CENTRE: "school", UnitKind.VILLAGE_SCHOOL: "school", UnitKind.CLASS: "school_class",
}  # fmt: skip
OF_SCHOOLS = (UnitKind.COUNTY_SCHOOL, UnitKind.CENTRE, UnitKind.VILLAGE_SCHOOL)
