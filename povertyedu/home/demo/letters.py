"""A question to another county that waits for its answer; the children elsewhere are still to be asked about."""

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.models import Term
from subsidies.actions import exchange as actions
from subsidies.models import Exchange

REGION, RECIPIENT = "贵州省遵义市", "遵义市红花岗区教育局（演示）"


def ask_a_county(term: str) -> Exchange:
    aid = User.objects.get(username="aid")
    by = aid.as_actor(Permission.ASK_COUNTIES)
    letter = actions.open_exchange(
        by=by, user=aid, term=Term.objects.get(pk=term), regions=[REGION], recipient=RECIPIENT
    )
    return actions.send(by=by, exchange=letter)
