"""``check_policy FILE``: for who writes a pack in a text editor."""

import json

import pytest
from django.core.management import CommandError, call_command

from subsidies.actions.policies import pack_text as pack_text_of
from subsidies.engine import load_pack
from tests.subsidies.engine.building import pack_text, part

RULE = part("rule", "r", programme="grant", amount="{ yuan = 100, per = 'term' }")


def check(capsys, path):
    """Run the command; return (exit code, answer, sentences)."""
    code = 0
    try:
        call_command("check_policy", str(path))
    except SystemExit as exited:
        code = exited.code
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    return code, json.loads(out), err.splitlines()


def test_a_sound_pack_is_counted(capsys, tmp_path):
    path = tmp_path / "county.toml"
    path.write_text(pack_text(RULE), encoding="utf-8")

    assert check(capsys, path) == (
        0,
        {"rules": 1, "programmes": 1, "examples": 0, "errors": [], "warnings": []},
        ["政策包“小县方案”可以使用：1 条规则，0 个算例都算得出。"],
    )


def test_problems_have_lines_and_the_exit_code_is_one(capsys, tmp_path):
    example = part(
        "example", title="例", term="2020-autumn", child="{ stage = 'primary' }", pays="{ grant = 99 }"
    )
    path = tmp_path / "county.toml"
    path.write_text(pack_text(RULE, example), encoding="utf-8")

    code, answer, said = check(capsys, path)

    message = "算例“例”：项目（grant）应为 99.00 元，按规则算得 100.00 元"
    assert (code, answer["errors"]) == (1, [{"line": 19, "message": message}])
    assert said == [f"错误 county.toml 第 19 行：{message}"]


def test_warnings_do_not_make_a_pack_unusable(capsys, tmp_path):
    path = tmp_path / "county.toml"
    path.write_text(pack_text(part("parameter", "p", value="x"), RULE), encoding="utf-8")

    code, answer, said = check(capsys, path)

    assert (code, answer["warnings"]) == (0, [{"line": 10, "message": "参数“p”没有规则用到"}])
    assert said[0] == "提醒 county.toml 第 10 行：参数“p”没有规则用到"


def test_what_is_no_pack_is_told_so(capsys, tmp_path):
    path = tmp_path / "county.toml"
    path.write_bytes("政策".encode("gb18030"))

    code, answer, _ = check(capsys, path)

    assert (code, answer["rules"], answer["errors"][0]["message"]) == (
        1,
        0,
        "文件不是 UTF-8 编码，请在编辑器中另存为 UTF-8",
    )


def test_a_built_in_pack_is_checked_by_its_name(capsys):
    code, answer, _ = check(capsys, "guiding")

    pack = load_pack(pack_text_of("guiding"))
    assert (code, answer["rules"], answer["programmes"], answer["examples"]) == (
        0,
        len(pack.rules),
        len(pack.programmes),
        len(pack.examples),
    )
    assert (answer["errors"], answer["warnings"]) == ([], [])


def test_a_file_that_is_not_there_is_wrong_usage():
    with pytest.raises(CommandError, match="没有文件“nowhere.toml”") as refused:
        call_command("check_policy", "nowhere.toml")

    assert refused.value.returncode == 2
