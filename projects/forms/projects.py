"""Forms of a project, its milestones and progress."""

from django import forms
from django.db.models import Q

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School
from povertyedu.workbooks.fields import DayField, ReasonField
from projects.enums import FundSource, MilestoneKind, ProjectKind
from projects.models import Programme, Project

from .fields import AmountField, LongText, ShortText

KEPT = "改已有的计划时填写；原来的数留在“计划变动”里"
YEARS = {"min_value": 2010, "max_value": 2060}


class ProjectsFilter(TownshipFilter):
    programme = forms.ModelChoiceField(
        Programme.objects.none(), label="规划", required=False, empty_label="全部"
    )
    year = forms.IntegerField(label="年度", required=False, **YEARS)
    source = forms.ChoiceField(label="资金来源", required=False, choices=[("", "全部"), *FundSource.choices])
    q = forms.CharField(
        label="项目",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "名称或编号"}),
    )

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["programme"].queryset = Programme.objects.visible_to(user, permission)


class ProjectForm(forms.Form):
    """What a project is, where and for whom. The budget of each source is asked for a new one only."""

    name = ShortText(label="项目名称", max_length=120, required=True)
    programme = forms.ModelChoiceField(Programme.objects.none(), label="建设规划", empty_label="请选择")
    year = forms.IntegerField(label="计划年度", **YEARS)
    kind = forms.ChoiceField(label="建设性质", choices=ProjectKind.choices)
    area = forms.ModelChoiceField(
        Area.objects.none(), label="所在乡镇", empty_label="请选择", help_text="跨乡镇的选县"
    )
    schools = forms.ModelMultipleChoiceField(
        School.objects.none(), label="项目学校", required=False, widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text="可选多所；全县性的项目可以不选",
    )  # fmt: skip
    starts_on = DayField(label="计划开工日期", required=False)
    due_on = DayField(label="计划竣工日期", required=False)
    note = LongText(label="备注")

    def __init__(self, *args, user, project: Project | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.project = project
        self.fields["programme"].queryset = Programme.objects.visible_to(user, P.MANAGE_PROJECTS)
        areas = Area.objects.visible_to(user, P.MANAGE_PROJECTS).standing().exclude(level="village")
        self.fields["area"].queryset = areas.order_by("code")
        own = Q(pk__in=project.sites.values("school")) if project else Q()  # also one that was closed since
        self.fields["schools"].queryset = School.objects.visible_to(user, P.MANAGE_PROJECTS).filter(
            Q(is_open=True) | own
        )
        self.fields["year"].initial = today().year
        if project is None:
            self.fields["document"] = ShortText(label="预算文号", max_length=80)
            for source, label in FundSource.choices:
                self.fields[f"budget_{source}"] = AmountField(label=f"{label}（元）", required=False)
        else:
            del self.fields["starts_on"], self.fields["due_on"]  # planned as the milestones 开工 and 竣工
            self.fields["seen"] = forms.CharField(
                required=False, widget=forms.HiddenInput, initial=project.fingerprint
            )
            for name in ("name", "programme", "year", "kind", "area", "note"):
                self.fields[name].initial = getattr(project, name)
            self.fields["schools"].initial = list(project.schools.all())

    def clean(self):
        data = super().clean()
        if data.get("starts_on") and data.get("due_on") and data["due_on"] < data["starts_on"]:
            self.add_error("due_on", "计划竣工不能早于计划开工。")
        return data

    @property
    def budget(self) -> dict[str, int]:
        data = self.cleaned_data
        return {
            source: data[f"budget_{source}"] for source in FundSource.values if data.get(f"budget_{source}")
        }


class QuantityForm(forms.Form):
    item = ShortText(
        label="内容", max_length=40, required=True, help_text="如“教学辅助用房”“课桌椅”；已有的同名内容会改数"
    )
    unit = ShortText(label="单位", max_length=10, required=True, help_text="平方米、台、套、所…")
    planned = forms.DecimalField(label="计划数", max_digits=14, decimal_places=2, min_value=0)
    done = forms.DecimalField(label="完成数", max_digits=14, decimal_places=2, min_value=0, initial=0)
    reason = ShortText(label="变动原因", max_length=200, help_text=KEPT)

    def clean_planned(self):
        if not self.cleaned_data["planned"]:
            raise forms.ValidationError("计划数应大于零。")
        return self.cleaned_data["planned"]


class PlanMilestoneForm(forms.Form):
    kind = forms.ChoiceField(label="节点", choices=MilestoneKind.choices)
    planned_on = DayField(label="计划日期")
    reason = ShortText(label="变动原因", max_length=200, help_text=KEPT)


class ReachMilestoneForm(forms.Form):
    kind = forms.ChoiceField(label="节点", choices=MilestoneKind.choices)
    actual_on = DayField(label="完成日期")
    note = ShortText(label="文号或说明", max_length=120)
    scan = ScanField(label="批文、证书等材料", required=False)


class ProgressForm(forms.Form):
    on = DayField(label="日期")
    percent = forms.IntegerField(label="形象进度（%）", min_value=0, max_value=100)
    text = LongText(label="进展", required=True)
    scan = ScanField(label="现场照片", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()


class WhyForm(forms.Form):
    reason = ReasonField()
