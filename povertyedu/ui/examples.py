"""Invented data for the gallery (region 529901, no real person or amount)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message

from .charts import Row, Tile

AT = datetime(2026, 11, 18, 16, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
HERE = "#main"


class ExampleForm(forms.Form):
    """One field of each kind; bound with mistakes it shows the errors as well."""

    name = forms.CharField(label="姓名", max_length=20)
    id_number = forms.CharField(label="身份证件号码", help_text="18位居民身份证号；离开输入框后自动校验")
    document = forms.ChoiceField(label="证件类型", choices=[("id", "居民身份证"), ("book", "户口簿")])
    born_on = forms.DateField(label="出生日期", required=False, disabled=True, help_text="由身份证号带出")
    boarding = forms.ChoiceField(
        label="是否寄宿", choices=[("1", "寄宿"), ("0", "走读")], widget=forms.RadioSelect
    )
    hardship = forms.MultipleChoiceField(
        label="困难类型",
        choices=[
            ("exited", "脱贫户"),
            ("monitored", "防返贫监测对象"),
            ("dibao", "农村低保"),
            ("tekun", "特困供养"),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    evidence = forms.FileField(label="佐证材料", required=False, help_text="jpg、png 或 pdf，每份不超过 5 MB")
    remark = forms.CharField(label="备注", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    agreed = forms.BooleanField(label="已与户口簿核对")

    def clean_id_number(self):
        raise forms.ValidationError("身份证号有误（校验码不符），请对照户口簿或身份证逐位核对后重填")


class ExampleFilter(forms.Form):
    """A filter bar's fields."""

    town = forms.ChoiceField(label="乡镇", required=False, choices=[("", "全部"), ("529901101", "东河镇")])
    kind = forms.ChoiceField(label="困难类型", required=False, choices=[("", "全部"), ("dibao", "农村低保")])
    q = forms.CharField(label="姓名 / 身份证号", required=False)


def frame() -> dict:
    """Return what ``base.html`` reads as ``frame``."""
    groups = [
        ("工作台", [("首页待办", "house", 0), ("领导驾驶舱", "gauge", 0)]),
        ("学生档案", [("资助对象管理", "users", 0), ("批量导入", "file-up", 0)]),
        (
            "资助发放",
            [
                ("发放测算", "calculator", 0),
                ("发放审批", "stamp", 7),
                ("公示管理", "megaphone", 0),
                ("支付回盘", "landmark", 0),
            ],
        ),
        ("系统管理", [("资助标准", "scale", 0), ("操作日志", "history", 0)]),
    ]
    return {
        "county_name": "云岭县",
        "bureau_name": "云岭县教育局",
        "user": {"name": "周敏"},
        "place_name": "学生资助管理中心",
        "terms": [{"code": "2026-autumn"}, {"code": "2026-spring"}],
        "term": {"code": "2026-autumn"},
        "todo_count": 7,
        "unread": 2,
        "nav": [
            {
                "title": title,
                "items": [
                    {"label": label, "url": HERE, "icon": icon, "count": count, "active": label == "发放审批"}
                    for label, icon, count in items
                ],
            }
            for title, items in groups
        ],
    }


def key_figures() -> dict:
    """Return the examples of the dashboard's components."""
    return {
        "kpis": [
            {
                "title": "资助对象",
                "value": "12,486",
                "unit": "人",
                "s": "info",
                "t": "在册",
                "percent": 58.6,
                "foot": "脱贫户 7,318",
                "change": "低保 2,604",
            },
            {
                "title": "应助尽助率",
                "value": "98.7",
                "unit": "%",
                "s": "warn",
                "t": "接近目标",
                "percent": 98.7,
                "target": 100,
                "foot": "目标 100%",
                "change": "同比 ▲0.9",
                "change_class": "up",
            },
            {
                "title": "资金发放进度",
                "value": "87.3",
                "unit": "%",
                "s": "ok",
                "t": "达到序时",
                "percent": 87.3,
                "target": 85,
                "foot": "序时 85.0%",
                "change": "已发 753.20 万元",
            },
            {
                "title": "高中阶段毛入学率",
                "value": "76.9",
                "unit": "%",
                "s": "bad",
                "t": "未达标",
                "percent": 76.9,
                "target": 78,
                "foot": "目标 78.0%",
                "change": "同比 ▼0.3",
                "change_class": "down",
            },
        ],
        "series": ["中央财政", "省级财政", "县级财政", "社会捐助"],
        "stages": [
            Row("学前教育", [19_020_000, 22_140_000, 13_800_000, 3_000_000], HERE),
            Row("小学", [142_500_000, 48_200_000, 21_000_000, 2_100_000], HERE),
            Row("初中", [118_800_000, 39_600_000, 19_000_000, 2_500_000], HERE),
            Row("普通高中", [96_400_000, 41_300_000, 30_600_000, 8_000_000]),
        ],
        "tiles": [
            Tile(1, 0, "云雾乡", 63.0, 1, HERE),
            Tile(3, 0, "县直学校", 96.0, 4, HERE),
            Tile(0, 1, "石门镇", 83.2, 3, HERE),
            Tile(2, 1, "北坪镇", 86.2, 3, HERE),
            Tile(3, 1, "茶店镇", 91.8, 4),
            Tile(4, 1, "白云乡", 77.6, 2),
        ],
        "bands": [
            {"css": "band-1", "text": "<70%"},
            {"css": "band-2", "text": "70–80%"},
            {"css": "band-3", "text": "80–88%"},
            {"css": "band-4", "text": "≥88%"},
        ],
        "months": [12, 26, 41, 63, 71, 87],
        "plan": [15, 30, 45, 60, 75, 85],
        "attention": [
            {
                "url": HERE,
                "s": "bad",
                "t": "滞后",
                "text": "云雾乡发放进度 63.0%",
                "note": "低于序时 22 个百分点 · 疑似辍学 15 人",
            },
            {
                "url": HERE,
                "s": "warn",
                "t": "超期",
                "text": "2 个批次复核超 5 个工作日",
                "note": "涉及 412 人、27.86 万元",
            },
        ],
        "towns": [
            {
                "name": "平山镇",
                "students": 1286,
                "due_fen": 88_200_000,
                "paid_fen": 82_450_000,
                "percent": 93.5,
                "s": "ok",
                "t": "正常",
            },
            {
                "name": "石门镇",
                "students": 1003,
                "due_fen": 69_050_000,
                "paid_fen": 57_440_000,
                "percent": 83.2,
                "s": "warn",
                "t": "预警",
            },
            {
                "name": "双桥乡",
                "students": 472,
                "due_fen": 32_510_000,
                "paid_fen": 21_900_000,
                "percent": 67.4,
                "s": "bad",
                "t": "滞后",
            },
        ],
    }


