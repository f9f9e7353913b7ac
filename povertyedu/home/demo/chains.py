"""Who answers for whom: Linxia's chains with a holder nearly everywhere, a vacancy and a term that is over."""

import datetime as dt
import random
from collections.abc import Iterator

from dropout.actions.chain import pick_pattern
from dropout.actions.posts import NewPost, Span, Whom, take_in
from dropout.models import ChainLink
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, Person, School, SchoolClass

from .accounts import TOWNSHIP, VILLAGE, _name
from .people import SEED

LEADERS, OFFICERS, HEADS = "县领导", "乡镇领导", "局领导"


def set_up_chains() -> None:
    """Pick the chains and put people in office: the visitor's own accounts where they belong."""
    by = User.objects.get(username="basic").as_actor(Permission.MANAGE_CHAINS)
    links = {link.label: link for link in pick_pattern(by=by, code="linxia")}
    _give_phones()
    take_in(posts=list(Staff(links).posts()), ends=[], titles=[])


def _give_phones() -> None:
    people = list(Person.objects.filter(phone="").order_by("pk"))
    for number, person in enumerate(people):
        person.phone = f"1399{number:07d}"
    Person.objects.bulk_update(people, ["phone"], batch_size=500)


class Staff:
    """Invents who holds what; every name follows from the seed."""

    def __init__(self, links: dict[str, ChainLink]):
        self.links, self.dice, self.made = links, random.Random(SEED + 3), 0
        users = User.objects.exclude(person=None).select_related("person")
        self.accounts = {user.username: _whom(user.person) for user in users}
        self.since = today() - dt.timedelta(days=365)

    def posts(self) -> Iterator[NewPost]:
        townships = list(Area.objects.filter(level=AreaLevel.TOWNSHIP))
        leaders = [self._somebody(LEADERS) for _ in range(5)]
        for number, township in enumerate(townships):
            # the last one's term is over, and nobody has followed
            until = today() - dt.timedelta(days=30) if number == len(townships) - 1 else None
            yield self._post("县领导包乡镇", township.pk, leaders[number % 5], (township.pk[:6], None), until)
            yield from self._villages(township)
        yield from self._schools()

    def _villages(self, township: Area) -> Iterator[NewPost]:
        officers = [self._somebody(OFFICERS) for _ in range(3)]
        if township.pk == TOWNSHIP:
            officers[0] = self.accounts["township"]
        for number, village in enumerate(township.children.all()):
            home = (township.pk, None)
            yield self._post("乡镇领导包村", village.pk, officers[number % 3], home)
            cadre = self.accounts["village"] if village.pk == VILLAGE else self._somebody("村干部")
            if number != 7:  # one village of each township waits for a new cadre
                yield self._post("村干部包户", village.pk, cadre, (village.pk, None))

    def _schools(self) -> Iterator[NewPost]:
        heads = [self.accounts["leader"], self._somebody(HEADS), self._somebody(HEADS)]
        for number, school in enumerate(School.objects.filter(is_open=True, centre=None).order_by("code")):
            yield self._post("局长包学区", school.pk, heads[number % 3], (school.area_id[:6], None))
        principals = {
            person.school_id: _whom(person) for person in Person.objects.filter(title="校长").order_by("-pk")
        }
        for one in SchoolClass.objects.order_by("pk"):
            if one.school_id in principals:
                yield self._post("校长包班级", one.pk, principals[one.school_id], (None, one.school_id))

    def _post(self, label: str, place, whom: Whom, home: tuple, until: dt.date | None = None) -> NewPost:
        link = self.links[label]
        return NewPost(link.pk, link.place_kind, place, whom, Span(self.since, until), home)

    def _somebody(self, title: str) -> Whom:
        self.made += 1
        return Whom(_name(self.dice), f"1398{self.made:07d}", title)


def _whom(person: Person) -> Whom:
    return Whom(person.name, person.phone, person.title)
