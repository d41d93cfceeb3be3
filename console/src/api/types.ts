/** The API's schemas under the names that the console uses. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["SessionView"];
export type Permission = Session["permissions"][number];
export type Alarm = Schemas["AlarmView"];
export type AlarmDetail = Schemas["AlarmDetail"];
export type WorkOrder = Schemas["WorkOrderView"];
export type WorkOrderDetail = Schemas["WorkOrderDetail"];
export type Clock = Schemas["ClockView"];
export type Step = WorkOrder["possible_steps"][number];
/** A body as a request takes it. */
export type Sent<Name extends keyof Schemas> = Schemas[Name];
export type StepRequest = Schemas["StepRequest"];
export type Device = Schemas["DeviceView"];
export type Kind = Schemas["KindView"];
export type Metric = Schemas["MetricView"];
export type Site = Schemas["SiteView"];
export type Measure = Schemas["MeasureView"];
export type MaintenanceWindow = Schemas["MaintenanceView"];
export type TestRequest = Schemas["TestRequest"];
export type Colleague = Schemas["NameView"];
export type Notice = Schemas["NoticeView"];
export type NoticeState = Notice["state"];
export type Person = Schemas["PersonView"];
export type PersonRequest = Schemas["PersonRequest"];
export type PersonChange = Schemas["PersonChange"];
export type Token = Schemas["TokenView"];
export type TokenRequest = Schemas["TokenRequest"];
export type Role = Session["role"];
export type AlarmReport = Schemas["AlarmReport"];
export type OrderReport = Schemas["OrderReport"];
export type RouteDay = Schemas["RouteDay"];
export type Readiness = Schemas["ReadinessView"];
export type RulesReloaded = Schemas["RulesReloaded"];
export type Duty = Schemas["DutyView"];
export type Round = Schemas["RoundView"];
export type Rule = Schemas["RuleView"];
export type EventView = Schemas["EventView"];
export type History = Schemas["HistoryView"];
export type Quarantined = Schemas["QuarantineView"];
export type RaiseRequest = Schemas["RaiseRequest"];
export type AdoptRequest = Schemas["AdoptRequest"];
export type EventType = EventView["type"];
export type TellEvent = Schemas["TellEvent"];
export type TellWatch = Schemas["TellWatch"];
export type TellEnd = Schemas["TellEnd"];
