"""The random county of :mod:`.oracle` in the database."""

import datetime as dt

from dropout.actions.chain import pick_pattern
from dropout.models import Post
from povertyedu.orgs.models import Area, Person, School, SchoolClass
from students.models import Enrolment, Student
from tests import factories

from .oracle import TOWNS, VILLAGES


def build(county: dict, pattern: str, *, by) -> list[Student]:
    """Write ``county`` with the chains of ``pattern``; return the children in its order."""
    factories.county()
    for code, name in TOWNS.items():
        factories.township(code, name)
    for code in VILLAGES:
        factories.village(code, f"村{code[-6:]}")
    schools: dict[str, School] = {}
    for plain in county["schools"]:
        schools[plain["code"]] = factories.school(
            f"学校{plain['code'][-2:]}", code=plain["code"], area=Area.objects.get(pk=plain["area"]),
            centre=schools.get(plain["centre"]),
        )  # fmt: skip
    classes: dict[tuple, SchoolClass] = {}
    for plain in county["classes"]:
        made = factories.school_class(schools[plain["school"]], name=plain["name"])
        if plain["teacher"]:
            made.homeroom_teacher = Person.objects.create(name=plain["teacher"])
            made.save()
        classes[plain["school"], plain["name"]] = made
    children = [_child(plain, schools, classes) for plain in county["children"]]
    for plain, child in zip(county["children"], children, strict=True):
        if plain["merged_into"] is not None:
            child.merged_into = children[plain["merged_into"]]
            child.save()
    links = {link.label: link for link in pick_pattern(by=by, code=pattern)}
    for plain in county["posts"]:
        _post(plain, links[plain["label"]], schools, classes, children)
    return children


def _child(plain: dict, schools: dict, classes: dict) -> Student:
    school, home = schools.get(plain["school"]), plain["home"]
    number = factories.id_number()
    child = Student.objects.create(
        name=plain["name"], id_number=number, id_hash=f"{plain['name']}-{number}"[:32]
    )
    Enrolment.objects.create(
        student=child, term=factories.term(), school=school, school_class=classes.get(plain["class"]), stage="primary", grade=5,
        place="in_county" if school else "elsewhere", status=plain["status"],
        school_area=school.area.full_code if school else "", home_area=home and home.ljust(12, "0"),
    )  # fmt: skip
    return child


def _post(plain: dict, link, schools: dict, classes: dict, children: list) -> Post:
    kind, place = link.place_kind, plain["place"]
    column = {"district": "school", "school": "school", "class": "school_class", "child": "student"}.get(
        kind, "area"
    )
    places = {"school": schools, "school_class": classes}
    found = (
        children[place]
        if column == "student"
        else Area.objects.get(pk=place)
        if column == "area"
        else places[column][place]
    )
    return Post.objects.create(
        link=link, place_kind=kind, person=Person.objects.create(name=plain["name"]), **{column: found},
        since=dt.date.fromisoformat(plain["since"]), until=plain["until"] and dt.date.fromisoformat(plain["until"]),
    )  # fmt: skip
