"""What can become of a rule for a child in a term."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Verdict(StrEnum):
    AWARDED = "awarded"
    NOTHING = "nothing"  # applies, but comes to zero
    OTHER_TERM = "other_term"  # applies, and is paid in the other term of the school year
    LOAN = "loan"  # applies; a loan is explained and never counted
    OUTBID = "outbid"  # all conditions met, another rule of its group wins
    NOT_CHOSEN = "not_chosen"  # ... and the family chose another
    YIELDS = "yields"  # ... and it is never given beside another that is
    WAITING_CHOICE = "waiting_choice"
    WAITING_PARAMETER = "waiting_parameter"
    WAITING_CHARGE = "waiting_charge"  # a charge, or another number of the child's own, is not known
    WAITING_OTHER = "waiting_other"  # what it is never given beside waits itself
    WAITING_FACT = "waiting_fact"  # all else is met, and what it asks besides is on no file yet: a tier
    SWITCHED_OFF = "switched_off"  # the bureau said that it does not pay this
    NOT_SELECTED = "not_selected"
    NOT_ENTRY_TERM = "not_entry_term"
    HAD_BEFORE = "had_before"
    NOT_ABOVE = "not_above"  # the other benefit is not less
    NO_STANDARD = "no_standard"  # the rule it is a percentage of has none in the term
    UNSTATED = "unstated"  # the document states no amount
    UNMET = "unmet"
    NOT_IN_FORCE = "not_in_force"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def waits(self) -> bool:
        """Whether somebody has still to say something before it can be decided."""
        return self.value.startswith("waiting")

    @property
    def holds(self) -> bool:
        """Whether all conditions are met."""
        return self not in (Verdict.UNMET, Verdict.WAITING_FACT, Verdict.NOT_IN_FORCE)


_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "awarded": "享受",
        "nothing": "符合条件，本学期金额为零",
        "other_term": "符合条件，不在本学期发放",
        "loan": "可申请贷款，不计入资助金额",
        "outbid": "符合条件，同组就高未取",
        "not_chosen": "符合条件，选择了其他项目",
        "yields": "符合条件，已享受不能兼得的项目",
        "waiting_choice": "符合条件，等待选择",
        "waiting_parameter": "符合条件，等待教育局确定标准",
        "waiting_charge": "符合条件，等待填报",
        "waiting_other": "符合条件，等待不能兼得的项目确定",
        "waiting_fact": "待定，等待登记",
        "switched_off": "符合条件，本县不执行",
        "not_selected": "符合条件，名额内未入选",
        "not_entry_term": "符合条件，只在入学学期发放",
        "had_before": "符合条件，以前已享受过",
        "not_above": "符合条件，不高于另一项资助",
        "no_standard": "符合条件，所依据的标准本学期不执行",
        "unstated": "符合条件，文件未写金额",
        "unmet": "不符合条件",
        "not_in_force": "本学期不执行",
    }
)
