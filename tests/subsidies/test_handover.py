"""Keys on paper and the digests made with them: checked against the standard library alone."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.sealing.handover import Handover, KeyMistyped, new_key, read_key


def test_key_is_nine_groups_of_four_and_new_each_time():
    keys = {new_key() for _ in range(20)}
    assert len(keys) == 20
    assert {tuple(map(len, key.split("-"))) for key in keys} == {(4,) * 9}


def test_digest_is_hmac_sha256_under_the_first_eight_groups():
    key = new_key()
    raw = base64.b32decode(key.replace("-", "")[:32])
    expected = hmac.new(raw, b"52990120100512001X", hashlib.sha256).hexdigest()
    assert Handover(key).digest(" 52990120100512001x ") == expected


@pytest.mark.parametrize(
    "typed", [str.lower, lambda key: key.replace("-", " "), lambda key: key.replace("-", ""), lambda key: f"  {key}\n",
              lambda key: key.replace("O", "0").replace("I", "1")],
)  # fmt: skip
def test_key_is_read_however_it_is_typed(typed):
    key = new_key()
    assert read_key(typed(key)) == key


@given(st.integers(0, 31), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_wrong_character_is_noticed(place, sign):
    key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    good = read_key(key + base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:4])
    plain = good.replace("-", "")
    if plain[place] == sign:
        return
    with pytest.raises(KeyMistyped, match="抄写有误"):
        read_key(plain[:place] + sign + plain[place + 1 :])


@pytest.mark.parametrize(
    ("text", "told"), [("", "您填了 0 个字符"), ("ABCD-EFGH", "您填了 8 个字符"), ("9" * 36, "只由字母和数字 2 至 7 组成"), ("钥" * 36, "只由字母")]
)  # fmt: skip
def test_what_is_no_key_is_told_so(text, told):
    with pytest.raises(KeyMistyped, match=told):
        read_key(text)


@given(st.text(max_size=80))
def test_nothing_typed_breaks_the_reader(text):
    with pytest.raises(KeyMistyped):
        read_key(text)


def test_proofs_differ_by_key_number_and_row():
    hands, other = Handover(new_key()), Handover(new_key())
    rows = [(1, "ab", "欧*"), (2, "cd", "何*")]
    assert hands.proof_of_key("a-1") != other.proof_of_key("a-1")
    assert hands.proof_of_key("a-1") != hands.proof_of_key("a-2")
    proof = hands.proof_of_list("a-1", rows)
    assert proof == hands.proof_of_list("a-1", iter(rows))
    for changed in (rows[:1], rows[::-1], [*rows, (3, "ef", "石*")], [(1, "ab", "区*"), rows[1]]):
        assert hands.proof_of_list("a-1", changed) != proof
