"""Words that people read, in every language at once.

Promises: a `Text` always has all three languages, so that no screen ever falls back to another one.
Leaves to others: choosing a reader's language (the console, a notice's person).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Language(StrEnum):
    """The languages that people read, as BCP 47 tags."""

    EN = "en"
    ZH_HANS = "zh-Hans"
    ZH_HANT = "zh-Hant"


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in three languages. In TOML and JSON: `{en = "...", zh-Hans = "...", zh-Hant = "..."}`."""

    en: str
    zh_hans: str = msgspec.field(name="zh-Hans")
    zh_hant: str = msgspec.field(name="zh-Hant")

    def in_(self, language: Language) -> str:
        """The text as a reader of `language` sees it."""
        if language is Language.ZH_HANS:
            return self.zh_hans
        return self.zh_hant if language is Language.ZH_HANT else self.en

    def fill(self, **values: object) -> Text:
        """The text with `{name}` places filled, the same values in each language."""
        return Text(self.en.format(**values), self.zh_hans.format(**values), self.zh_hant.format(**values))


def text(en: str, zh_hans: str, zh_hant: str) -> Text:
    """A `Text`, written short, for tables of labels."""
    return Text(en, zh_hans, zh_hant)
