"""``load_policy``: publishes, or says what the bureau has still to decide and how."""

import json

import pytest
from django.core.management import CommandError, call_command

from students.models import CountyFact
from subsidies.actions.policies import policy_for
from subsidies.models import Policy
from tests.factories.policies import TEXT

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
OPEN = """
[[parameter]]
code = "meal"
label = "早餐标准"
reason = "原文只写“适当补助”"
kind = "amount"
range = [2, 3.5]
suggested = 3

[[parameter]]
code = "lodging"
label = "住宿费标准"
reason = "原文写“由各校核定”"
kind = "amount"
scope = "school"

[[programme]]
code = "breakfast"
label = "早餐"
kind = "in_kind"
stages = ["primary"]

[[programme]]
code = "lodging"
label = "免住宿费"
kind = "waiver"
stages = ["primary"]

[[rule]]
code = "breakfast-1"
programme = "breakfast"
label = "早餐补助"
clause = "二"
quote = "适当补助"
amount = { parameter = "meal", per = "day" }
funding = { sources = ["county"] }
[rule.when]
stage = ["primary"]

[[rule]]
code = "lodging-1"
programme = "lodging"
label = "免住宿费"
clause = "三"
quote = "由各校核定"
amount = { parameter = "lodging", per = "term" }
funding = { sources = ["county"] }
[rule.when]
stage = ["primary"]
boarding = true
"""


@pytest.fixture
def pack(tmp_path):
    path = tmp_path / "yunling.toml"
    path.write_text(TEXT + OPEN, encoding="utf-8")
    return str(path)


def load(capsys, *arguments) -> dict:
    call_command("load_policy", *arguments)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def test_built_in_pack_is_published_and_told_in_one_line(capsys):
    answer = load(capsys, "guiding")
    assert {"name", "title", "version", "rules", "programmes", "examples"} <= answer.keys()
    assert (answer["name"], answer["version"], answer["state"], answer["from"]) == (
        "guiding",
        1,
        "published",
        "",
    )
    assert load(capsys, "guiding") == answer
    assert Policy.objects.count() == 1


def test_open_parameters_are_listed_with_how_to_fill_them(pack, capsys):
    with pytest.raises(SystemExit) as stopped:
        call_command("load_policy", pack)
    assert stopped.value.code == 1
    told = capsys.readouterr().err
    assert "早餐标准（原文只写“适当补助”）：须在 2.00 元至 3.50 元之间，参考数 3.00 元" in told
    assert "--set meal=… 或 --set meal=off（不执行）" in told
    assert "--set lodging=… 或 --set lodging@学校标识码=… 或 --set lodging=off（不执行）" in told
    assert not Policy.objects.exists()


def test_figures_are_kept_with_the_policy(pack, capsys):
    answer = load(capsys, pack, "--from", "2020-autumn", "--set", "meal=3.5", "--set", "lodging@2153000001=120", "--set", "lodging@2153000002=off")  # fmt: skip
    assert (answer["version"], answer["from"]) == (1, "2020-autumn")
    policy = policy_for("2020-autumn")
    assert policy.figures == {"meal": 350, "lodging": {"2153000001": 12000, "2153000002": None}}
    off = load(capsys, pack, "--from", "2020-autumn", "--set", "meal=3.5", "--set", "lodging=off")
    assert off["version"] == 2
    assert policy_for("2020-autumn").figures == {"meal": 350, "lodging": None}


def test_draft_may_leave_them_open(pack, capsys):
    answer = load(capsys, pack, "--draft")
    assert (answer["version"], answer["state"]) == (None, "draft")


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("meal=4", "须在 2.00 元至 3.50 元之间"),
        ("meal=2.005", "至多两位小数"),
        ("meal=多", "应为元数"),
        ("meal=nan", "至多两位小数"),
        ("lodging=-1", "不小于零"),
        ("meal", "写法不对"),
        ("=3", "没有可填的"),
        ("dinner=3", "可填的有：meal、lodging"),
        ("meal@2153000001=3", "由全县统一确定"),
        ("lodging@=3", "写法不对"),
    ],
)
def test_wrong_figure_is_wrong_usage_and_writes_nothing(pack, setting, says):
    with pytest.raises(CommandError, match=says) as refusal:
        call_command("load_policy", pack, "--set", setting)
    assert refusal.value.returncode == 2
    assert not Policy.objects.exists()


@pytest.mark.parametrize("arguments", [["no-such-pack"], ["guiding", "--from", "2020"]])
def test_wrong_arguments_are_wrong_usage(arguments):
    with pytest.raises(CommandError) as refusal:
        call_command("load_policy", *arguments)
    assert refusal.value.returncode == 2


def test_included_pack_is_kept_with_the_policy(tmp_path, capsys):
    path = tmp_path / "own.toml"
    own = TEXT.replace('first_term = "2015-autumn"', 'first_term = "2015-autumn"\nincludes = ["guiding"]', 1)
    path.write_text(own, encoding="utf-8")
    load(capsys, str(path))
    policy = Policy.objects.get()
    assert list(policy.included) == ["guiding"]
    assert 'name = "guiding"' in policy.included["guiding"]


def test_fact_that_a_pack_declares_becomes_the_countys(tmp_path, capsys):
    path = tmp_path / "own.toml"
    fact = '\n[[fact]]\nname = "ferry"\nlabel = "乘渡船上学"\ntype = "flag"\n'
    path.write_text(TEXT.replace("boarding = true", "ferry = true") + fact, encoding="utf-8")
    load(capsys, str(path))
    fact = CountyFact.objects.get()
    assert (fact.name, fact.label, fact.kind, fact.created_by) == ("ferry", "乘渡船上学", "flag", "命令行")
    load(capsys, str(path))
    assert CountyFact.objects.count() == 1


def test_names_the_policies_that_it_overtakes(tmp_path, capsys):
    pack = tmp_path / "plan.toml"
    pack.write_text(TEXT, encoding="utf-8")
    again = tmp_path / "again.toml"
    again.write_text(TEXT + "# 更正\n", encoding="utf-8")
    call_command("load_policy", pack, applies_from="2021-spring")
    call_command("load_policy", pack, applies_from="2020-autumn")
    capsys.readouterr()

    call_command("load_policy", again, applies_from="")

    assert capsys.readouterr().err == (
        "注意：“云岭县方案 第2版”（2020年秋季学期起）在全部学期都不再适用，由“云岭县方案 第3版”取代。\n"
    )
