/** What an account form asks the API for. Pure. */
import type { Person, PersonChange, PersonRequest, Role, Token } from "../api/types";
import type { Language } from "../i18n/i18n";

export const ROLES: readonly Role[] = ["viewer", "operator", "engineer", "manager", "admin"];

/** The least that the server takes: long beats complicated. */
export const SHORTEST_PASSWORD = 10;
export const LONGEST_PASSWORD = 256;
export const ACCOUNT_NAME = /^[A-Za-z0-9_.@-]{1,64}$/;

export interface PersonFields {
  name: string;
  full_name?: string;
  role: Role;
  language: Language;
  /** None chosen reaches all. */
  sites?: string[];
  password?: string;
  disabled?: boolean;
}

function reached(sites: readonly string[] | undefined): string[] | null {
  return sites === undefined || sites.length === 0 ? null : [...sites].sort();
}

/** A new account. */
export function personRequest(fields: PersonFields): PersonRequest {
  return {
    name: fields.name.trim(),
    full_name: fields.full_name?.trim() ?? "",
    role: fields.role,
    language: fields.language,
    sites: reached(fields.sites),
    password: fields.password ?? "",
  };
}

/** Only what was changed: a field that is sent again could sign the person out for nothing. */
export function personChange(person: Person, fields: PersonFields): PersonChange {
  const change: PersonChange = {};
  const name = fields.full_name?.trim() ?? "";
  if (name !== person.full_name) change.full_name = name;
  if (fields.role !== person.role) change.role = fields.role;
  if (fields.language !== person.language) change.language = fields.language;
  const sites = reached(fields.sites);
  if (JSON.stringify(sites) !== JSON.stringify(reached(person.sites ?? undefined))) change.sites = sites;
  if (Boolean(fields.disabled) !== person.disabled) change.disabled = Boolean(fields.disabled);
  if (fields.password) change.password = fields.password;
  return change;
}

export type TokenStanding = "good" | "expired" | "revoked";

/** Whether a token still opens anything. */
export function tokenStanding(token: Token, nowMs: number): TokenStanding {
  if (token.revoked_at !== null) return "revoked";
  return token.expires_at !== null && Date.parse(token.expires_at) <= nowMs ? "expired" : "good";
}
