/** What of the alarm list is shown. Pure. Life-safety is never filtered away. */
import type { Alarm } from "../api/types";
import type { Severity } from "../parts/severity";

export interface AlarmSieve {
  site?: string;
  severity?: Severity;
  words: string;
}

export const NO_SIEVE: AlarmSieve = { words: "" };

type Sifted = Pick<
  Alarm,
  "site" | "severity" | "life_safety" | "device" | "building" | "zone" | "title" | "text" | "rule"
>;

function wordsOf(alarm: Sifted): string {
  return [
    alarm.device,
    alarm.building,
    alarm.zone,
    alarm.rule,
    ...Object.values(alarm.title),
    ...Object.values(alarm.text),
  ]
    .join(" ")
    .toLowerCase();
}

/** Whether the list shows it. Every word typed must occur in its device, place, rule or text, in any language. */
export function shows(sieve: AlarmSieve, alarm: Sifted): boolean {
  if (alarm.life_safety) return true;
  if (sieve.site !== undefined && alarm.site !== sieve.site) return false;
  if (sieve.severity !== undefined && alarm.severity !== sieve.severity) return false;
  const wanted = sieve.words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return true;
  const found = wordsOf(alarm);
  return wanted.every((word) => found.includes(word));
}
