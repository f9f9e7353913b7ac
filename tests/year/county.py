"""The county of a year, put into the system: places, classes, people, chains, children with an enrolment in each term."""

import datetime as dt

from dropout.actions.chain import pick_pattern
from dropout.models import ChainLink, Post
from povertyedu.orgs.enums import Ownership, SchoolKind, Setting
from povertyedu.orgs.models import Area, Person, School, SchoolClass, SchoolStage, Term
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import Actor
from students.models import Enrolment, Guardian, Student

from .events import TERMS, Year

OFFICER = Actor(9001, "宋静", "basic_education_officer")
HOMEROOM = "班主任包学生"


class County:
    """Where the events' numbers stand in the system."""

    def __init__(self, year: Year):
        self.year = year
        self.links = {link.label: link for link in pick_pattern(by=OFFICER, code="linxia")}
        Area.objects.create(code="529901", name="云岭县", level="county")
        self.townships = [
            Area.objects.create(
                code=f"529901{100 + n}", name=f"第{n}乡", level="township", parent_id="529901"
            )
            for n in range(year.townships)
        ]
        self.villages = [
            Area.objects.create(
                code=f"{self.townships[town].code}{n + 1:03d}", name=f"第{n}村", level="village",
                parent=self.townships[town],
            )
            for n, town in year.villages.items()
        ]  # fmt: skip
        self.schools = self._schools()
        self.people = {post.person: post.person for post in year.posts}
        made = Person.objects.bulk_create(
            Person(name=name, phone=f"139{n:08d}") for n, name in enumerate(self.people)
        )
        self.people = {person.name: person for person in made}
        self.classes = SchoolClass.objects.bulk_create(
            SchoolClass(school=self.schools[c.school], stage=c.stage, grade=c.grade, name=f"{c.number}班")
            for c in year.classes.values()
        )
        self.terms = [Term.objects.named(code) for code, _, _ in TERMS]
        self.students = self._students()
        self._enrol()

    def _schools(self) -> list[School]:
        schools = [
            School.objects.create(
                name=f"第{n}学校", code=f"21{n:08d}", area=self.townships[town], ownership=Ownership.PUBLIC,
                setting=Setting.RURAL, kind=SchoolKind.JUNIOR if n % 3 == 2 else SchoolKind.PRIMARY,
            )
            for n, town in self.year.schools.items()
        ]  # fmt: skip
        for n, school in enumerate(schools):
            centre = self.year.centre(n)
            school.centre = schools[centre] if centre != n else None
            school.save()
            for stage in ("primary", "junior"):
                SchoolStage.objects.create(school=school, stage=stage)
        return schools

    def _students(self) -> list[Student]:
        rows = []
        for child in self.year.children.values():
            number = f"529901{child.birth:%Y%m%d}{child.number:06d}"
            rows.append(
                Student(
                    name=f"学生{child.number}", sex="female", birth_date=child.birth, id_number=number,
                    id_hash=keyed_hash(number), id_tail_hash=keyed_hash(number[-4:]),
                    home_area=self.villages[child.village],
                )
            )  # fmt: skip
        students = Student.objects.bulk_create(rows)
        Guardian.objects.bulk_create(Guardian(student=student, name="罗丽浩") for student in students)
        self.number_of = {student.pk: number for number, student in enumerate(students)}
        return students

    def _enrol(self) -> None:
        Enrolment.objects.bulk_create(
            Enrolment(
                student=self.students[child.number], term=term, school=klass.school, school_class=klass, stage=klass.stage,
                grade=klass.grade, ownership=klass.school.ownership, setting=klass.school.setting,
                school_area=klass.school.area.full_code, home_area=self.villages[child.village].full_code,
            )
            for term in self.terms
            for child in self.year.children.values()
            for klass in [self.classes[child.in_class]]
        )  # fmt: skip

    def place(self, kind: str, number: int):
        places = {
            "township": self.townships, "village": self.villages, "class": self.classes, "centre": self.schools,
        }  # fmt: skip
        return places[kind][number]

    def link(self, label: str) -> ChainLink:
        return self.links[label]

    def in_office(self, label: str, place, day: dt.date) -> Post | None:
        return Post.objects.at(self.link(label), place).on(day).first()
