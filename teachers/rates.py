"""The indicators of teachers, as ``settings.INDICATORS`` names them."""

from povertyedu.indicators.definitions import Definition
from povertyedu.indicators.enums import PlaceKind, Reading

from .queries import rotation, shares
from .queries.rotation_names import names_of, traces_of

_PLACES = (PlaceKind.COUNTY, PlaceKind.SCHOOL)

ROTATION_STAFF = Definition(
    "rotation_staff", "轮岗率（占专任教师）", True, "优质学校：学年内轮岗交流、支教的教师 ÷ 学年初在岗的专任教师", "宜章 二5：不低于10%", Reading.SCHOOL, _PLACES,
    rotation.of_staff, names_of, traces_of, "轮岗交流、支教的", "专任教师", counts="教师",
)  # fmt: skip
ROTATION_ELIGIBLE = Definition(
    "rotation_eligible", "轮岗率（占符合条件教师）", True, "优质学校：在本校连续满 6 年或任校长满两届的教师中，学年内轮岗交流、支教的 ÷ 符合条件的",
    "县域内义务教育学校校长教师交流轮岗：不低于10%", Reading.SCHOOL, _PLACES,
    rotation.of_eligible, names_of, traces_of, "轮岗交流、支教的", "符合条件的教师", counts="教师",
)  # fmt: skip
ROTATION_BACKBONE = Definition(
    "rotation_backbone", "轮岗教师中骨干教师", True, "优质学校：符合条件、学年内轮岗交流或支教的教师中，骨干教师 ÷ 全部", "县域内义务教育学校校长教师交流轮岗：不低于20%",
    Reading.SCHOOL, _PLACES, rotation.of_backbone, names_of, traces_of, "骨干教师", "轮岗交流、支教的教师", counts="教师",
)  # fmt: skip
TRAINED = Definition(
    "teachers_trained", "教师培训覆盖率", True, "在岗教师中，近几年（参数“培训覆盖年限”）完成过培训的 ÷ 在岗教师", "临夏 一(五)：五级培训", Reading.SCHOOL,
    (PlaceKind.COUNTY, PlaceKind.TOWNSHIP, PlaceKind.SCHOOL), shares.of_trained, names_of, traces_of, "完成过培训的", "在岗教师", counts="教师",
)  # fmt: skip
POSTS_FILLED = Definition(
    "recruited_posts", "教师招聘到岗率", True, "学年开始那一年已批准的招聘计划：已有教师到岗的岗位 ÷ 计划安排的岗位", "宜章 二5、芦溪 一(三)2：按渠道补充教师",
    Reading.SCHOOL, _PLACES, shares.of_posts, shares.names_of_posts, shares.no_traces, "已到岗的", "计划岗位", counts="岗位",
)  # fmt: skip