def queue() -> dict:
    """Return the examples of the approval queue."""
    rows = [
        ("王欣怡", "529901201303150021", "东河镇中学", "八（1）班", "脱贫户", 31_250, "ok", "核验通过"),
        ("李浩然", "529901201209170038", "东河镇中学", "八（2）班", "监测对象", 67_500, "ok", "核验通过"),
        (
            "张子涵",
            "529901201511080045",
            "东河镇第二小学",
            "五（3）班",
            "农村低保",
            50_000,
            "bad",
            "学籍重复",
        ),
        ("刘雨桐", "529901201606210052", "石门镇中心小学", "四（4）班", "特困供养", 62_500, "ok", "核验通过"),
    ]
    keys = ("name", "id_number", "school", "school_class", "category", "amount_fen", "s", "t")
    return {
        "children": [dict(zip(keys, row, strict=True)) for row in rows],
        "tabs": [
            {"text": "待我审批", "url": HERE, "count": 326, "active": True},
            {"text": "需关注", "url": HERE, "count": 8, "bad": True},
            {"text": "已同意", "url": HERE, "count": "1,204"},
            {"text": "全部批次", "url": HERE},
        ],
        "figures": [
            {"label": "申报人数", "value": "326", "unit": "人"},
            {"label": "申报金额", "value": "209,850.00", "unit": "元"},
            {"label": "自动核验通过", "value": "318", "unit": "人", "s": "ok"},
            {"label": "需关注", "value": "8", "unit": "人", "s": "bad"},
        ],
        "flow": [
            {"text": "学校申报", "state": "done"},
            {"text": "中心校审核", "state": "done"},
            {"text": "资助中心审核", "state": "doing"},
            {"text": "局领导审批"},
            {"text": "公示", "note": "5个工作日"},
            {"text": "发放"},
        ],
        "filter_form": ExampleFilter(),
        "shares": [
            {"source": "中央财政", "share": "50%", "amount_fen": 31_250},
            {"source": "省级财政", "share": "30%", "amount_fen": 18_750},
            {"source": "县级财政", "share": "20%＋提标", "amount_fen": 17_500},
        ],
        "reasons": ["学籍信息与名单不符", "缺少佐证材料", "银行卡户名不符"],
    }


def records() -> dict:
    """Return the examples of forms and records."""
    return {
        "form": ExampleForm(
            {"name": "罗文静", "id_number": "529901201309174512", "document": "id"},
            initial={"born_on": date(2013, 9, 17)},
        ),
        "plain_form": ExampleForm(prefix="plain"),
        "statuses": [
            ("ok", "正常"),
            ("warn", "预警"),
            ("bad", "滞后"),
            ("doing", "办理中"),
            ("todo", "未开始"),
            ("info", "在册"),
        ],
        "sections": [
            {"url": "#id_id_number", "title": "基本信息", "s": "bad", "t": "1 处错误"},
            {"url": "#id_document", "title": "学籍与就读", "s": "ok", "t": "已完成"},
            {"url": "#id_hardship", "title": "困难类型认定", "s": "doing", "t": "填写中", "current": True},
            {"url": "#id_evidence", "title": "佐证材料", "s": "todo", "t": "未开始"},
        ],
        "files": [{"url": HERE, "name": "低保证.jpg", "size": 348_160, "by": "杨丽", "at": AT}],
        "changes": [
            {"label": "就读学校", "old": "东河镇第二小学", "new": "东河镇中学"},
            {"label": "银行卡", "old": "", "new": "**** 4471"},
        ],
        "entries": [
            {"at": AT, "by": "东河镇中学 杨丽", "text": "申报"},
            {"at": AT, "by": "资助中心 周敏", "text": "退回", "reason": "银行卡户名不符，请核对后重报"},
        ],
        "todos": [
            {
                "url": HERE,
                "text": "发放审批：2026秋 义教生活补助",
                "count": 326,
                "unit": "人",
                "s": "warn",
                "t": "超期 2 天",
                "due": date(2026, 11, 20),
                "age": "11-18 报来",
            },
            {"url": HERE, "text": "公示期满待放行", "count": 2, "unit": "批", "due": date(2026, 11, 27)},
        ],
    }


def context() -> dict:
    """Return all the gallery shows."""
    return {
        "frame": frame(),
        "crumbs": [("首页", "/"), ("资助发放", None), ("组件图例", None)],
        "messages": [
            Message(constants.SUCCESS, "已同意 318 人，合计 206,475.00 元"),
            Message(constants.WARNING, "8 人需逐人处理，未参与批量同意"),
            Message(constants.ERROR, "没有保存：有 1 处需要修改"),
        ],
        **key_figures(),
        **queue(),
        **records(),
    }
