"""From overrides to what the API says, and back."""

from __future__ import annotations

from alerting.desk import OverrideDetails
from api.schemas.overrides import OverrideRequest, OverrideView
from domain.overrides import Override


def override_view(override: Override) -> OverrideView:
    """An override as lists show it."""
    fields = {field: getattr(override, field) for field in override.__struct_fields__}
    return OverrideView.model_validate(
        fields
        | {
            "devices": sorted(override.devices),
            "tags": sorted(override.tags),
            "closeness": override.closeness.name.lower(),
        }
    )


def override_details(body: OverrideRequest) -> OverrideDetails:
    """What somebody asks for, as the desk takes it."""
    fields = dict(body) | {"devices": frozenset(body.devices), "tags": frozenset(body.tags)}
    return OverrideDetails(**fields)
