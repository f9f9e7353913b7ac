"""Columns that several of the registry's workbooks share, and how they are read."""

from typing import Any

from povertyedu.imports.cleaning import one_of, short_text
from povertyedu.workbooks.cells import (
    EMPTY,
    CellError,
    Cleaned,
    clean_certificate_number,
    clean_code,
    clean_id_number,
    clean_person_name,
)
from povertyedu.workbooks.columns import Column
from students.enums import Hukou

ID_ALIASES = (
    "身份证号", "身份证号码", "证件号码", "证件号", "身份证件号码", "公民身份号码", "居民身份证号", "身份证", "学生身份证号", "学生身份证件号", "身份证件号",
)  # fmt: skip
PHONE_ALIASES = (
    "电话", "手机号", "手机号码", "手机", "联系方式", "监护人电话", "监护人联系电话", "监护人手机号", "家长电话", "家长联系电话", "家长手机号",
)  # fmt: skip
ACCOUNT_ALIASES = (
    "银行卡号", "卡号", "账号", "银行账户", "一卡通号", "一卡通账号", "惠农一卡通", "惠农一卡通号", "惠农一卡通账号", "社保卡号", "社保卡账号",
)  # fmt: skip
CERTIFICATE_ALIASES = (*ID_ALIASES, "残疾证号", "残疾人证号", "残疾证号码", "残疾证", "身份证号（残疾证号）")


def clean_proof_number(cell: Any) -> Cleaned:
    """An ID number, or the certificate that begins with one, as one text of 18, 20 or 22 characters."""
    cleaned = clean_certificate_number(cell)
    return Cleaned(cleaned.value.number, cleaned.repaired) if cleaned.value else EMPTY


_RURAL_WORDS = ("农业", "农村", "农业户口", "农村户口", "农业家庭户口", "农业家庭户", "农村居民", "1")
_URBAN_WORDS = (
    "非农业", "城镇", "非农业户口", "城镇户口", "城市户口", "非农业家庭户口", "非农业家庭户", "城镇居民", "城市居民", "2",
)  # fmt: skip
_OF_EITHER = ("居民", "居民户口", "居民家庭户口", "家庭户口", "家庭户", "集体户口", "集体户")
_hukou_words = one_of(
    dict.fromkeys(_RURAL_WORDS, Hukou.RURAL.value) | dict.fromkeys(_URBAN_WORDS, Hukou.URBAN.value), "户口性质"
)  # fmt: skip


def clean_hukou(cell: Any) -> Cleaned:
    """农业 or 非农业; the uniform 居民户口, which tells neither, is left blank and told. Error: value_unknown."""
    text = clean_code(cell).value
    if text in _OF_EITHER:
        return Cleaned(None, f"“{text}”不分农业、非农业，没有采用")
    return _hukou_words(cell)


def clean_long_code(cell: Any) -> Cleaned:
    """A code of many digits kept as text (户编号, 人编号: facts.md 3.2). Errors: id_precision_lost, value_unknown."""
    if isinstance(cell, float) and abs(cell) >= 1e15:
        message = "这一格的编号在表格里变成了数字，后几位已经丢失；请把该列设为文本格式，对照原名单重新填写。"
        raise CellError("id_precision_lost", message)
    cleaned = clean_code(cell)
    if len(cleaned.value) > 32:
        raise CellError("value_unknown", "这一格的编号太长，最多32位；请核对后重新填写。")
    return cleaned


def person_name(heading: str = "姓名", *, required: bool = True, aliases: tuple[str, ...] = ()) -> Column:
    return Column(
        heading, aliases=("学生姓名", "成员姓名", *aliases) if required else aliases, required=required,
        missing_code="name_missing", clean=short_text(60, clean_cell=clean_person_name), sensitivity="personal", width=10,
    )  # fmt: skip


def proof_number() -> Column:
    """The ID column of a list: certificates of 20 or 22 characters stand there too."""
    return Column(
        "身份证号", aliases=CERTIFICATE_ALIASES, required=True, missing_code="id_missing", clean=clean_proof_number,
        sensitivity="secret", as_text=True, width=22, note="18 位身份证号；残疾人可填 20 位残疾证号。",
    )  # fmt: skip


def id_column(heading: str, aliases: tuple[str, ...], **options) -> Column:
    return Column(
        heading,
        aliases=aliases,
        clean=clean_id_number,
        sensitivity="secret",
        as_text=True,
        width=22,
        **options,
    )
