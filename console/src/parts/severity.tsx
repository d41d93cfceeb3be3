/**
 * A severity, told three times: by colour, by shape and by word.
 *
 * An alarm that nobody has acknowledged has a filled shape that pulses; one that somebody owns is only outlined.
 */
import { useTranslation } from "react-i18next";
import "./severity.css";

export const SEVERITIES = ["urgent", "important", "general", "advisory"] as const;
export type Severity = (typeof SEVERITIES)[number];

const SHAPES: Record<Severity, string> = {
  urgent: "M8 1.5 15 14H1Z",
  important: "M8 .8 15.2 8 8 15.2.8 8Z",
  general: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Z",
  advisory: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Z",
};

interface Props {
  severity: Severity;
  /** Nobody has acknowledged it. */
  unseen?: boolean;
  /** Leave the word out where a heading already says it; screen readers still hear it. */
  shapeOnly?: boolean;
}

export function SeverityMark({ severity, unseen = false, shapeOnly = false }: Props) {
  const { t } = useTranslation();
  return (
    <span className={`severity severity-${severity}`} data-unseen={unseen || undefined}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path d={SHAPES[severity]} />
      </svg>
      <span className={shapeOnly ? "unseen" : "severity-word"}>{t(`severity.${severity}`)}</span>
    </span>
  );
}
