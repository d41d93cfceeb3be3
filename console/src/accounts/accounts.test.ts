import { describe, expect, it } from "vitest";
import type { Person, Token } from "../api/types";
import { FURTHER, seen, within } from "../shell/places";
import { personChange, personRequest, tokenStanding, type PersonFields } from "./changes";

const CHEN: Person = {
  name: "chen",
  role: "operator",
  full_name: "Chen Jie",
  language: "en",
  sites: ["annex", "main"],
  disabled: false,
  created_at: null,
};
const UNCHANGED: PersonFields = {
  name: "chen",
  role: "operator",
  full_name: "Chen Jie",
  language: "en",
  sites: ["main", "annex"],
};

describe("a change of an account", () => {
  it("sends nothing that stays as it is: that could sign the person out", () => {
    expect(personChange(CHEN, UNCHANGED)).toEqual({});
    expect(personChange({ ...CHEN, sites: null }, { ...UNCHANGED, sites: [] })).toEqual({});
  });

  it("sends what is new, and reaches all when no site is chosen", () => {
    expect(
      personChange(CHEN, {
        ...UNCHANGED,
        role: "manager",
        sites: [],
        disabled: true,
        password: "long enough",
      }),
    ).toEqual({ role: "manager", sites: null, disabled: true, password: "long enough" });
  });
});

describe("a new account", () => {
  it("reaches all when no site is chosen", () => {
    expect(
      personRequest({ ...UNCHANGED, name: " chen ", sites: [], password: "correct horse" }),
    ).toMatchObject({
      name: "chen",
      sites: null,
      password: "correct horse",
    });
  });
});

describe("a token", () => {
  const token = { revoked_at: null, expires_at: "2026-11-21T12:00:00Z" } as Token;
  const at = (time: string) => Date.parse(`2026-11-21T${time}Z`);

  it("is good until it expires or is revoked", () => {
    expect(tokenStanding(token, at("11:59:59"))).toBe("good");
    expect(tokenStanding(token, at("12:00:00"))).toBe("expired");
    expect(tokenStanding({ ...token, expires_at: null }, at("12:00:00"))).toBe("good");
    expect(tokenStanding({ ...token, revoked_at: "2026-11-20T00:00:00Z" }, at("11:00:00"))).toBe("revoked");
  });
});

describe("the pages", () => {
  const names = (permissions: Parameters<typeof seen>[1]) =>
    seen(FURTHER, permissions).map((one) => one.name);

  it("are shown only to who may see what is on them", () => {
    expect(names(["read"])).not.toContain("accounts");
    expect(names(["read"])).not.toContain("journal");
    expect(names(["read", "read_journal", "manage_accounts"])).toEqual(
      expect.arrayContaining(["accounts", "journal"]),
    );
  });

  it("know which of them an address lies in", () => {
    expect(within(FURTHER, "/hidden/test")).toBe(true);
    expect(within(FURTHER, "/hiddenly")).toBe(false);
  });
});
