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
