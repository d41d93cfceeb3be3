/** The rule as it was when the alarm was raised: its delays and its conditions, whatever it says today. */
import { useTranslation } from "react-i18next";
import type { Rule } from "../api/types";
import { spanWords } from "../i18n/span";
import { SeverityMark } from "../parts/severity";

export function RuleThen({ rule }: { rule: Rule }) {
  const { t } = useTranslation();
  const delays = [
    ["on_delay", rule.on_delay_s],
    ["off_delay", rule.off_delay_s],
  ] as const;
  return (
    <details className="why-part">
      <summary>{t("why.rule_then")}</summary>
      <dl className="facts">
        <dt>{t("why.rule")}</dt>
        <dd>
          <code>{rule.id}</code> {rule.latched && <span className="muted">{t("rules.latched")}</span>}
        </dd>
        <dt>{t("filter.severity")}</dt>
        <dd>
          <SeverityMark severity={rule.severity} />
        </dd>
        {delays.map(([name, seconds]) => (
          <div key={name} className="fact">
            <dt>{t(`why.${name}`)}</dt>
            <dd>{seconds > 0 ? spanWords(t, seconds * 1000) : t("why.word.none")}</dd>
          </div>
        ))}
      </dl>
      <pre className="rule-then">
        {JSON.stringify({ when: rule.when, unless: rule.unless ?? undefined }, null, 1)}
      </pre>
    </details>
  );
}
