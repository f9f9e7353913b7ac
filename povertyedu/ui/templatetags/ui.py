"""Filters and tags every template has without ``{% load %}`` (a template builtin).

Money is integer fen everywhere in Python; only these filters turn it into yuan. ``None`` and the
empty string print "—" (not applicable); zero prints as zero.
"""

from datetime import datetime
from functools import wraps

from django import template
from django.utils import timezone
from django.utils.html import format_html

from povertyedu.ui import charts, icons, numerals, timelines
from povertyedu.ui.listing import PRINTED_AT_MOST

register = template.Library()

register.simple_tag(charts.bar)
register.simple_tag(charts.stacked)
register.simple_tag(charts.tilemap)
register.simple_tag(charts.sparkline)
register.simple_tag(timelines.gantt)
register.simple_tag(timelines.curve)
register.simple_tag(icons.icon, name="icon")


@register.simple_tag
def print_cut(rows):
    """Say under a printed list that it may go on, where it is as long as one is printed at most."""
    if len(rows) < PRINTED_AT_MOST:
        return ""
    words = f"最多打印 {PRINTED_AT_MOST:,} 条；名单更长的，请缩小筛选范围，分开打印。"
    return format_html('<p class="hint">{}</p>', words)


def blank_as_dash(function):
    """Make a filter print "—" where there is nothing to print."""

    @wraps(function)
    def filter_value(value, *arguments):
        if value is None or value == "":
            return numerals.NOT_APPLICABLE
        return function(value, *arguments)

    return filter_value


@register.filter
@blank_as_dash
def yuan(fen):
    """``123450`` -> ``1,234.50`` (yuan)."""
    return numerals.yuan(fen)


@register.filter
@blank_as_dash
def wan(fen):
    """``862350000`` -> ``862.35`` (ten thousand yuan)."""
    return numerals.wan(fen)


@register.filter
@blank_as_dash
def capital_yuan(fen):
    """``20985000`` -> ``贰拾万玖仟捌佰伍拾元整``, for approval forms."""
    return numerals.capital_yuan(fen)


@register.filter
@blank_as_dash
def num(value):
    """``12486`` -> ``12,486``; ``intcomma`` depends on the language's grouping, this does not."""
    return f"{numerals.whole(value):,}"


@register.filter
@blank_as_dash
def quantity(value):
    """A measured number without noughts behind it: ``Decimal("441553.00")`` -> ``441,553``."""
    return f"{value.normalize():,f}"


@register.filter
@blank_as_dash
def pct(value, digits=1):
    """A number of percent: ``93.5`` -> ``93.5%``."""
    return numerals.percent(value, digits)


@register.filter
def pct_of(part, total):
    """``{{ paid|pct_of:due }}`` -> ``87.3%``; "—" if there is nothing to be a part of."""
    if part is None or not total:
        return numerals.NOT_APPLICABLE
    return numerals.percent(part * 100 / total)


@register.filter
@blank_as_dash
def mask_id(number):
    """First 6, stars, last 2: ``529901**********14`` (ten stars for 18 characters)."""
    number = str(number)
    if len(number) < 15:  # not an identity number: show no more than its end
        return "*" * max(len(number) - 2, 0) + number[-2:] if len(number) > 4 else "*" * len(number)
    return number[:6] + "*" * (len(number) - 8) + number[-2:]


@register.filter
@blank_as_dash
def mask_phone(number):
    """``13912342716`` -> ``139****2716``; anything shorter keeps its last four."""
    number = str(number)
    if len(number) < 11:
        return "****" + (number[-4:] if len(number) > 6 else "")
    return number[:3] + "****" + number[-4:]


@register.filter
@blank_as_dash
def mask_account(number):
    """Last four of a bank account, without telling its length: ``**** 4471``."""
    number = str(number)
    return "**** " + number[-4:] if len(number) > 7 else "****"


@register.filter
@blank_as_dash
def date_cn(value):
    """``2026年11月20日``, for documents; tables use ``date:"Y-m-d"``."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return f"{value.year}年{value.month}月{value.day}日"


@register.filter
@blank_as_dash
def term_name(code):
    """``2020-autumn`` -> ``2020—2021学年 秋季学期``; the spring of 2021 belongs to the same school year."""
    year, season = str(code).split("-")
    first = int(year) - (season == "spring")
    return f"{first}—{first + 1}学年 {'春季学期' if season == 'spring' else '秋季学期'}"


@register.simple_block_tag(takes_context=True)
def component(context, content, partial, **values):
    """Wrap a block in ``components/PARTIAL.html``, which gets ``content``, the values given and the CSRF token.

    ``{% component "panel" title="资金来源" unit="单位：元" %} ... {% endcomponent %}``
    """
    values |= {"content": content, "csrf_token": context.get("csrf_token")}
    wrapper = context.template.engine.get_template(f"components/{partial}.html")
    return wrapper.render(context.new(values))
