/** What is judged abnormal, and what a person should do about it; and what counts instead for some devices. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Rule } from "../api/types";
import { useText } from "../i18n/i18n";
import { spanWords } from "../i18n/span";
import { ColumnHeads } from "../parts/ColumnHeads";
import { WordsFilter } from "../parts/filters";
import { useKindName } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { Empty, Failed, Loading } from "../parts/states";
import { OverridesPanel } from "./OverridesPanel";
import { useRules } from "./queries";
import "./rules.css";

const COLUMNS = ["severity", "kind", "title", "consequence", "response", "time"] as const;

function matches(rule: Rule, words: string): boolean {
  const found = [rule.id, ...Object.values(rule.title), ...Object.values(rule.response)]
    .join(" ")
    .toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => found.includes(word));
}

function RuleRow({ rule }: { rule: Rule }) {
  const { t } = useTranslation();
  const read = useText();
  const kindName = useKindName();
  return (
    <tr>
      <td className="rule-severity">
        <SeverityMark severity={rule.severity} />
      </td>
      <td>{kindName(rule.kind)}</td>
      <td>
        <strong>{read(rule.title)}</strong>{" "}
        {rule.life_safety && <strong className="life-safety-word">{t("alarms.life_safety")}</strong>}{" "}
        {rule.latched && <span className="muted">{t("rules.latched")}</span>}
        <div className="muted">
          <code>{rule.id}</code>
          {rule.on_delay_s > 0 && (
            <> · {t("rules.on_delay", { span: spanWords(t, rule.on_delay_s * 1000) })}</>
          )}
        </div>
      </td>
      <td>{read(rule.consequence)}</td>
      <td>{read(rule.response)}</td>
      <td className="figures" data-word={t("rules.column.time")}>
        {spanWords(t, rule.time_to_respond_s * 1000)}
      </td>
    </tr>
  );
}

export function RulesPage() {
  const { t } = useTranslation();
  const { data: rules, error, isPending, refetch } = useRules();
  const [words, setWords] = useState("");
  const shown = rules?.filter((rule) => matches(rule, words)) ?? [];
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.rules")}</h1>
        <div className="sheet-end">
          <WordsFilter value={words} onChange={setWords} />
        </div>
      </div>
      <OverridesPanel />
      <div className="panel">
        {isPending && <Loading />}
        {error !== null && rules === undefined && <Failed error={error} retry={() => void refetch()} />}
        {rules !== undefined && shown.length === 0 && <Empty title={t("rules.none")} />}
        {shown.length > 0 && (
          <table className="grid rules stacks">
            <ColumnHeads columns={COLUMNS} words={(column) => t(`rules.column.${column}`)} />
            <tbody>
              {shown.map((rule) => (
                <RuleRow key={rule.id} rule={rule} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </div>
  );
}
