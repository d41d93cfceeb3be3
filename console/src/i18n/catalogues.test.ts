import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "./en.json";
import { languageOf } from "./i18n";
import zhHans from "./zh-Hans.json";
import zhHant from "./zh-Hant.json";

type Words = Map<string, string>;

function flat(node: object, path = ""): Words {
  return new Map(
    Object.entries(node).flatMap(([name, value]: [string, unknown]): [string, string][] =>
      typeof value === "object" && value !== null
        ? [...flat(value, `${path}${name}.`)]
        : [[`${path}${name}`, String(value)]],
    ),
  );
}

const places = (words: string): string[] =>
  [...words.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? "").sort();

const ENGLISH = flat(en);

describe.each([
  ["zh-Hans", flat(zhHans)],
  ["zh-Hant", flat(zhHant)],
])("the catalogue %s", (_, words) => {
  it("has exactly the English one's keys", () => {
    expect([...words.keys()].sort()).toEqual([...ENGLISH.keys()].sort());
  });

  it("leaves no text empty and fills the same places", () => {
    for (const [key, text] of words) {
      expect(text.trim(), key).not.toBe("");
      expect(places(text), key).toEqual(places(ENGLISH.get(key) ?? ""));
    }
  });
});

describe("every key of the catalogues", () => {
  const sources = readdirSync(join(import.meta.dirname, ".."), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts") && !name.endsWith("schema.d.ts"))
    .map((name) => readFileSync(join(import.meta.dirname, "..", name), "utf8"))
    .join("\n");

  it("is used, by its name or by a template that makes it", () => {
    const made = [...sources.matchAll(/`([a-z_.]+)\.\$\{/g)].map((match) => `${match[1] ?? ""}.`);
    const unused = [...ENGLISH.keys()].filter(
      (key) => !sources.includes(`"${key}"`) && !made.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
});

describe("the language of a browser's tag", () => {
  it.each([
    ["zh-CN", "zh-Hans"],
    ["zh", "zh-Hans"],
    ["zh-TW", "zh-Hant"],
    ["zh-HK", "zh-Hant"],
    ["zh-Hant-CN", "zh-Hant"],
    ["en-GB", "en"],
    ["de", "en"],
  ])("%s is %s", (tag, language) => {
    expect(languageOf(tag)).toBe(language);
  });
});
