"""What is measured and how it is judged: kinds, rules, work order templates."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import PartsHere, Reader
from api.schemas.devices import KindList, RuleList, TemplateList
from api.views import kind_view, rule_view, template_view

router = APIRouter(tags=["rules"])


@router.get("/kinds", summary="Kinds of devices: metrics, units, limits, faults, labels")
def list_kinds(_: Reader, parts: PartsHere) -> KindList:
    """Everything that a screen needs in order to show a device of any kind."""
    return KindList(items=[kind_view(kind, parts.rules) for kind in parts.kinds.values()])


@router.get("/rules", summary="Rules as they are judged now")
def list_rules(_: Reader, parts: PartsHere) -> RuleList:
    """Conditions, delays, and the operator's card of each."""
    return RuleList(items=[rule_view(rule) for rule in parts.rules])


@router.get("/templates", summary="Work order templates")
def list_templates(_: Reader, parts: PartsHere) -> TemplateList:
    """The jobs that rules and people can open."""
    return TemplateList(items=[template_view(template) for template in parts.templates])
