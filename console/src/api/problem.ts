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
    return new Problem(status, text("detail") ?? text("title") ?? "", text("code"), text("winner"));
  }
}
