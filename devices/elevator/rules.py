"""How an elevator is judged.

Promises: the default rules of one car, each with what the operator needs to act. The life-safety ones are written so
that nothing unknown hides them: what must be known for an alarm stands in `when`, what may hide one in `unless`, which
counts only while it is certain and fresh. The last one looks at all cars of a building.
"""

from __future__ import annotations

from datetime import timedelta

from devices.elevator.metrics import LABEL, MOTOR_LIMIT, NAME, NO_FAULT, RATED_SPEED
from devices.silence import silent_rule
from domain.rules import (
    Above,
    Alarmed,
    All,
    Any,
    Below,
    Coded,
    Equals,
    In,
    LimitOf,
    Missing,
    Not,
    Over,
    Pressed,
    Rule,
    Severity,
    Silent,
    Some,
)
from domain.texts import text

STOPPING_CODES = "stops"
"""The group of fault codes, named in config, that take a car out of service."""

_DOOR_OPEN_AT_LANDING = All(of=(Equals(metric="door", value="open"), Equals(metric="door_zone", value=True)))
_UNDER_INSPECTION = Equals(metric="mode", value="inspection")
_ANY_FAULT = Not(condition=In(metric="fault_code", values=NO_FAULT))
_STOPPING_FAULT = Coded(metric="fault_code", group=STOPPING_CODES)

_STANDING = Any(
    # a car without power is held by its brake, and its speed sensor may be dead
    of=(Below(metric="speed_mps", level=0.05, clear=0.1), Equals(metric="power", value=False))
)

_ENTRAPMENT = (
    Rule(
        kind=NAME,
        name="entrapment_call",
        severity=Severity.URGENT,
        life_safety=True,
        latched=True,
        template="entrapment",
        title=text("Alarm button pressed in the elevator", "电梯轿厢报警按钮被按下", "電梯車廂報警按鈕被按下"),
        consequence=text(
            "Somebody may be trapped or unwell in the car.",
            "可能有人被困或在轿厢内身体不适。",
            "可能有人被困或在車廂內身體不適。",
        ),
        response=text(
            "Answer the intercom at once and stay with the person. Have them keep away from the door. Call the "
            "maintenance firm; send a guard to the landing. Nobody but trained staff opens the door.",
            "立即接听对讲并保持通话安抚乘客，提醒远离轿门；通知维保单位，派保安到层站；非持证人员不得开门救援。",
            "立即接聽對講並保持通話安撫乘客，提醒遠離車廂門；通知維保單位，派保全到樓層；非持證人員不得開門救援。",
        ),
        time_to_respond=timedelta(minutes=1),
        when=Pressed(metric="alarm_button"),
        # a press at an open door is a child or a mistake; never by inspection: a mechanic can be trapped too
        unless=_DOOR_OPEN_AT_LANDING,
        # a door moves within seconds: what it was earlier says nothing about now
        unless_age=timedelta(seconds=15),
    ),
    Rule(
        kind=NAME,
        name="entrapment_suspected",
        severity=Severity.URGENT,
        life_safety=True,
        latched=True,
        template="entrapment",
        title=text("Passengers probably trapped", "疑似电梯困人", "疑似電梯困人"),
        consequence=text(
            "Somebody is in a car that stands where nobody can leave it, and may be unable to call.",
            "轿厢有人且停在无法离开的位置，乘客可能无法呼救。",
            "車廂有人且停在無法離開的位置，乘客可能無法呼救。",
        ),
        response=text(
            "Speak into the car by intercom, look at the camera. If somebody is inside: call the maintenance firm, "
            "send a guard to the landing, stay in contact.",
            "通过对讲呼叫轿厢并查看监控；确认有人被困后通知维保单位，派保安到层站，保持联系。",
            "透過對講呼叫車廂並查看監控；確認有人受困後通知維保單位，派保全到樓層，保持聯繫。",
        ),
        time_to_respond=timedelta(minutes=2),
        when=All(
            of=(
                Equals(metric="passenger", value=True),
                _STANDING,
                Any(
                    of=(
                        Equals(metric="door_zone", value=False),
                        Equals(metric="power", value=False),
                        _ANY_FAULT,
                        Equals(metric="mode", value="out_of_service"),
                    )
                ),
            )
        ),
        # stands here and not as Not(...) in `when`: an unknown mode or door must not hide it
        unless=Any(of=(_UNDER_INSPECTION, _DOOR_OPEN_AT_LANDING)),
        on_delay=timedelta(seconds=60),
    ),
    Rule(
        kind=NAME,
        name="moving_door_open",
        severity=Severity.URGENT,
        life_safety=True,
        latched=True,
        template="entrapment",
        title=text("Car moves with its door open", "电梯开门走梯", "電梯開門走梯"),
        consequence=text(
            "Somebody in the door can be crushed, or fall into the shaft.",
            "门口人员可能被挤压、剪切或坠入井道。",
            "門口人員可能被擠壓、剪切或墜入井道。",
        ),
        response=text(
            "Look at the camera and speak into the car. Send guards to keep people away from its doors, have the car "
            "switched off, call the maintenance firm; call an ambulance if somebody is hurt.",
            "查看监控并呼叫轿厢；派保安到各层站疏散并看护，停梯断电，通知维保单位；有人受伤立即拨打急救电话。",
            "查看監控並呼叫車廂；派保全到各樓層疏散並看守，停梯斷電，通知維保單位；有人受傷立即撥打急救電話。",
        ),
        time_to_respond=timedelta(minutes=1),
        when=All(
            of=(
                Above(metric="speed_mps", level=0.1, clear=0.05),
                Equals(metric="door_zone", value=False),
                Not(condition=Equals(metric="door", value="closed")),
            )
        ),
    ),
)

