"""The form in which a person says which heading of a file goes to which column."""

from django import forms

from .models import ImportBatch

NOT_READ = "（不读取）"


class ColumnsForm(forms.Form):
    """For each sheet: read it or not, the row of its headings, and the column of every heading.

    Fields are ``sN-skip``, ``sN-head`` and ``sN-cI`` for the sheet's place N and the cell's index I.
    """

    remember = forms.BooleanField(label="没有认出的表头记作本县的写法，以后的导入都认", required=False)

    def __init__(self, *args, batch: ImportBatch, resource, may_remember: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.sheets = batch.sheet_list
        self.columns = {column.name: column for column in resource.columns()}
        options = [("", NOT_READ)]
        options += [(c.name, c.heading + ("（必需）" if c.required else "")) for c in self.columns.values()]
        for place, sheet in enumerate(self.sheets):
            said = batch.choices.get(sheet["name"], {})
            self._add_sheet(place, sheet, said, options)
        if not may_remember:
            del self.fields["remember"]

    def _add_sheet(self, place: int, sheet: dict, said: dict, options: list) -> None:
        # Beside sheets with headings, one without any is an explanation.
        headed = any(each["is_read"] or each["missing"] for each in self.sheets)
        is_headed = sheet["is_read"] or sheet["missing"]
        skip = bool(said.get("skip")) or (headed and not is_headed)
        self.fields[f"s{place}-skip"] = forms.BooleanField(
            label="不读取这张工作表", required=False, initial=skip
        )
        self.fields[f"s{place}-head"] = forms.IntegerField(
            label="表头在第几行", min_value=1, max_value=9_999_999, initial=sheet["head"],
            help_text="有两行表头的，填下面一行；换了行号，先按那一行重新认列。",
        )  # fmt: skip
        chosen = said.get("columns") or {}
        for index, text, _, name in sheet["headings"]:
            self.fields[f"s{place}-c{index}"] = forms.ChoiceField(
                label=text, choices=options, required=False, initial=chosen.get(str(index), name),
                widget=forms.Select(attrs={"aria-label": f"“{text}”对应的列"}),
            )  # fmt: skip

    def shown_sheets(self) -> list[dict]:
        """Return the sheets for the template, each with its bound fields."""
        shown = []
        for place, sheet in enumerate(self.sheets):
            rows = [
                {"text": text, "example": example, "known": bool(name), "field": self[f"s{place}-c{index}"]}
                for index, text, example, name in sheet["headings"]
            ]
            missing = [self.columns[name].heading for name in sheet["missing"] if name in self.columns]
            shown.append(
                {
                    "title": f"工作表“{sheet['name']}”",
                    "anchor": f"sheet-{place}",
                    "reason": sheet["reason"],
                    "missing": missing,
                    "skip": self[f"s{place}-skip"],
                    "head": self[f"s{place}-head"],
                    "rows": rows,
                    "unknown": sum(1 for row in rows if not row["known"]),
                }
            )
        return shown

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        read = [
            place for place, sheet in enumerate(self.sheets)
            if not cleaned[f"s{place}-skip"] and self._check_sheet(place, sheet, cleaned)
        ]  # fmt: skip
        if not read and not self.errors:
            raise forms.ValidationError("所有工作表都选了不读取；请至少留下一张有数据的工作表。")
        return cleaned

    def _check_sheet(self, place: int, sheet: dict, cleaned: dict) -> bool:
        """Note what keeps a sheet from being read so; a sheet whose row of headings was moved is read anew."""
        if cleaned[f"s{place}-head"] != sheet["head"]:
            return True
        taken: dict[str, str] = {}
        for index, text, _, _ in sheet["headings"]:
            name = cleaned[f"s{place}-c{index}"]
            if name in taken:
                told = (
                    f"“{taken[name]}”和“{text}”都选了“{self.columns[name].heading}”；一列只能对应一个表头。"
                )
                self.add_error(f"s{place}-c{index}", told)
            elif name:
                taken[name] = text
        missing = [c.heading for c in self.columns.values() if c.required and c.name not in taken]
        if missing:
            told = (
                f"工作表“{sheet['name']}”还缺必需的列：{'、'.join(missing)}；请选出它们，或不读取这张工作表。"
            )
            self.add_error(None, told)
        return True

    def choices(self) -> dict[str, dict]:
        """Return what was said, as ``ImportBatch.choices`` keeps it."""
        found = {}
        for place, sheet in enumerate(self.sheets):
            said: dict = {}
            if self.cleaned_data[f"s{place}-skip"]:
                said["skip"] = True
            head = self.cleaned_data[f"s{place}-head"]
            said["head"] = head
            if head == sheet["head"]:
                said["columns"] = {
                    str(index): self.cleaned_data[f"s{place}-c{index}"] for index, *_ in sheet["headings"]
                }
            found[sheet["name"]] = said
        return found
