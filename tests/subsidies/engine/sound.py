"""A small pack without a fault, for tests that spoil it."""

SOUND = """\
name = "small"
title = "小县方案"
document = "某县方案"
first_term = "2016-spring"

[[programme]]
code = "grant"
label = "助学金"
kind = "cash"
stages = ["senior"]

[[parameter]]
code = "poor"
label = "贫困"
value = "建档立卡"
reason = "原文未写"

[[rule]]
code = "small-grant"
programme = "grant"
label = "高中助学金"
clause = "二(一)"
quote = "每生每年2000元"
parameters = ["poor"]
amount = { yuan = 2000, per = "year" }
funding = { sources = ["central", "county"], weights = [8, 2] }
[rule.when]
stage = "senior"
categories = { any_of = ["registered_poor"] }
grade = { from = 1, to = 3 }

[[unpaid]]
code = "small-fee"
label = "酌情减免"
reason = "未写金额"
clause = "二(二)"
quote = "酌情減免"

[[example]]
title = "建档立卡高中生"
term = "2020-autumn"
child = { stage = "senior", grade = 1, boarding = true, categories = ["registered_poor"], ownership = "public", setting = "urban", place = "in_county" }
pays = { grant = 1000 }
year = 2000
"""
