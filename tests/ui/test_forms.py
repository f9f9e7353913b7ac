"""Every form is rendered alike, without a word in the form itself."""

from datetime import date
from html.parser import HTMLParser

import pytest
from django import forms
from django.template import Context, Template

from povertyedu.ui.examples import ExampleForm


class Tags(HTMLParser):
    """Collect (tag, attributes) of a piece of HTML."""

    def __init__(self, markup):
        super().__init__()
        self.found = []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def one(self, **wanted):
        (only,) = [attrs for _, attrs in self.found if wanted.items() <= attrs.items()]
        return only


@pytest.fixture
def wrong():
    return ExampleForm({"name": "罗文静", "id_number": "1", "document": "id"})


@pytest.mark.parametrize(
    ("name", "css"),
    [
        ("name", "form-control form-control-sm"),
        ("document", "form-select form-select-sm"),
        ("evidence", "form-control form-control-sm"),
        ("remark", "form-control form-control-sm"),
        ("agreed", "form-check-input"),
    ],
)
def test_control_has_its_bootstrap_class(name, css):
    assert Tags(str(ExampleForm()[name])).found[0][1]["class"] == css


def test_choices_carry_the_class_on_each_input_not_around_them():
    tags = Tags(str(ExampleForm()["boarding"]))
    assert [attrs.get("class") for tag, attrs in tags.found if tag in ("div", "input")] == [
        "choices",
        "form-check-input",
        "form-check-input",
    ]


def test_class_of_the_widget_is_kept():
    class Wide(forms.Form):
        code = forms.CharField(widget=forms.TextInput(attrs={"class": "mono"}))

    assert 'class="form-control form-control-sm mono"' in str(Wide()["code"])


def test_error_and_hint_are_tied_to_the_control(wrong):
    tags = Tags(wrong["id_number"].as_field_group())
    control = tags.one(id="id_id_number")
    assert control["aria-describedby"] == "id_id_number_helptext id_id_number_error"
    assert control["aria-invalid"] == "true"
    assert control["class"] == "form-control form-control-sm is-invalid"
    assert tags.one(id="id_id_number_helptext") == {"class": "hint", "id": "id_id_number_helptext"}
    assert tags.one(id="id_id_number_error") == {"class": "errors", "id": "id_id_number_error"}
    assert tags.one(**{"for": "id_id_number"})["class"] == "field-name"


def test_group_of_choices_is_a_fieldset_with_a_legend(wrong):
    tags = [tag for tag, _ in Tags(wrong["hardship"].as_field_group()).found]
    assert tags[:2] == ["fieldset", "legend"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("boarding", "请选择是否寄宿"), ("hardship", "请选择困难类型"), ("agreed", "请勾选已与户口簿核对")],
)
def test_missing_field_says_what_to_do(wrong, name, message):
    assert wrong.errors[name] == [message]


def test_own_required_message_is_kept():
    class Own(forms.Form):
        reason = forms.CharField(label="原因", error_messages={"required": "退回必须写明原因"})

    assert Own({}).errors["reason"] == ["退回必须写明原因"]


def test_error_summary_links_to_each_field_in_the_same_words(wrong):
    template = Template('{% include "components/error_summary.html" with form=form only %}')
    markup = template.render(Context({"form": wrong}))
    assert (
        '<a href="#id_id_number">身份证件号码：身份证号有误（校验码不符），请对照户口簿或身份证逐位核对后重填</a>'
        in markup
    )
    assert [attrs["href"] for tag, attrs in Tags(markup).found if tag == "a"] == [
        "#id_id_number",
        "#id_boarding",
        "#id_hardship",
        "#id_agreed",
    ]
    assert 'id="id_boarding"' in str(wrong["boarding"])  # what the link leads to


def test_error_summary_is_silent_without_errors():
    template = Template('{% include "components/error_summary.html" with form=form only %}')
    assert template.render(Context({"form": ExampleForm()})).strip() == ""


def test_date_field_prints_the_iso_date():
    form = ExampleForm(initial={"born_on": date(2013, 9, 17)})
    assert 'value="2013-09-17"' in str(form["born_on"])
