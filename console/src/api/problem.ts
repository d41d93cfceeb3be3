export interface WrongPlace {
  place: string;
  problem: string;
}

function placesOf(value: unknown): WrongPlace[] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.flatMap((item) => {
    const { place, problem } = (item ?? {}) as Partial<Record<keyof WrongPlace, unknown>>;
    return typeof place === "string" && typeof problem === "string" ? [{ place, problem }] : [];
  });
}

/** A reply that says no: an RFC 9457 problem document as an error. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    detail: string,
    /** A stable word for programs: `conflict`, `not_allowed`, ... */
    readonly code?: string,
    /** Who was faster, where somebody was. */
    readonly winner?: string,
    /** Each mistake with its place, where there may be several. */
    readonly errors: readonly WrongPlace[] = [],
  ) {
    super(detail);
  }

  /** The problem that a reply's body describes; a body of any other shape still gives its status. */
  static of(status: number, body: unknown): Problem {
    const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    const text = (name: string): string | undefined => {
      const value = fields[name];
      return typeof value === "string" && value !== "" ? value : undefined;
    };
    return new Problem(
      status,
      text("detail") ?? text("title") ?? "",
      text("code"),
      text("winner"),
      placesOf(fields.errors),
    );
  }
}
