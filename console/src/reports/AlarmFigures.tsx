/** Alarms: how many a day, of which severity, how soon they were seen, and the rules that raised most. */
import { useTranslation } from "react-i18next";
import type { AlarmReport } from "../api/types";
import { useText, type Text } from "../i18n/i18n";
import { spanWords } from "../i18n/span";
import { ColumnHeads } from "../parts/ColumnHeads";
import { SeverityMark } from "../parts/severity";
import { Empty } from "../parts/states";
import { csvOf } from "./csv";
import { DayBars } from "./DayBars";
import { percent, type Span } from "./days";
import { useAlarmReport } from "./queries";
import { Section } from "./Section";

const FIGURES = ["raised", "life_safety", "acknowledged", "in_time", "unseen", "median", "longest"] as const;
const RULES = ["severity", "rule", "raised", "occurrences", "subjects"] as const;

function alarmCsv(report: AlarmReport, read: (text: Text) => string): string {
  return csvOf(
    ["rule", "title", "severity", "raised", "occurrences", "subjects"],
    report.rules.map((one) => [
      one.rule,
      read(one.title),
      one.severity,
      one.raised,
      one.occurrences,
      one.devices,
    ]),
  );
}

function Severities({ report }: { report: AlarmReport }) {
  const { t } = useTranslation();
  const span = (seconds: number | null) => (seconds === null ? "" : spanWords(t, seconds * 1000));
  return (
    <div className="scroll-x">
      <table className="grid" aria-label={t("reports.by_severity")}>
        <thead>
          <tr>
            <th scope="col">{t("filter.severity")}</th>
            {FIGURES.map((name) => (
              <th key={name} scope="col" className="end">
                {t(`reports.figure.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.severities.map((one) => (
            <tr key={one.severity}>
              <td>
                <SeverityMark severity={one.severity} />
              </td>
              <td className="end figures">{one.raised}</td>
              <td className="end figures">{one.life_safety}</td>
              <td className="end figures">{one.acknowledged}</td>
              <td className="end figures">
                {one.in_time}{" "}
                <span className="muted">
                  {one.acknowledged > 0 && `${percent(one.in_time, one.acknowledged) ?? 0} %`}
                </span>
              </td>
              <td className="end figures">{one.unseen}</td>
              <td className="end figures">{span(one.median_s)}</td>
              <td className="end figures">{span(one.longest_s)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Rules({ report }: { report: AlarmReport }) {
  const { t } = useTranslation();
  const read = useText();
  return (
    <div className="scroll-x">
      <table className="grid" aria-label={t("reports.by_rule")}>
        <ColumnHeads
          columns={RULES}
          words={(name) => t(`reports.rule.${name}`)}
          end={(_, index) => index > 1}
        />
        <tbody>
          {report.rules.map((one) => (
            <tr key={`${one.rule} ${one.title.en}`}>
              <td>
                <SeverityMark severity={one.severity} />
              </td>
              <td>
                {read(one.title)} <code className="muted">{one.rule}</code>
              </td>
              <td className="end figures">{one.raised}</td>
              <td className="end figures">{one.occurrences}</td>
              <td className="end figures">{one.devices}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function AlarmFigures({ site, span }: { site: string | undefined; span: Span }) {
  const { t } = useTranslation();
  const read = useText();
  const list = useAlarmReport(site, span);
  const report = list.data;
  return (
    <Section
      title={t("reports.alarms")}
      list={list}
      file={`alarms-${span.first}-${span.last}.csv`}
      csv={report && report.rules.length > 0 ? () => alarmCsv(report, read) : undefined}
    >
      {report !== undefined && (
        <>
          <p className="report-sum">
            <strong>{t("reports.raised", { count: report.raised })}</strong>{" "}
            <span className="muted">
              {t("reports.raised_more", {
                perDay: report.per_day,
                tests: report.tests,
                advisories: report.advisories,
              })}
            </span>
          </p>
          {report.raised === 0 ? (
            <Empty title={t("reports.none.alarms")} />
          ) : (
            <>
              {report.days.length > 1 && <DayBars days={report.days} />}
              <Severities report={report} />
              <h3 className="report-part">{t("reports.by_rule")}</h3>
              <Rules report={report} />
            </>
          )}
        </>
      )}
    </Section>
  );
}
