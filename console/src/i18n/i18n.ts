/**
 * Languages: which one, and its words.
 *
 * Promises: one catalogue is loaded at a time, with antd's own words of that language; the choice is kept.
 * Leaves to others: texts of alarms, rules and kinds, which come from the API in all languages (`useText`).
 */
import type { Locale } from "antd/es/locale";
import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

export const LANGUAGES = ["en", "zh-Hans", "zh-Hant"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text as the API gives it. */
export type Text = Record<Language, string>;

const KEPT_AS = "watchkeeper.language";

const CATALOGUES: Record<Language, () => Promise<{ words: object; antd: Locale }>> = {
  en: async () => both(import("./en.json"), import("antd/es/locale/en_US")),
  "zh-Hans": async () => both(import("./zh-Hans.json"), import("antd/es/locale/zh_CN")),
  "zh-Hant": async () => both(import("./zh-Hant.json"), import("antd/es/locale/zh_TW")),
};

let antdLocale: Locale | undefined;

async function both(words: Promise<{ default: object }>, antd: Promise<{ default: Locale }>) {
  return { words: (await words).default, antd: (await antd).default };
}

/** The language that a browser's tag asks for: Taiwan, Hong Kong and Macau read traditional characters. */
export function languageOf(tag: string): Language {
  if (!tag.toLowerCase().startsWith("zh")) return "en";
  return /hant|tw|hk|mo/i.test(tag) ? "zh-Hant" : "zh-Hans";
}

function first(): Language {
  const found = localStorage.getItem(KEPT_AS);
  return LANGUAGES.find((one) => one === found) ?? languageOf(navigator.language);
}

async function load(language: Language): Promise<void> {
  const catalogue = await CATALOGUES[language]();
  i18next.addResourceBundle(language, "translation", catalogue.words);
  antdLocale = catalogue.antd;
  document.documentElement.lang = language;
}

export async function startLanguages(): Promise<void> {
  await i18next
    .use(initReactI18next)
    .init({ lng: first(), fallbackLng: false, interpolation: { escapeValue: false } });
  await load(first());
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEPT_AS, language);
  await load(language);
  await i18next.changeLanguage(language);
}

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return LANGUAGES.find((one) => one === i18n.language) ?? "en";
}

/** antd's words in the language on screen. */
export function useAntdLocale(): Locale | undefined {
  useTranslation();
  return antdLocale;
}

/** Reads a text of the API in the language on screen. */
export function useText(): (text: Text) => string {
  const language = useLanguage();
  return (text) => text[language];
}