_URGENT = (
    Rule(
        kind=NAME,
        name="overspeed",
        severity=Severity.URGENT,
        title=text("Elevator overspeed", "电梯超速", "電梯超速"),
        consequence=text(
            "The safety gear may trip and stop the car hard; brake or drive may be failing.",
            "可能触发安全钳急停；制动器或驱动系统可能失效。",
            "可能觸發安全鉗急停；制動器或驅動系統可能失效。",
        ),
        response=text(
            "Take the car out of service at the next landing and check that nobody is inside or hurt. Call the "
            "maintenance firm; it stays out until they release it.",
            "在最近层站停梯，确认轿厢内无人及无人受伤；通知维保单位，未经其确认不得恢复运行。",
            "在最近樓層停梯，確認車廂內無人及無人受傷；通知維保單位，未經其確認不得恢復運行。",
        ),
        time_to_respond=timedelta(minutes=15),
        # 115 % of rated speed is where a governor must trip at the earliest (GB/T 7588.1, EN 81-20)
        when=Above(
            metric="speed_mps",
            level=LimitOf(limit=RATED_SPEED, times=1.15),
            clear=LimitOf(limit=RATED_SPEED, times=1.05),
        ),
    ),
    Rule(
        kind=NAME,
        name="stopped",
        severity=Severity.URGENT,
        title=text("Elevator stopped by a fault", "电梯故障停梯", "電梯故障停梯"),
        consequence=text(
            "The car does not run; people may be inside or stranded on their floors.",
            "电梯停止运行，轿厢内可能有人，住户出行受阻。",
            "電梯停止運行，車廂內可能有人，住戶出行受阻。",
        ),
        response=text(
            "Check by intercom and camera that nobody is inside. Put up the notice at the landings; call the "
            "maintenance firm with the fault code.",
            "通过对讲和监控确认轿厢无人；在层站放置停用告示，将故障代码告知维保单位。",
            "透過對講和監控確認車廂無人；在樓層放置停用告示，將故障代碼告知維保單位。",
        ),
        time_to_respond=timedelta(minutes=15),
        when=_STOPPING_FAULT,
        unless=_UNDER_INSPECTION,
    ),
)

