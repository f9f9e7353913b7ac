"""Every option a county may set, with type, default, unit and what it does, in one list."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from .models import Option


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"请填写 {low} 到 {high} 之间的整数")
        return int(text)

    return read


def _text(text: str) -> str:
    if not 0 < len(text.strip()) <= 60:
        raise ValueError("请填写，不超过 60 个字")
    return text.strip()


def _yes_no(text: str) -> bool:
    if text not in ("是", "否"):
        raise ValueError("请填写“是”或“否”")
    return text == "是"


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.strip() not in words:
            raise ValueError(f"请选择{'、'.join(words)}之一")
        return text.strip()

    return read


def _some_of(words: Callable[[], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        chosen = tuple(word for word in text.strip().split("、") if word)
        if unknown := [word for word in chosen if word not in words()]:
            raise ValueError(f"没有“{unknown[0]}”这一项，请重新选择")
        return chosen

    return read


FUND_CHECKS = ("自动", "不足时拒绝", "不足时提醒", "不检查")


STAGES = ("学前", "小学", "初中", "普通高中", "中职")


def _fund_sources() -> tuple[str, ...]:
    """The names of the sources of funds: policies name them, a layer above."""
    return tuple(label for _, label in import_string(settings.FUND_SOURCES)())


@dataclass(frozen=True)
class Definition:
    """One option: ``read`` turns the stored text into a value or raises ValueError in Chinese."""

    key: str
    label: str
    default: str
    read: Callable
    unit: str = ""
    help: str = ""
    words: Callable[[], tuple[str, ...]] = tuple
    several: bool = False  # any number of the words; written with 、 between them

    @property
    def choices(self) -> tuple[str, ...]:
        """The words to choose from, where there are only some."""
        return ("是", "否") if self.read is _yes_no else self.words()


OPTIONS = (
    Definition("county_name", "县（市、区）名称", "云岭县", _text, help="显示在页眉、公示和台账上"),
    Definition("bureau_name", "单位名称", "云岭县教育局", _text, help="公示和台账的落款"),
    Definition(
        "home_province",
        "所在省（自治区、直辖市）",
        "贵州省",
        _text,
        help="县外就读学校在本省的，算省内县外就读",
    ),
    Definition("aid_office_phone", "资助中心电话", "0000-0000000", _text, help="公示页上的异议电话"),
    Definition("training_years", "培训覆盖年限", "3", _whole_number(1, 20), "年", "列出没有培训的教师"),
    Definition("personnel_phone", "人事股电话", "0000-0000000", _text, help="拟聘用人员公示页上的异议电话"),
    Definition(
        "publicity_working_days",
        "公示工作日",
        "5",
        _whole_number(1, 30),
        "个工作日",
        "资助名单公示期，不足 5 个工作日不符合教育部门通行要求",
    ),
    Definition(
        "publicity_print_only",
        "公示只张贴不上网",
        "否",
        _yes_no,
        help="选“是”后公示页只供打印张贴，不能在网上打开",
    ),
    Definition(
        "default_meal_days", "每学期供餐天数", "100", _whole_number(0, 140), "天", "新建学期时的默认值"
    ),
    Definition(
        "nightly_recalculation",
        "夜间自动重算",
        "是",
        _yes_no,
        help="每天零点以后，自动重算前一天及以前资料有变动的学生；夜间关机的，开机后一小时内补算。选“否”只在有人点重算时才算",
    ),
    Definition(
        "funds_check",
        "批次资金不足时",
        "自动",
        _one_of(*FUND_CHECKS),
        words=lambda: FUND_CHECKS,
        help="自动：没有登记过到账资金时只提醒，登记以后不足即拒绝",
    ),
    Definition(
        "funds_unchecked_sources",
        "不检查余额的资金来源",
        "按学校隶属关系分级承担、学校（幼儿园）自筹、来源比例待定",
        _some_of(_fund_sources),
        words=_fund_sources,
        several=True,
        help="勾选的来源不登记到账、不核对余额；其余来源的批次只能用到账的钱",
    ),
    Definition(
        "funds_idle_days",
        "资金滞留提醒天数",
        "30",
        _whole_number(1, 365),
        "天",
        "到账后这么多天还没有用完的，列入待办",
    ),
    Definition(
        "allowance_roll_day",
        "教师补助名单生成日",
        "1",
        _whole_number(1, 28),
        "日",
        "每月从这一天起自动生成上个月的乡镇工作补贴、乡村教师生活补助名单",
    ),
    Definition(
        "school_age_from",
        "应在校年龄（起）",
        "6",
        _whole_number(3, 20),
        "周岁",
        "应助尽助：建档立卡、没有学籍的人，8 月 31 日满这一年龄的应当在校",
    ),
    Definition("school_age_to", "应在校年龄（止）", "15", _whole_number(3, 25), "周岁", "含这一年龄"),
    Definition(
        "exchange_days",
        "异地就读核实函答复期限",
        "30",
        _whole_number(1, 365),
        "天",
        "发函后超过这么多天没有答复的，列入待办和待核实",
    ),
    Definition(
        "case_monitor_days",
        "返校监测天数",
        "120",
        _whole_number(1, 400),
        "天",
        "返校核实后再看这么多天，没有再离校的才能销号；默认约一个学期",
    ),
    Definition(
        "clock_stages",
        "登记考勤的学段",
        "小学、初中",
        _some_of(lambda: STAGES),
        words=lambda: STAGES,
        several=True,
        help="这些学段的班级每个上课日登记考勤，连续缺勤开始计时；其他学段可以登记，不计时",
    ),
    Definition(
        "absence_teacher_days",
        "连续缺勤：班主任联系",
        "1",
        _whole_number(1, 30),
        "个上课日",
        "没有准假的缺勤",
    ),
    Definition("absence_head_days", "连续缺勤：校长介入", "2", _whole_number(1, 30), "个上课日"),
    Definition("absence_bureau_days", "连续缺勤：上报县局", "3", _whole_number(1, 30), "个上课日"),
    Definition(
        "suspected_after_days",
        "疑似辍学：离校超过",
        "7",
        _whole_number(1, 60),
        "天",
        "没有正当理由、从第一天起的日历天数；请假的日子和学期之间的假期不算。超过即开控辍个案",
    ),
    Definition(
        "dropout_after_days",
        "辍学：疑似辍学以后再过",
        "30",
        _whole_number(1, 180),
        "天",
        "仍没有返校的，个案由疑似辍学转为辍学",
    ),
    Definition(
        "case_verify_days",
        "控辍个案核实期限",
        "3",
        _whole_number(1, 60),
        "天",
        "建案后两条线最基层的责任人这么多天内核实；逾期逐级上报",
    ),
    Definition(
        "case_plan_days",
        "一人一案制定期限",
        "3",
        _whole_number(1, 60),
        "天",
        "核实属实后这么多天内制定方案，开始劝返",
    ),
    Definition(
        "case_visit_days",
        "劝返走访间隔",
        "7",
        _whole_number(1, 90),
        "天",
        "劝返中每条线这么多天内至少走访一次；缓学、休学的，在期满前这么多天走访",
    ),
    Definition(
        "case_return_days", "返校核实期限", "3", _whole_number(1, 60), "天", "登记返校后这么多天内核实"
    ),
    Definition(
        "case_watch_days",
        "监测、送教回访间隔",
        "30",
        _whole_number(1, 120),
        "天",
        "返校监测和送教上门期间，这么多天内至少回访一次",
    ),
    Definition(
        "case_lesson_days",
        "送教上门间隔",
        "7",
        _whole_number(1, 60),
        "天",
        "送教上门的，这么多天内至少登记一次课时",
    ),
    Definition(
        "case_confirm_days",
        "销号复核期限",
        "5",
        _whole_number(1, 60),
        "天",
        "提出销号、重开后这么多天内由他人复核",
    ),
    Definition(
        "case_escalation_days",
        "逾期上报后的办理期限",
        "3",
        _whole_number(1, 60),
        "天",
        "上报到上一级后，上一级这么多天内办理；再逾期的继续上报，直到县教育局",
    ),
    Definition(
        "return_order_days",
        "限期复学通知书期限",
        "7",
        _whole_number(1, 60),
        "天",
        "签发通知书时默认的返校期限",
    ),
    Definition(
        "deployment_reminder_days",
        "支教轮岗到期提醒",
        "30",
        _whole_number(1, 180),
        "天",
        "最后一天以前这么多天，提醒派出、接收学校和人事股安排返回或延期",
    ),
    Definition("home_times_a_week", "送教上门每周次数", "2", _whole_number(1, 7), "次"),
    Definition("home_lessons_a_time", "送教上门每次课时", "3", _whole_number(1, 8), "课时"),
    Definition(
        "home_lessons_a_year", "送教上门每学年课时", "216", _whole_number(1, 1000), "课时", "不少于这么多课时"
    ),
    Definition(
        "four_denials",
        "使用“四不办理”",
        "否",
        _yes_no,
        help="选“是”后，对拒不送子女入学的家庭可提出暂缓办理贫困补助、社会救助、住宅审批手续、农村信用贷款；须由他人批准，学生返校即自动解除。启用前请先核对法律依据",
    ),
    Definition(
        "warning_watch_points",
        "预警：关注",
        "20",
        _whole_number(1, 500),
        "分",
        "预警得分满这么多的列入预警名单",
    ),
    Definition("warning_high_points", "预警：重点", "40", _whole_number(1, 500), "分", "满这么多的是重点"),
    Definition(
        "indicator_days",
        "指标快照间隔",
        "7",
        _whole_number(1, 92),
        "天",
        "入学率、辍学率、巩固率每隔这么多天自动统计一次；学年结束后另留终值",
    ),
    Definition(
        "screening_days",
        "开学后排查",
        "14",
        _whole_number(1, 60),
        "天",
        "控辍保学：开学后过了这么多天，还没有排查过的学期自动排查一次",
    ),
    Definition(
        "project_report_months",
        "项目双月报：报送月份",
        "单月",
        _one_of("单月", "双月"),
        words=lambda: ("单月", "双月"),
        help="单月报前两个月的情况：1 月报上年 11、12 月，3 月报 1、2 月……",
    ),
    Definition(
        "project_report_day",
        "项目双月报：截止日",
        "10",
        _whole_number(1, 28),
        "日",
        "报送月份的这一天是最后一天",
    ),
    Definition("project_office_phone", "项目监督电话", "0000-0000000", _text, help="公开页上的监督电话"),
    Definition(
        "disclosure_days",
        "项目公开天数",
        "30",
        _whole_number(5, 3650),
        "天",
        "年度资金计划、项目进展公开这么多天；期满后按下一项办理",
    ),
    Definition(
        "disclosure_after",
        "项目公开期满后",
        "存档可查",
        _one_of("存档可查", "撤下"),
        words=lambda: ("存档可查", "撤下"),
        help="存档可查：仍能打开，注明已存档；撤下：不再能打开，内容和摘要留存备查",
    ),
    Definition("large_export_rows", "转入后台导出的行数", "5000", _whole_number(100, 100_000), "行"),
    Definition("import_max_megabytes", "导入文件大小上限", "50", _whole_number(1, 500), "MB"),
    Definition("import_max_rows", "导入文件行数上限", "200000", _whole_number(100, 1_000_000), "行"),
    Definition(
        "upload_keep_days",
        "导入文件保留天数",
        "30",
        _whole_number(1, 365),
        "天",
        "到期后上传的原始文件和暂存行被清除",
    ),
)
DEFINITIONS = {definition.key: definition for definition in OPTIONS}


def option(key: str):
    """Return the county's value of ``key``, typed; the default where the county set none."""
    definition = DEFINITIONS[key]
    stored = Option.objects.filter(key=key).values_list("value", flat=True).first()
    return definition.read(definition.default if stored is None else stored)


def options(*keys: str) -> dict:
    """Return several options in one query."""
    stored = dict(Option.objects.filter(key__in=keys).values_list("key", "value"))
    return {key: DEFINITIONS[key].read(stored.get(key, DEFINITIONS[key].default)) for key in keys}


def texts() -> dict[str, str]:
    """Return every option as it is written on the page: the county's text, else the default."""
    stored = dict(Option.objects.values_list("key", "value"))
    return {key: stored.get(key, definition.default) for key, definition in DEFINITIONS.items()}


def set_option(key: str, text: str, *, by_name: str) -> Option:
    """Store ``text`` for ``key``; raise ValueError with a Chinese sentence when it does not fit."""
    definition = DEFINITIONS[key]
    definition.read(text)
    option_row, _ = Option.objects.update_or_create(
        key=key, defaults={"value": text.strip(), "updated_by": by_name}
    )
    return option_row
