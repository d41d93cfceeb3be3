/** Work orders and their clocks: of each promise, how often it was met and how often broken. */
import { useTranslation } from "react-i18next";
import type { OrderReport } from "../api/types";
import { useText, type Text } from "../i18n/i18n";
import { ColumnHeads } from "../parts/ColumnHeads";
import { Empty } from "../parts/states";
import { csvOf } from "./csv";
import { percent, type Span } from "./days";
import { useOrderReport } from "./queries";
import { Section } from "./Section";

const COLUMNS = ["template", "clock", "met", "breached", "share", "running", "void"] as const;

function orderCsv(report: OrderReport, read: (text: Text) => string): string {
  return csvOf(
    ["template", "title", "clock", "met", "breached", "running", "void"],
    report.clocks.map((one) => [
      one.template,
      read(one.title),
      one.clock,
      one.met,
      one.breached,
      one.running,
      one.void,
    ]),
  );
}

function Clocks({ report }: { report: OrderReport }) {
  const { t } = useTranslation();
  const read = useText();
  return (
    <div className="scroll-x">
      <table className="grid" aria-label={t("reports.orders")}>
        <ColumnHeads
          columns={COLUMNS}
          words={(name) => t(`reports.clock.${name}`)}
          end={(_, index) => index > 1}
        />
        <tbody>
          {report.clocks.map((one, index) => {
            const share = percent(one.met, one.met + one.breached);
            const sameJob = report.clocks[index - 1]?.template === one.template;
            return (
              <tr key={`${one.template} ${one.clock}`}>
                <td>{sameJob ? <span className="unseen">{read(one.title)}</span> : read(one.title)}</td>
                <td>{t(`clock.name.${one.clock}`)}</td>
                <td className="end figures">{one.met}</td>
                <td className={`end figures ${one.breached > 0 ? "report-bad" : ""}`}>{one.breached}</td>
                <td className="end figures">{share === undefined ? "" : `${share} %`}</td>
                <td className="end figures">{one.running}</td>
                <td className="end figures">{one.void}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function OrderFigures({ site, span }: { site: string | undefined; span: Span }) {
  const { t } = useTranslation();
  const read = useText();
  const list = useOrderReport(site, span);
  const report = list.data;
  return (
    <Section
      title={t("reports.orders")}
      list={list}
      file={`clocks-${span.first}-${span.last}.csv`}
      csv={report && report.clocks.length > 0 ? () => orderCsv(report, read) : undefined}
    >
      {report !== undefined && (
        <>
          <p className="report-sum">
            <strong>{t("reports.opened", { count: report.opened })}</strong>{" "}
            <span className="muted">
              {t("reports.opened_more", {
                open: report.open,
                closed: report.closed,
                cancelled: report.cancelled,
                rework: report.rework,
              })}
            </span>
          </p>
          {report.clocks.length === 0 ? (
            <Empty title={t("reports.none.orders")} />
          ) : (
            <Clocks report={report} />
          )}
        </>
      )}
    </Section>
  );
}
