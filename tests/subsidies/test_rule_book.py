"""The rule book 资助标准: what it shows of plans that ask more than categories."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.workflow.flow import SYSTEM
from subsidies.actions.policies import load_policy, pack_text
from tests.subsidies.packs import PACKS, pack

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(client, aid_officer, autumn):
    """Publish a pack and return the page's words."""

    def show(name, **figures):
        for parameter in pack(name).open_parameters(figures):
            figures[parameter.code] = None
        load_policy(text=pack_text(name), by=SYSTEM, figures=figures)
        client.force_login(aid_officer)
        html = client.get(reverse("subsidies:policy")).content.decode()
        return re.sub(r"\s*<[^>]+>\s*", " ", html.partition("<main")[2])

    return show


def test_alternatives_of_a_rule_are_shown_among_its_conditions(book):
    words = book("suizhou")

    assert "并须属下列情形之一： （1）困难类别须含有建档立卡、农村低保、农村特困之一 （2）困难类别须" in words
    assert "同时含有残疾" in words


def test_figures_of_the_bureau_are_shown_with_what_it_filled_in(book):
    words = book("yizhang", senior_tuition={"3452900001": 1600_00, "3452900002": 1800_50})

    assert "3452900001：1,600.00 元 3452900002：1,800.50 元" in words
    assert "在 1,600.00 元至 2,000.00 元之间" in words


def test_figure_that_is_switched_off_says_so(book):
    assert re.search(
        r"公办中职学费标准（民办中职按此补助）\s+不执行", book("suizhou", senior_public_fee=1700_00)
    )


def test_treatment_is_shown_with_its_terms_words_and_money(book):
    words = book("suizhou")

    assert "非建档立卡低保家庭子女比照建档立卡" in words
    assert "2020年春季学期至2020年春季学期" in words
    assert "20xx年上學期比照建檔立卡貧困戶子女就學政策”；资金：县级财政" in words


@pytest.mark.parametrize("name", PACKS)
def test_every_rule_and_reading_of_a_pack_is_in_its_book(book, name):
    words = book(name)

    wanted = [rule.label for rule in pack(name).rules] + [one.label for one in pack(name).parameters]
    wanted += [one.label for one in pack(name).unpaid]
    assert [label for label in wanted if label not in words] == []


def test_book_takes_as_many_queries_for_a_small_plan_as_for_a_large_one(client, aid_officer, autumn):
    client.force_login(aid_officer)
    taken = []
    for name in ("linxia", "guiding"):
        load_policy(text=pack_text(name), by=SYSTEM)
        client.get(reverse("subsidies:policy"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("subsidies:policy"))
        taken.append(len(queries))

    assert taken[0] == taken[1]


def test_rule_of_an_included_pack_names_its_own_document(book):
    words = book("suizhou")

    assert words.count("国家学生资助标准整理（不是文件原文，请对照正式文件核对）") == 12
    assert "财科教〔2016〕35号（据公开转载整理）" in words
