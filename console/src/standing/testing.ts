/** What a test form asks the API for. Pure. */
import type { Colleague, Session, TestRequest } from "../api/types";
import { endAfter } from "./spans";

export interface TestFields {
  site: string;
  scope: "devices" | "zone";
  devices?: string[];
  building?: string;
  zone?: string;
  second: string;
  reason: string;
  minutes: number;
}

/** Either devices or a zone, never both, whatever was chosen before the scope was changed. */
export function testRequest(fields: TestFields, nowMs: number): TestRequest {
  const what =
    fields.scope === "devices"
      ? { devices: fields.devices ?? [] }
      : { devices: [], building: fields.building ?? null, zone: fields.zone ?? null };
  return {
    site: fields.site,
    reason: fields.reason.trim(),
    second: fields.second,
    until: endAfter(fields.minutes, nowMs),
    ...what,
  };
}

/** Who may stand for a test beside the one who begins it: anybody else who handles alarms. */
export function possibleSeconds(
  people: readonly Colleague[],
  session: Session | null | undefined,
): Colleague[] {
  return people.filter((one) => one.name !== session?.name && one.role !== "viewer");
}
