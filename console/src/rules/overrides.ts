/** What an override form asks the API for, and what an override says. Pure. */
import type { Kind, Override, OverrideRequest, Rule } from "../api/types";
import type { Severity } from "../parts/severity";

export interface OverrideFields {
  site: string;
  kind: string;
  what: "limit" | "rule";
  limit?: string;
  level?: string;
  rule?: string;
  severity?: Severity;
  devices?: string[];
  model?: string;
  reason: string;
}

/** A limit with its level, or a rule with its severity: never both, whatever was filled in before. */
export function overrideRequest(fields: OverrideFields): OverrideRequest {
  const model = fields.model?.trim() ?? "";
  const what =
    fields.what === "limit"
      ? { limit: fields.limit ?? null, level: Number(fields.level) }
      : { rule: fields.rule ?? null, severity: fields.severity ?? null };
  return {
    site: fields.site,
    kind: fields.kind,
    devices: fields.devices ?? [],
    model: model === "" ? null : model,
    reason: fields.reason.trim(),
    ...what,
  };
}

/** Whether what was typed is a number that a limit can have. */
export function isLevel(typed: string | undefined): boolean {
  return typed !== undefined && typed.trim() !== "" && Number.isFinite(Number(typed));
}

/** The limit that an override is about, as its kind knows it. */
export function limitOf(override: Override, kind: Kind | undefined): Kind["limits"][number] | undefined {
  return kind?.limits.find((one) => one.name === override.limit);
}

/** The rule that an override is about. */
export function ruleOf(override: Override, rules: readonly Rule[]): Rule | undefined {
  return rules.find((one) => one.kind === override.kind && one.name === override.rule);
}
