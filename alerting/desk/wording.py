"""What an alarm says: who, where and what, in three languages.

Promises: a text that can be read alone (a notice, a lock screen). Names come from the registry; what has no name there
is called by its id. Leaves to others: the rule's own title (`devices`, `config`).
"""

from __future__ import annotations

from domain.assets import Building, Device, Site, Subject, SubjectType
from domain.texts import Text, text

_WITH_PLACE = text("{who}, {place}: {title}", "{place} {who}：{title}", "{place} {who}：{title}")
_WITHOUT_PLACE = text("{who}: {title}", "{who}：{title}", "{who}：{title}")
_IN_BUILDING = text("{zone}, {building}", "{building}{zone}", "{building}{zone}")
_OURSELVES = text("Watchkeeper", "值守系统", "值守系統")


def alarm_text(title: Text, subject: Subject, *, device: Device | None, site: Site | None, zone: str | None) -> Text:
    """`Elevator E-03, Tower 1: passenger pressed the alarm button`, and its Chinese forms.

    `zone` is where it is when the device does not say so (an alarm raised by hand).
    """
    if device is not None:
        who = device.name or _same(device.id)
        place = place_text(site, device.building, device.zone)
    elif subject.type is SubjectType.SYSTEM:
        who, place = _OURSELVES, None
    elif subject.type is SubjectType.DUTY:
        who, place = _unit_name(site, subject.id.rpartition(".")[2]), None
    elif subject.type is SubjectType.BUILDING:
        who, place = _building_name(site, subject.id), _zone_name(_building(site, subject.id), zone)
    else:
        who, place = _same(subject.id), None
    if place is None:
        return _filled(_WITHOUT_PLACE, who=who, title=title)
    return _filled(_WITH_PLACE, who=who, place=place, title=title)


def place_text(site: Site | None, building: str | None, zone: str | None) -> Text | None:
    """The name of a place; None when nothing is known of it."""
    if building is None:
        return None
    zone_name = _zone_name(_building(site, building), zone)
    building_name = _building_name(site, building)
    return building_name if zone_name is None else _filled(_IN_BUILDING, zone=zone_name, building=building_name)


def _building(site: Site | None, building: str) -> Building | None:
    return next((one for one in site.buildings if one.id == building), None) if site is not None else None


def _building_name(site: Site | None, building: str) -> Text:
    found = _building(site, building)
    return found.name if found is not None else _same(building)


def _zone_name(building: Building | None, zone: str | None) -> Text | None:
    if zone is None:
        return None
    zones = building.zones if building is not None else ()
    return next((one.name for one in zones if one.id == zone), _same(zone))


def _unit_name(site: Site | None, unit: str) -> Text:
    """The name of what owes a duty, where it is no device: a building, or the site itself."""
    return site.name if site is not None and site.id == unit else _building_name(site, unit)


def _same(name: str) -> Text:
    return Text(name, name, name)


def _filled(layout: Text, **texts: Text) -> Text:
    return Text(
        layout.en.format(**{name: value.en for name, value in texts.items()}),
        layout.zh_hans.format(**{name: value.zh_hans for name, value in texts.items()}),
        layout.zh_hant.format(**{name: value.zh_hant for name, value in texts.items()}),
    )
