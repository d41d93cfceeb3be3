/** What was raised most often, as it is asked for and led on from. Pure. */
import type { BadActor } from "../api/types";

export const SPANS = ["24h", "7d", "30d"] as const;
export type ActorSpan = (typeof SPANS)[number];

export const COUNTED_BY = ["source", "subject", "rule"] as const;
export type CountedBy = (typeof COUNTED_BY)[number];

type Named = Pick<BadActor, "site" | "subject" | "rule">;

/** One of a list; no two have the same. */
export function keyOf({ site, subject, rule }: Named): string {
  return JSON.stringify([site, subject?.type, subject?.id, rule]);
}

/** The device's own page, where it is about one. */
export function devicePath({ site, subject }: Named): string | undefined {
  if (subject === null || (subject.type !== "device" && subject.type !== "gateway")) return undefined;
  return `/devices/${encodeURIComponent(site)}/${encodeURIComponent(subject.id)}`;
}

/** What the list of alarms is to be asked for, so that it holds those that were counted. */
export function alarmsAsked({ site, subject, rule }: Named): {
  site: string;
  subject?: string;
  rule?: string;
} {
  return {
    site,
    ...(subject === null ? {} : { subject: `${subject.type}:${subject.id}` }),
    ...(rule === null ? {} : { rule }),
  };
}
