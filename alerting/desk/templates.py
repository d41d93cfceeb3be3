"""Which template an alarm's work order is made from.

Promises: every alarm gets one: the rule's own, else its severity's. A name that config no longer has falls back too:
an alarm is never refused for want of a form. Leaves to others: reading templates (`watchkeeper.config_files`).
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.rules import Severity
from domain.workorders import StampForm, Template


class Templates:
    """The templates of the present config, by name and by severity."""

    def __init__(self, by_name: Mapping[str, Template]) -> None:
        """Raises ValueError unless every severity has a fallback."""
        self._by_name = dict(by_name)
        self._fallback = {severity: template for template in by_name.values() for severity in template.severities}
        without = [severity.value for severity in Severity if severity not in self._fallback]
        if without:
            raise ValueError(f"no template is the fallback of {', '.join(without)}")

    def get(self, name: str) -> Template | None:
        """The template of that name; None for one that config no longer has."""
        return self._by_name.get(name)

    def choose(self, name: str | None, severity: Severity) -> Template:
        """The template of that name, else the severity's."""
        named = self._by_name.get(name) if name is not None else None
        return named or self._fallback[severity]

    @property
    def every(self) -> tuple[Template, ...]:
        """All of them, in the order of config."""
        return tuple(self._by_name.values())

    def stamps_of(self, name: str) -> tuple[StampForm, ...]:
        """The stamps of orders of that template; none for one that config no longer has."""
        template = self._by_name.get(name)
        return template.stamps if template is not None else ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._by_name))
