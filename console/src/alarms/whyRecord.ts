/** The record of why an alarm was raised, taken apart without trusting its shape. Pure. */

export type Fields = Record<string, unknown>;

export function asRecord(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The single conditions of a rule, in the order in which it names them. */
export function asLeaves(value: unknown): Fields[] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.map(asRecord).filter((item) => item !== undefined);
}

/** What a condition compares with: its level, value or values. */
export function comparedWith(leaf: Fields): unknown[] {
  const single = leaf.level ?? leaf.value ?? leaf.after;
  if (single !== undefined && single !== null) return [single];
  return Array.isArray(leaf.values) ? (leaf.values as unknown[]) : [];
}

/** A text of the record; undefined where there is none. */
export function textIn(fields: Fields | undefined, name: string): string | undefined {
  const value = fields?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

const STANDINGS = ["announced", "test", "out_of_service", "shelved", "suppressed"] as const;

/** How the record says that the alarm stands. */
export function standingWord(fields: Fields | undefined): (typeof STANDINGS)[number] | undefined {
  return STANDINGS.find((one) => one === fields?.standing);
}

/** Why it stands so, without the standing itself, which the page says in the reader's own language. */
export function becauseOf(standing: Fields | undefined): string | undefined {
  const stands = standingWord(standing);
  const because = textIn(standing, "because");
  if (stands === undefined || stands === "announced" || because === undefined) return undefined;
  const said = `${stands.replaceAll("_", " ")}: `;
  return because.startsWith(said) ? because.slice(said.length) : because;
}
