"""Accounts, grants, hand-over: forms and filters."""

from django import forms
from django.db.models import Q

from povertyedu.accounts.models import Grant, User
from povertyedu.accounts.permissions import ROLE_CHOICES, ROLES, Role
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Area, Person, School, SchoolClass

ANY_ROLE = [("", "全部"), *ROLE_CHOICES]


class AccountFilter(forms.Form):
    q = forms.CharField(label="账号、姓名或电话", required=False, max_length=40)
    role = forms.ChoiceField(label="角色", required=False, choices=ANY_ROLE)
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[
            ("", "全部"),
            ("active", "在用"),
            ("disabled", "已停用"),
            ("new", "还没登录过"),
            ("without", "没有授权"),
        ],
    )

    def narrow(self, rows):
        wanted = self.cleaned_data if self.is_valid() else {}
        if text := wanted.get("q"):
            rows = rows.filter(
                Q(username__contains=text) | Q(name__contains=text) | Q(phone__startswith=text)
            )
        if wanted.get("role"):
            holders = Grant.objects.filter(ended_at=None, role=wanted["role"]).values("user")
            rows = rows.filter(pk__in=holders)
        conditions = {
            "active": Q(is_active=True),
            "disabled": Q(is_active=False),
            "new": Q(last_login=None, is_active=True),
            "without": ~Q(pk__in=Grant.objects.filter(ended_at=None).values("user")),
        }
        return rows.filter(conditions.get(wanted.get("state"), Q()))


class AccountForm(forms.ModelForm):
    """Who the account belongs to; rights are not here, the security administrator gives them."""

    class Meta:
        model = User
        fields = ["username", "name", "phone", "person"]
        help_texts = {
            "username": "字母、数字，建议用姓名拼音；登记后不能改",
            "person": "“人员”里的同名人员，班主任等岗位由此对应",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            del self.fields["person"]
            return
        self.fields["username"].disabled = True
        same_name = Q(name=self.instance.name, account=None) | Q(account=self.instance)
        self.fields["person"].queryset = Person.objects.filter(same_name)
        self.fields["person"].empty_label = "不对应"

    def clean_username(self):
        username = self.cleaned_data["username"].strip()
        if self.instance._state.adding and User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("这个账号已经有人使用，请换一个。")
        return username


class AccountFileForm(forms.Form):
    file = forms.FileField(
        label="账号表", widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        help_text="Excel 文件，一行一个账号和一项建议授权；一人多项授权写多行；每次不超过 1000 行、5MB",
    )  # fmt: skip

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > 5 * 2**20:
            raise forms.ValidationError("文件超过 5MB，请删去图片和多余的工作表后再上传。")
        return file


class GrantFilter(forms.Form):
    q = forms.CharField(label="账号或姓名", required=False, max_length=40)
    role = forms.ChoiceField(label="角色", required=False, choices=ANY_ROLE)
    township = forms.ModelChoiceField(
        label="乡镇", required=False, queryset=Area.objects.none(), empty_label="全部"
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["township"].queryset = Area.objects.visible_to(user, P.MANAGE_GRANTS).filter(
            level="township"
        )

    def narrow(self, rows):
        """Narrow accounts to those that match and whose live grants do."""
        wanted = self.cleaned_data if self.is_valid() else {}
        if text := wanted.get("q"):
            rows = rows.filter(Q(username__contains=text) | Q(name__contains=text))
        held = Grant.objects.filter(ended_at=None)
        if wanted.get("role"):
            held = held.filter(role=wanted["role"])
        if town := wanted.get("township"):
            places = Area.objects.filter(Q(pk=town.pk) | Q(parent=town)).values("pk")
            held = held.filter(
                Q(area__in=places) | Q(school__area__in=places) | Q(school_class__school__area__in=places)
            )
        narrowed = wanted.get("role") or wanted.get("township")
        return rows.filter(pk__in=held.values("user")) if narrowed else rows


class PlaceChoice(forms.ModelChoiceField):
    def label_from_instance(self, place):
        if isinstance(place, Area):
            return place.path
        return f"{place.school} {place}" if isinstance(place, SchoolClass) else place.name


class GrantForm(forms.Form):
    """A role, then a place of the kinds the role belongs to; a class is found through its school.

    ``chosen`` are the values so far (from the address or the post), so that each choice narrows the next.
    """

    role = forms.ChoiceField(label="角色", choices=[("", "请选择"), *ROLE_CHOICES])

    def __init__(self, *args, user, chosen, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        role = chosen.get("role")
        if role not in [str(r) for r in Role]:
            return
        self.fields["role"].initial = role
        kind = ROLES[Role(role)].places[0]
        if kind == "class":
            self._add("school", "学校", self._schools())
            school = self._schools().filter(pk=_whole(chosen.get("school"))).first()
            if school:
                self.fields["school"].initial = school
                self._add("place", "班级", school.classes.select_related("school"))
                if not school.classes.exists():
                    self.fields["place"].help_text = f"{school}还没有班级，请数据管理员先在“学校班级”里登记"
        elif kind in ("school", "centre"):
            self._add("place", "学校", self._schools())
            if kind == "centre":
                self.fields["place"].help_text = "只列出已被设为“审核的中心学校”的学校"
                self.fields["place"].queryset = (
                    self._schools().filter(reviewed_schools__isnull=False).distinct()
                )
        else:
            areas = Area.objects.visible_to(self.user, P.MANAGE_GRANTS).standing().filter(level=kind)
            self._add("place", "地方", areas.select_related("parent"))

    def _schools(self):
        return School.objects.visible_to(self.user, P.MANAGE_GRANTS).staffed().order_by("name")

    def _add(self, name: str, label: str, queryset) -> None:
        self.fields[name] = PlaceChoice(label=label, queryset=queryset, empty_label="请选择")

    @property
    def is_complete(self) -> bool:
        """Whether all choices stand on the page, so that the grant can be given."""
        return "place" in self.fields


def _whole(text) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="记入操作日志"
    )


class HandOverForm(ReasonForm):
    """Which live grants go to whom, from today."""

    grants = forms.ModelMultipleChoiceField(
        label="交接的授权", queryset=Grant.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    to = forms.CharField(label="接手人账号", max_length=40, help_text="接手人须已有账号")

    field_order = ["grants", "to", "reason"]

    def __init__(self, *args, giver: User, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        live = giver.grants.visible_to(user, P.MANAGE_GRANTS).filter(ended_at=None).with_place()
        self.fields["grants"].queryset = live
        self.fields["grants"].initial = list(live)

    def clean_to(self):
        wanted = self.cleaned_data["to"].strip()
        found = User.objects.visible_to(self.user, P.MANAGE_GRANTS).filter(username=wanted).first()
        if found is None:
            raise forms.ValidationError("没有这个账号，请核对；新来的同志先由系统管理员建立账号。")
        return found
