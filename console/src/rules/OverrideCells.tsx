/** What an override says, why, and who decided it when: the cells of a row. */
import { useTranslation } from "react-i18next";
import type { Override } from "../api/types";
import { useText } from "../i18n/i18n";
import { useKinds } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { Instant } from "../parts/times";
import { limitOf, ruleOf } from "./overrides";
import { useRules } from "./queries";
import "./rules.css";

/** The columns that these cells fill, as `override.column` names them. */
export const OVERRIDE_COLUMNS = ["what", "instead", "reason", "by"] as const;

interface Props {
  override: Override;
  /** What the limit would be without it, where that is not the kind's own. */
  otherwise?: number;
}

export function OverrideCells({ override, otherwise }: Props) {
  const { t } = useTranslation();
  const read = useText();
  const { data: kinds } = useKinds();
  const { data: rules = [] } = useRules();
  const limit = limitOf(override, kinds?.get(override.kind));
  const rule = ruleOf(override, rules);
  return (
    <>
      <td>
        {limit !== undefined && read(limit.label)}
        {rule !== undefined && read(rule.title)}{" "}
        <code className="muted">{override.limit ?? override.rule}</code>
      </td>
      <td>
        {override.severity === null ? (
          <span className="figures">
            {override.level} {limit?.unit}{" "}
            {limit !== undefined && (
              <span className="muted">
                {t("override.instead_of", { level: `${otherwise ?? limit.default} ${limit.unit}` })}
              </span>
            )}
          </span>
        ) : (
          <SeverityMark severity={override.severity} />
        )}
      </td>
      <td className="override-reason">{override.reason}</td>
      <td>
        {override.by}
        <div className="muted">
          <Instant at={override.at} />
        </div>
      </td>
    </>
  );
}
