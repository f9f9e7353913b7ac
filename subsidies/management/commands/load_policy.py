"""``load_policy NAME_OR_PATH [--from TERM] [--set CODE=YUAN]... [--draft]``: publish a pack; one JSON object on stdout."""

import json
import sys

from django.core.management.base import BaseCommand, CommandError

from povertyedu.workflow.flow import Actor, StepRefused
from subsidies import engine
from subsidies.actions.figures import WrongFigure, figures_of, how_to_fill
from subsidies.actions.policies import (
    OpenParameters,
    built_in_packs,
    county_facts,
    county_library,
    giving_way,
    load_policy,
    pack_of,
    pack_text,
    policy_for,
)


class Command(BaseCommand):
    help = "发布资助政策包（内置包的代码，或 TOML 文件的路径）；文本和金额都没有变化的，什么也不改。"

    def add_arguments(self, parser):
        parser.add_argument("name_or_path")
        parser.add_argument(
            "--from", dest="applies_from", default="", metavar="TERM", help="自哪个学期起执行；不写为自始"
        )
        parser.add_argument(
            "--set", dest="chosen", action="append", default=[], metavar="CODE=YUAN",
            help="教育局确定的金额（元）；按学校的写 CODE@学校标识码=YUAN，不执行的写 CODE=off；可写多次",
        )  # fmt: skip
        parser.add_argument("--draft", action="store_true", help="只存为草稿，不发布")

    def handle(self, *args, name_or_path: str, applies_from: str, chosen: list[str], draft: bool, **options):
        text = _text(name_or_path)
        if applies_from:
            try:
                applies_from = str(engine.Term.parse(applies_from))
            except ValueError as error:
                raise CommandError(str(error), returncode=2) from error
        try:
            pack = engine.load_pack(text, library=county_library(), county_facts=county_facts())
            figures = figures_of(pack, chosen)
            later = giving_way(
                engine.Term.parse(applies_from) if applies_from else engine.Term(0, 0)
            ).overtaken
            policy = load_policy(
                text=text,
                by=Actor(None, "命令行", ""),
                applies_from=applies_from,
                figures=figures,
                publish=not draft,
            )
        except engine.PackError as error:
            self.stderr.write(str(error))
            sys.exit(1)
        except WrongFigure as error:
            raise CommandError(str(error), returncode=2) from error
        except OpenParameters as error:
            self.stderr.write("下列金额文件没有写明，须由教育局确定后才能发布：")
            for number, parameter in enumerate(error.parameters, start=1):
                self.stderr.write(f"{number}. {how_to_fill(parameter)}")
            sys.exit(1)
        except StepRefused as error:
            raise CommandError(str(error), returncode=1) from error
        for each in later:
            if policy_for(each.applies_from) == policy:
                self.stderr.write(f"注意：“{each}”（{each.begins}）在全部学期都不再适用，由“{policy}”取代。")
        pack = pack_of(policy)
        answer = {
            "name": policy.name, "title": policy.title, "version": policy.version, "rules": len(pack.rules),
            "programmes": len(pack.programmes), "examples": len(pack.examples), "state": policy.state,
            "from": policy.applies_from,
        }  # fmt: skip
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def _text(name_or_path: str) -> str:
    try:
        return pack_text(name_or_path)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            f"读不到政策包“{name_or_path}”。内置的有：{'、'.join(built_in_packs())}。", returncode=2
        ) from error
