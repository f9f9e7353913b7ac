"""What is typed of a suggested plan: its days, rules and weights; where a teacher is to go; adopting it."""

import datetime as dt

from django import forms

from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School, Term
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField
from teachers import planning
from teachers.enums.deployment import ROTATION_KINDS, DeploymentKind
from teachers.enums.registry import Subject
from teachers.models import Teacher

LONGEST_DAYS = 366 * 3
STAGES = [(stage.value, stage.label) for stage in list(Stage)[:5]]
SWITCHES = {
    "stage": ("学段一致", "小学教师只去小学"),
    "subject": ("学科对口或全科", "全科教师可以补任何学科"),
    "rest": ("不连续两学期交流", "上学期或现在正在外交流的，这学期不再派"),
    "sender": ("派出校不缺编", "派出后学校总人数和教师所教学科都不低于标准"),
}
# name: (label, unit, largest, help)
NUMBERS = {
    "distance_km": ("距离上限", "公里", 500, "两校直线距离；没有登记位置的学校不参加"),
    "care_km": ("需照顾家庭的就近", "公里", 500, "只到家庭所在乡镇，或离现学校不超过这么远"),
    "unwilling_km": ("未表示愿去偏远的不远派", "公里", 500, "派往偏远学校不超过这么远；表示愿意的不限"),
    "unwilling_percent": ("未表示愿去偏远的占比上限", "%", 100, "占全部调动；愿意去的优先"),
    "backbone_percent": ("优质校骨干不低于", "%", 100, "本来就不足的，一名骨干也不派出"),
    "most_out": ("每校最多派出", "人", 100, ""),
    "most_in": ("每校最多接收", "人", 100, ""),
}
USUAL_NUMBERS = {"unwilling_km": 20}  # what stands beside a rule that is off unless somebody takes it up
WEIGHTS = {
    "post": "补上一个缺额", "remote": "偏远学校加", "village": "村小教学点加", "poor": "贫困村加", "bare": "学科首名加", "km": "每公里扣",
    "unwilling": "不愿去偏远扣",
}  # fmt: skip
LARGEST_WEIGHT = 1000


class PlanForm(forms.Form):
    """A plan's days, rules and weights. A rule has a tick and, most of them, a number."""

    term = forms.ModelChoiceField(Term.objects.none(), label="学期", empty_label="请选择")
    since = DayField(label="调动起")
    until = DayField(label="调动止", help_text="最后一天；可以跨学期，如交流一年")
    seconds = forms.IntegerField(label="求解时限（秒）", min_value=1, max_value=300)

    def __init__(self, *args, rules: planning.Rules, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["term"].queryset = Term.objects.filter(is_closed=False)
        for name, (label, about) in SWITCHES.items():
            self.fields[f"on_{name}"] = forms.BooleanField(
                label=label, required=False, initial=getattr(rules, name), help_text=about
            )
        usual = planning.Rules()
        for name, (label, unit, largest, about) in NUMBERS.items():
            value = getattr(rules, name)
            self.fields[f"on_{name}"] = forms.BooleanField(
                label=label, required=False, initial=value is not None, help_text=about
            )
            self.fields[name] = forms.IntegerField(
                label=f"{label}（{unit}）", required=False, min_value=0, max_value=largest,
                initial=next(each for each in (value, getattr(usual, name), USUAL_NUMBERS.get(name)) if each is not None),
            )  # fmt: skip
            self.fields[name].widget.attrs["aria-label"] = f"{label}（{unit}）"
        for name, label in WEIGHTS.items():
            self.fields[f"weight_{name}"] = forms.IntegerField(
                label=label, min_value=0, max_value=LARGEST_WEIGHT, initial=getattr(rules.weights, name)
            )

    @property
    def days(self) -> list:
        return [self[name] for name in ("term", "since", "until", "seconds")]

    @property
    def switches(self) -> list[dict]:
        """Return a line per rule: its tick, and its number with the unit if it has one."""
        lines = [{"tick": self[f"on_{name}"], "number": None, "unit": ""} for name in SWITCHES]
        return lines + [
            {"tick": self[f"on_{name}"], "number": self[name], "unit": unit}
            for name, (_, unit, _, _) in NUMBERS.items()
        ]

    @property
    def weights(self) -> list:
        return [self[f"weight_{name}"] for name in WEIGHTS]

    def clean(self):
        data = super().clean()
        since, until = data.get("since"), data.get("until")
        if since and until and until <= since:
            self.add_error("until", "调动止日应晚于起日。")
        elif since and until and (until - since).days > LONGEST_DAYS:
            self.add_error("until", "一次交流最长 3 年，请核对起止日期。")
        for name, (label, *_) in NUMBERS.items():
            if data.get(f"on_{name}") and data.get(name) is None and name not in self.errors:
                self.add_error(name, f"启用了“{label}”，请填写数字，或取消勾选。")
        return data

    @property
    def rules(self) -> planning.Rules:
        data = self.cleaned_data
        switches = {name: data[f"on_{name}"] for name in SWITCHES}
        numbers = {name: data[name] if data[f"on_{name}"] else None for name in NUMBERS}
        weights = planning.Weights(**{name: data[f"weight_{name}"] for name in WEIGHTS})
        return planning.Rules(**switches, **numbers, weights=weights)


def initial_of(term: Term | None) -> dict:
    """Return the days a new plan usually has: the term's own."""
    if term is None:
        return {"seconds": 30}
    return {
        "term": term.pk,
        "since": term.starts_on,
        "until": max(term.ends_on, term.starts_on + dt.timedelta(days=1)),
        "seconds": 30,
    }


class PinForm(forms.Form):
    """Where a teacher is to go, whatever the solver thinks."""

    teacher = CellField(cells.clean_text, label="教师", max_length=60, required=True, help_text="工号或全名")
    school = forms.ModelChoiceField(School.objects.none(), label="接收学校", empty_label="请选择")
    stage = forms.ChoiceField(label="学段", choices=STAGES)
    subject = forms.ChoiceField(label="学科", choices=Subject.choices)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.teachers = Teacher.objects.visible_to(user, "plan_deployment").filter(state="active")
        self.fields["school"].queryset = School.objects.filter(is_open=True).order_by("name")

    def clean_teacher(self):
        word = self.cleaned_data["teacher"]
        found = list((self.teachers.filter(code=word) | self.teachers.filter(person__name=word))[:2])
        if not found:
            raise forms.ValidationError(f"没有找到在职教师“{word}”；请填写工号或全名。")
        if len(found) > 1:
            raise forms.ValidationError(f"叫“{word}”的教师不止一位，请填写工号。")
        return found[0]


class AdoptForm(forms.Form):
    kind = forms.ChoiceField(
        label="派出类型",
        choices=[(kind.value, kind.label) for kind in DeploymentKind if kind in ROTATION_KINDS],
        initial="exchange",
    )
    reason = CellField(cells.clean_text, label="事由", max_length=100, required=True, initial="均衡师资")
