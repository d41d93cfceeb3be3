"""The rule of overdue duties: what their alarm says.

Promises: a rule as any other, so that an alarm of a duty carries card, condition and template like every alarm.
Leaves to others: when it begins and ends (`alerting.desk.duty_acts`).
"""

from __future__ import annotations

from datetime import timedelta

from domain.duty_cycles import DutyCycle
from domain.rules import Missing, Rule
from domain.texts import Text, text

KIND, NAME = "duty", "overdue"
OVERDUE = f"{KIND}.{NAME}"
"""The rule's id, whatever the duty: the alarm's subject says which."""

_TITLE = text("overdue since {day}: {title}", "逾期（应于 {day} 完成）：{title}", "逾期（應於 {day} 完成）：{title}")
_CONSEQUENCE = text(
    "What the law or the contract asks for was not done in time; a fault can grow unseen.",
    "未按法规或合同要求的周期完成，隐患可能无人发现。",
    "未按法規或合約要求的週期完成，隱患可能無人發現。",
)
_RESPONSE = text(
    "Ask who has its order, have it done today, and write down why it is late.",
    "查问工单进度，今日内完成，并记录逾期原因。",
    "查問工單進度，今日內完成，並記錄逾期原因。",
)
_TO_RESPOND = timedelta(hours=4)
"""Half a working day: who has the order must be found, not the work be done by then."""


def rule_for(cycle: DutyCycle) -> Rule:
    """The rule as it holds for a cycle whose day is over."""
    duty = cycle.duty_as_it_was
    day = cycle.due_day.isoformat()
    return Rule(
        kind=KIND,
        name=NAME,
        severity=duty.severity,
        title=Text(
            _TITLE.en.format(day=day, title=duty.title.en),
            _TITLE.zh_hans.format(day=day, title=duty.title.zh_hans),
            _TITLE.zh_hant.format(day=day, title=duty.title.zh_hant),
        ),
        consequence=_CONSEQUENCE,
        response=_RESPONSE,
        time_to_respond=_TO_RESPOND,
        when=Missing("done", value=True, after=cycle.cycle.about),
        template=duty.template,
    )
