from urllib.parse import urlencode

from django import forms
from django.db.models import F

from povertyedu.orgs.models import Area, School
from students.enums import HardshipCategory
from students.forms.filters import HASH, find_by
from students.names import named
from students.queries import READINGS
from subsidies.enums import BatchState, HoldReason, LineState, SheetState


class LineFilterForm(forms.Form):
    """The filter of a queue of lines; it lives in the address and is applied again to whatever is done to "all matching".

    It is sent by POST: a number typed into ``q`` becomes its keyed hash before it stands in an address.
    """

    FOUND_BY = {"id_hash": "按身份证件号查找", "tail_hash": "按证件号后四位查找", "no_hash": "按学籍号查找"}

    township = forms.ChoiceField(label="乡镇", required=False)
    by = forms.ChoiceField(label="乡镇指", required=False, choices=list(READINGS.items()))
    school = forms.ChoiceField(label="学校", required=False)
    category = forms.TypedChoiceField(
        label="困难类型", required=False, coerce=int, empty_value=0,
        choices=[("", "全部"), *HardshipCategory.choices],
    )  # fmt: skip
    check = forms.ChoiceField(
        label="核验结果", required=False,
        choices=[("", "全部"), ("listed", "核验一致"), ("held", "需关注"), *HoldReason.choices, ("failed", "发放失败"), ("removed", "已移出")],
    )  # fmt: skip
    q = forms.CharField(label="姓名（或拼音首字母）/ 身份证号", required=False, max_length=60)
    id_hash = forms.CharField(required=False, validators=[HASH], widget=forms.HiddenInput)
    tail_hash = forms.CharField(required=False, validators=[HASH], widget=forms.HiddenInput)
    no_hash = forms.CharField(required=False, validators=[HASH], widget=forms.HiddenInput)

    def __init__(self, *args, lines, one_school: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if one_school:
            del self.fields["township"], self.fields["by"], self.fields["school"]
            return
        schools = School.objects.filter(pk__in=lines.order_by().values("school")).order_by("area_id", "code")
        towns = Area.objects.filter(level="township")
        self.fields["township"].choices = [("", "全部"), *towns.values_list("code", "name")]
        self.fields["school"].choices = [("", "全部"), *((str(s.pk), s.name) for s in schools)]

    def narrow(self, lines):
        """Return those of ``lines`` that match; a filter that is not valid matches nothing, never everything."""
        if not self.is_valid():
            return lines.none()
        wanted = self.cleaned_data
        if wanted.get("township"):
            place = "home_area" if wanted["by"] == "home_area" else "school__area_id"
            township = Area.objects.get(pk=wanted["township"])
            lines = lines.filter(township.scope.area_q(place))
        if wanted.get("school"):
            lines = lines.filter(school=wanted["school"])
        if wanted["category"]:
            lines = lines.annotate(hit=F("categories").bitand(wanted["category"])).filter(hit__gt=0)
        lines = self._by_check(lines, wanted["check"])
        found_by = {
            "student__id_hash": wanted["id_hash"],
            "student__id_tail_hash": wanted["tail_hash"],
            "student__student_no_hash": wanted["no_hash"],
        }
        if wanted["q"].strip():
            lines = lines.filter(named("student_name", wanted["q"].strip()))
        return lines.filter(**{lookup: value for lookup, value in found_by.items() if value})

    @staticmethod
    def _by_check(lines, check: str):
        if check != "removed":
            lines = lines.in_list()
        if check in LineState.values:
            return lines.filter(state=check)
        return lines.filter(state=LineState.HELD, hold=check) if check else lines

    @classmethod
    def address_of(cls, sent) -> str:
        """Return the query string of a filter as it was sent (a POST), numbers turned into their keyed hashes."""
        kept = {name: sent[name] for name in cls.base_fields if sent.get(name)}
        for name in ("q", *cls.FOUND_BY):
            kept.pop(name, None)
        wanted = find_by(sent.get("q", "")[:60])
        if "name" in wanted:
            wanted = {"q": wanted["name"]}
        return urlencode(kept | wanted)

    @property
    def applied(self) -> str:
        """Say in words which filters hold."""
        if not self.is_valid():
            return ""
        words = []
        for name, value in self.cleaned_data.items():
            if value and name in self.FOUND_BY:
                words.append(self.FOUND_BY[name])
            elif value:
                choices = dict(getattr(self.fields[name], "choices", ()))
                words.append(
                    f"{self.fields[name].label}：{choices.get(value, choices.get(str(value), value))}"
                )
        return "；".join(words)


class BatchFilterForm(forms.Form):
    """Which batches of the list: by their own state, a sheet's, or what is stuck in them; in the address."""

    state = forms.ChoiceField(label="批次状态", required=False, choices=[("", "全部"), *BatchState.choices])
    sheet = forms.ChoiceField(label="学校报送表", required=False, choices=[("", "全部"), *SheetState.choices])
    line = forms.ChoiceField(
        label="待处理",
        required=False,
        choices=[("", "全部"), ("held", "有暂缓的"), ("failed", "有银行退回的")],
    )

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that hold; a value that is none holds nothing back."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def applied(self) -> str:
        return "；".join(
            f"{self.fields[name].label}：{dict(self.fields[name].choices)[value]}"
            for name, value in self.wanted.items()
        )


class OpenBatchForm(forms.Form):
    """Which cash programmes a new batch takes, and whether back-pay of past terms comes along."""

    title = forms.CharField(label="批次名称", max_length=120)
    with_past = forms.BooleanField(label="同时补发以前学期的欠发金额", required=False)
    programme = forms.MultipleChoiceField(
        label="资助项目", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一个项目", "invalid_choice": "所选项目已没有待发资金，请重新选择"},
    )  # fmt: skip

    def __init__(self, *args, programmes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["programme"].choices = [(p.pk, p.name) for p in programmes]


class ReasonForm(forms.Form):
    """Why: for whatever is held, returned, removed or downloaded."""

    reason = forms.CharField(
        label="理由", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "必须填写理由"},
    )  # fmt: skip


class ReturnForm(forms.Form):
    """The bank's answer."""

    workbook = forms.FileField(
        label="银行回盘文件",
        help_text="xlsx、xls 或 csv；需要的列：流水号（或序号）、姓名、账号、金额、结果（成功/失败）、原因",
        error_messages={"required": "请选择银行回盘文件", "empty": "文件是空的，请重新选择"},
    )


class LedgerForm(forms.Form):
    """Which ledger, and why it is wanted."""

    reading = forms.ChoiceField(
        label="台账怎么排", required=False, initial="school_area", widget=forms.RadioSelect,
        choices=[("school_area", "按就读地：学校、学段"), ("home_area", "按户籍地：乡镇、村")],
        help_text="两种排法的人次和金额合计相同；在县外就读的，按户籍地排在自己的村里",
    )  # fmt: skip
    reason = forms.CharField(
        label="用途",
        max_length=200,
        error_messages={"required": "必须填写用途"},
        help_text="如：季度上报、审计核对；记入查阅日志",
    )
    full_numbers = forms.BooleanField(label="显示完整身份证号", required=False)

    def clean_reading(self):
        return self.cleaned_data["reading"] or "school_area"
