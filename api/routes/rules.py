"""What is measured and how it is judged: kinds, rules and their revisions, work order templates."""

from __future__ import annotations

from fastapi import APIRouter

from alerting.revisions import revise
from api.access import PartsHere, Reader, RuleChanger, RunningHere, acting
from api.schemas.devices import KindList, RuleList, RulesReloaded, TemplateList
from api.views import kind_view, rule_view, template_view
from domain.errors import NotFound

router = APIRouter(tags=["rules"])


@router.get("/kinds", summary="Kinds of devices: metrics, units, limits, faults, labels")
def list_kinds(_: Reader, running: RunningHere) -> KindList:
    """Everything that a screen needs in order to show a device of any kind."""
    with running.parts.ledger.read() as rows:
        rules = running.rules.in_force(rows).rules
    return KindList(items=[kind_view(kind, rules) for kind in running.parts.kinds.values()])


@router.get("/rules", summary="Rules as they are judged now")
def list_rules(_: Reader, running: RunningHere) -> RuleList:
    """Conditions, delays, and the operator's card of each, with the revision that they are of."""
    with running.parts.ledger.read() as rows:
        found = running.rules.in_force(rows)
    revision = found.revision
    return RuleList(
        items=[rule_view(rule) for rule in found.rules],
        revision=revision.number if revision is not None else None,
        revised_at=revision.at if revision is not None else None,
        revised_by=revision.by if revision is not None else None,
    )


@router.post("/rules/reload", summary="Read the config files again and put them in force")
def reload_rules(caller: RuleChanger, parts: PartsHere) -> RulesReloaded:
    """Check the files and put them in force as a new revision; the same again makes none.

    Rules, fault codes, work order templates, people, channels, escalation, duties and maintenance windows follow within
    a second, in every process.

    Files with a mistake change nothing: the answer (422, `wrong_config`) lists every mistake with its place.
    """
    if parts.read_config is None:
        raise NotFound("this installation has no config files to read here")
    said = parts.read_config()
    with acting(parts, caller) as tx:
        revised = revise(tx, said.rules, said.arrangements, actor=caller.actor)
    changes = revised.changes
    return RulesReloaded(
        revision=revised.revision.number,
        added=list(changes.added),
        changed=list(changes.changed),
        removed=list(changes.removed),
        arrangements=list(changes.arrangements),
    )


@router.get("/templates", summary="Work order templates")
def list_templates(_: Reader, parts: PartsHere) -> TemplateList:
    """The jobs that rules and people can open."""
    with parts.ledger.read() as rows:
        parts.desk.follow(rows)
    return TemplateList(items=[template_view(template) for template in parts.desk.templates])
