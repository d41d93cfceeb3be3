/**
 * The API as typed calls.
 *
 * Promises: every refusal is thrown as a `Problem`; changes carry the session's CSRF token; the server's clock is
 * learned from each reply. Leaves to others: caching (TanStack Query), what a refusal means on screen (`parts/states`).
 */
import createClient, { type Middleware } from "openapi-fetch";
import { learnServerClock } from "../live/clock";
import { Problem } from "./problem";
import type { paths } from "./schema";

const CSRF_HEADER = "X-CSRF-Token";
const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

let csrf: string | null = null;

/** The token that changes must carry from now on; null when nobody is signed in. */
export function carryCsrf(token: string | null): void {
  csrf = token;
}

const manners: Middleware = {
  onRequest({ request }) {
    if (csrf !== null && !READING.has(request.method)) request.headers.set(CSRF_HEADER, csrf);
    return request;
  },
  onResponse({ response }) {
    learnServerClock(response.headers.get("date"));
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });
api.use(manners);

interface Reply<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a reply that says yes. Throws a `Problem` for any other. */
export async function taken<T>(call: Promise<Reply<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw Problem.of(response.status, error);
  return data as T;
}

interface Page<T> {
  items: T[];
  next?: string | null;
}

/** All items of a list, page after page: a list of open alarms that stops at the first page would hide the rest. */
export async function every<T>(page: (after: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const part = await page(after);
    items.push(...part.items);
    after = part.next ?? undefined;
  } while (after !== undefined);
  return items;
}
