"""Status: what the status channel says, for every kind alike.

Promises: the one metric that no kind declares because all have it. Leaves to others: reading the channel
(`devices.decode`).
"""

from __future__ import annotations

from domain.kinds import Metric, MetricType
from domain.texts import text

ONLINE = Metric(
    name="online",
    type=MetricType.BOOLEAN,
    label=text("Connected to the broker", "已连接消息服务器", "已連接訊息伺服器"),
)
"""`online` or `offline` on the status channel (also the last will) as a boolean. The name is reserved."""
