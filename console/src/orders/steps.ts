/** What each step of a work order asks a person for (the desk's own table), and who may take it. Pure. */
import type { Permission, Step, StepRequest } from "../api/types";

export type Field = Exclude<keyof StepRequest, "note">;

interface Fields {
  must: readonly Field[];
  may: readonly Field[];
}

/** A note may go with every step. */
export const STEP_FIELDS: Record<Step, Fields> = {
  dispatch: { must: ["assignee"], may: [] },
  accept: { must: [], may: [] },
  refuse: { must: ["reason"], may: [] },
  transfer: { must: ["reason"], may: ["assignee"] },
  arrive: { must: [], may: [] },
  fix: { must: [], may: ["cause", "verdict"] },
  pass_check: { must: [], may: [] },
  fail_check: { must: ["reason"], may: [] },
  follow_up: { must: [], may: [] },
  complain: { must: ["reason"], may: [] },
  skip_follow_up: { must: [], may: ["reason"] },
  close: { must: [], may: ["cause", "verdict"] },
  hold: { must: ["reason", "until"], may: ["approver"] },
  resume: { must: [], may: ["reason"] },
  cancel: { must: ["reason"], may: [] },
  reopen: { must: ["reason"], may: [] },
};

/** Steps that go on with the job; the others send it back, stop it or end it. */
const ONWARD: ReadonlySet<Step> = new Set<Step>([
  "dispatch",
  "accept",
  "arrive",
  "fix",
  "pass_check",
  "follow_up",
  "close",
  "resume",
]);

const APPROVED: ReadonlySet<Step> = new Set<Step>(["hold", "cancel"]);

export function isOnward(step: Step): boolean {
  return ONWARD.has(step);
}

export function permissionFor(step: Step): Permission {
  return APPROVED.has(step) ? "approve_orders" : "handle_orders";
}

/** What was typed as the API takes it: fields that were left alone or blank left out, a local time as an instant. */
export function stepRequest(typed: Partial<Record<keyof StepRequest, string | undefined>>): StepRequest {
  return Object.fromEntries(
    Object.entries(typed).flatMap(([name, value]: [string, string | undefined]) => {
      const said = value?.trim() ?? "";
      if (said === "") return [];
      return [[name, name === "until" ? new Date(said).toISOString() : said]];
    }),
  );
}