_OTHERS = (
    Rule(
        kind=NAME,
        name="fault",
        severity=Severity.IMPORTANT,
        title=text("Elevator fault", "电梯故障", "電梯故障"),
        consequence=text(
            "The car still runs, but a part of it does not work as it should; it may stop later.",
            "电梯仍可运行，但部件工作异常，后续可能停梯。",
            "電梯仍可運行，但部件工作異常，後續可能停梯。",
        ),
        response=text(
            "Look the fault code up in the vendor's table and tell the maintenance firm.",
            "查询厂家故障代码表，并告知维保单位。",
            "查詢廠家故障代碼表，並告知維保單位。",
        ),
        time_to_respond=timedelta(hours=2),
        # a code that stops the car has its own, more severe rule
        when=All(of=(_ANY_FAULT, Not(condition=_STOPPING_FAULT))),
        unless=_UNDER_INSPECTION,
    ),
    Rule(
        kind=NAME,
        name="overheat",
        severity=Severity.IMPORTANT,
        title=text("Elevator motor or machine room too hot", "曳引机或机房温度过高", "曳引機或機房溫度過高"),
        consequence=text(
            "The drive will protect itself and stop the car; insulation ages fast.",
            "驱动系统将过热保护停梯，绝缘加速老化。",
            "驅動系統將過熱保護停梯，絕緣加速老化。",
        ),
        response=text(
            "Check ventilation and air conditioning of the machine room; look for smoke or smell; tell the "
            "maintenance firm.",
            "检查机房通风和空调，查看有无烟雾或异味，通知维保单位。",
            "檢查機房通風和空調，查看有無煙霧或異味，通知維保單位。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Any(
            of=(
                Above(
                    metric="motor_temp_c",
                    level=LimitOf(limit=MOTOR_LIMIT),
                    clear=LimitOf(limit=MOTOR_LIMIT, times=0.94),
                ),
                # machine rooms are kept within 5 to 40 degrees (GB/T 10058)
                Above(metric="machine_room_c", level=40.0, clear=38.0),
            )
        ),
        on_delay=timedelta(seconds=60),
    ),
    Rule(
        kind=NAME,
        name="test_call",
        severity=Severity.IMPORTANT,
        title=text("No test call of the elevator's alarm", "电梯报警装置未自检呼叫", "電梯報警裝置未自檢呼叫"),
        consequence=text(
            "Nobody knows whether a trapped person could call.",
            "无法确认被困乘客能否呼救。",
            "無法確認受困乘客能否呼救。",
        ),
        response=text(
            "Call from the car by hand. If it does not come through, have the alarm device mended today.",
            "到轿厢手动试呼；如不通，当日安排修复报警装置。",
            "到車廂手動試呼；如不通，當日安排修復報警裝置。",
        ),
        time_to_respond=timedelta(hours=2),
        # an alarm device calls by itself at least every three days (EN 81-28)
        when=Missing(metric="test_call", value=True, after=timedelta(hours=72)),
    ),
    silent_rule(NAME, LABEL, Silent(after=timedelta(minutes=3))),
    Rule(
        kind=NAME,
        name="door_held",
        severity=Severity.GENERAL,
        title=text("Elevator door held open", "电梯门长时间未关", "電梯門長時間未關"),
        consequence=text(
            "The car serves nobody; something blocks the door, or the door is failing.",
            "电梯无法服务，门可能被阻挡或门机异常。",
            "電梯無法服務，門可能被阻擋或門機異常。",
        ),
        response=text(
            "Look at the camera; send a guard to remove what blocks the door, or tell the maintenance firm.",
            "查看监控，派保安清除阻挡物，或通知维保单位。",
            "查看監控，派保全清除阻擋物，或通知維保單位。",
        ),
        time_to_respond=timedelta(hours=4),
        when=All(
            of=(
                # a blocked door keeps opening and closing: it is held until it is closed
                In(metric="door", values=("open", "opening", "closing")),
                Equals(metric="mode", value="normal"),
            )
        ),
        on_delay=timedelta(minutes=3),
    ),
)

_OUT = Any(
    of=(
        In(metric="mode", values=("inspection", "out_of_service", "fire")),
        Equals(metric="power", value=False),
        _STOPPING_FAULT,
    )
)

_BUILDING = (
    Rule(
        kind=NAME,
        name="no_service",
        over=Over.BUILDING,
        severity=Severity.URGENT,
        title=text("No elevator in service", "楼内无电梯可用", "樓內無電梯可用"),
        consequence=text(
            "Upper floors are reached by the stairs alone: the old, the sick and small children are cut off.",
            "住户只能走楼梯，老人、病人和幼儿出行受困。",
            "住戶只能走樓梯，長者、病人和幼兒出入受困。",
        ),
        response=text(
            "Have the car that can run soonest brought back first; put up notices and tell the residents. Have guards "
            "at hand for whoever must be carried; tell the ambulance about the stairs when one is called.",
            "优先恢复最快可用的电梯；张贴告示并通知住户；安排保安协助行动不便者，呼叫救护车时说明需走楼梯。",
            "優先恢復最快可用的電梯；張貼告示並通知住戶；安排保全協助行動不便者，呼叫救護車時說明需走樓梯。",
        ),
        time_to_respond=timedelta(minutes=15),
        # one car must certainly be out: a building whose cars are all merely silent has their own alarms
        when=Some(kind=NAME, condition=_OUT),
        unless=Any(
            of=(
                # and none may be known to serve: one that fell silent is not, for it cannot be told
                Some(kind=NAME, condition=Equals(metric="mode", value="normal"), unless=_OUT),
                Alarmed(rule="fire"),  # cars are recalled in a fire; that alarm says what to do
            )
        ),
        unless_age=timedelta(minutes=3),  # after which a car is silent
        on_delay=timedelta(minutes=2),
    ),
)

RULES = (*_ENTRAPMENT, *_URGENT, *_OTHERS, *_BUILDING)
