"""What an elevator reports.

Promises: names, units, physical ranges and words of its metrics, its limits, and payloads as examples.
Values that belong together (speed, door, door zone) come in one reading; otherwise they are judged as they come.
"""

from __future__ import annotations

from domain.kinds import Limit, Metric, MetricType
from domain.readings import Value
from domain.texts import text

NAME = "elevator"
LABEL = text("Elevator", "电梯", "電梯")

RATED_SPEED = "rated_speed_mps"
MOTOR_LIMIT = "motor_limit_c"

NO_FAULT = ("", "0", "none")
"""What `fault_code` is while there is none."""

METRICS = (
    Metric(
        name="floor",
        type=MetricType.NUMBER,
        label=text("Floor", "楼层", "樓層"),
        low=-20,
        high=200,
    ),
    Metric(
        name="direction",
        type=MetricType.TEXT,
        label=text("Direction", "运行方向", "運行方向"),
        choices={
            "up": text("up", "上行", "上行"),
            "down": text("down", "下行", "下行"),
            "idle": text("standing", "静止", "靜止"),
        },
    ),
    Metric(
        name="door",
        type=MetricType.TEXT,
        label=text("Door", "轿门", "車廂門"),
        choices={
            "open": text("open", "开启", "開啟"),
            "opening": text("opening", "正在开门", "正在開門"),
            "closing": text("closing", "正在关门", "正在關門"),
            "closed": text("closed", "关闭", "關閉"),
        },
    ),
    Metric(
        name="door_zone",
        type=MetricType.BOOLEAN,
        label=text("In the door zone", "在开锁区域内", "在開鎖區域內"),
    ),
    Metric(
        name="speed_mps",
        type=MetricType.NUMBER,
        label=text("Speed, without sign", "运行速度（绝对值）", "運行速度（絕對值）"),
        unit="m/s",
        low=0,
        high=25,  # the fastest elevator in service does 21
    ),
    Metric(
        name="load_pct",
        type=MetricType.NUMBER,
        label=text("Load", "载重率", "載重率"),
        unit="%",
        low=0,
        high=200,
    ),
    Metric(
        name="motor_temp_c",
        type=MetricType.NUMBER,
        label=text("Motor temperature", "曳引机温度", "曳引機溫度"),
        unit="°C",
        low=-40,
        high=200,
    ),
    Metric(
        name="machine_room_c",
        type=MetricType.NUMBER,
        label=text("Machine room temperature", "机房温度", "機房溫度"),
        unit="°C",
        low=-40,
        high=100,
    ),
    Metric(
        name="mode",
        type=MetricType.TEXT,
        label=text("Mode", "运行模式", "運行模式"),
        choices={
            "normal": text("normal", "正常", "正常"),
            "inspection": text("inspection", "检修", "檢修"),
            "fire": text("fire recall", "消防迫降", "消防迫降"),
            "out_of_service": text("out of service", "停梯", "停梯"),
        },
    ),
    Metric(
        name="passenger",
        type=MetricType.BOOLEAN,
        label=text("Somebody in the car", "轿厢有人", "車廂有人"),
    ),
    Metric(
        name="alarm_button",
        type=MetricType.BOOLEAN,
        label=text("Alarm button", "报警按钮", "報警按鈕"),
    ),
    Metric(
        name="power",
        type=MetricType.BOOLEAN,
        label=text("Power", "供电", "供電"),
    ),
    Metric(
        name="fault_code",
        type=MetricType.TEXT,
        label=text("Fault code", "故障代码", "故障代碼"),
        max_length=32,
    ),
    Metric(
        name="test_call",
        type=MetricType.BOOLEAN,
        label=text("Test call", "报警装置自检呼叫", "報警裝置自檢呼叫"),
    ),
)

LIMITS = (
    Limit(
        name=RATED_SPEED,
        # above most residential cars: a car that nobody registered yet must not alarm by its ordinary speed
        default=2.5,
        unit="m/s",
        label=text("Rated speed", "额定速度", "額定速度"),
    ),
    Limit(
        name=MOTOR_LIMIT,
        default=80.0,
        unit="°C",
        label=text("Motor temperature limit", "曳引机温度上限", "曳引機溫度上限"),
    ),
)

SAMPLES: tuple[dict[str, Value], ...] = (
    {
        "floor": 12,
        "direction": "up",
        "door": "closed",
        "door_zone": False,
        "speed_mps": 1.75,
        "load_pct": 35,
        "motor_temp_c": 48.5,
        "machine_room_c": 27.0,
        "mode": "normal",
        "passenger": True,
        "alarm_button": False,
        "power": True,
        "fault_code": "0",
    },
    {"alarm_button": True},
    {"test_call": True},
)
