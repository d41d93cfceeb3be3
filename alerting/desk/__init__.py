"""The desk: the one door through which alarms, work orders and the registry change, for rules, timers and people alike.

Promises: decisions are pure (`alarms`, `orders`, `clocks`, `devices`, `details`, `wording`), doing is thin (`*_acts`,
`order_steps`, `incidents`); `door` shows all acts on one page. Leaves to others: transactions, judging, notices.
"""

from alerting.desk.details import STEP_FIELDS, StepDetails
from alerting.desk.device_acts import Registration
from alerting.desk.devices import AdoptionDetails
from alerting.desk.door import Desk
from alerting.desk.measure_acts import PlannedTest
from alerting.desk.orders import OrderDraft
from alerting.desk.override_acts import OverrideDetails
from alerting.desk.paper_acts import KeptFile

__all__ = [
    "STEP_FIELDS",
    "AdoptionDetails",
    "Desk",
    "KeptFile",
    "OrderDraft",
    "OverrideDetails",
    "PlannedTest",
    "Registration",
    "StepDetails",
]
