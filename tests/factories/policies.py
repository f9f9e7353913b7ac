"""Policies for tests: the smallest sound pack there is, published or as a draft."""

from povertyedu.workflow.flow import SYSTEM
from subsidies.actions.policies import load_policy, new_draft
from subsidies.models import Policy

TEXT = """name = "yunling"
title = "云岭县方案"
document = "《云岭县方案》"
first_term = "2015-autumn"

[[programme]]
code = "living"
label = "生活补助"
kind = "cash"
stages = ["primary"]

[[rule]]
code = "living-1"
programme = "living"
label = "小学寄宿生生活补助"
clause = "一"
quote = "每生每年1000元"
amount = { yuan = 1000, per = "year" }
funding = { sources = ["county"] }

[rule.when]
stage = ["primary"]
boarding = true
"""


QUOTA = (
    TEXT
    + """
[[programme]]
code = "grant"
label = "励志奖学金"
kind = "cash"
stages = ["primary"]

[[rule]]
code = "grant-1"
programme = "grant"
label = "励志奖学金"
clause = "二"
quote = "每校评选2名，每生每学期300元"
amount = { yuan = 300, per = "term" }
selection = { places = 2, per = "school" }
funding = { sources = ["county"] }

[rule.when]
stage = ["primary"]
grade = { from = 5 }
"""
)


def published(text: str = TEXT, **options) -> Policy:
    return load_policy(text=text, by=SYSTEM, **options)


def draft(text: str = TEXT + "# 草稿\n", **options) -> Policy:
    return load_policy(text=text, by=SYSTEM, publish=False, **options)


def draft_of_nothing() -> Policy:
    """A draft whose text is no pack yet."""
    return new_draft(text="name =", by=SYSTEM)
