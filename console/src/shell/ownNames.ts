/** Every language in its own words, so that whoever strayed into the wrong one finds back. */
export const OWN_NAMES = { en: "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文" } as const;
