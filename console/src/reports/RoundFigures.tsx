/** Rounds: how complete they were, by route and by guard. */
import { useTranslation } from "react-i18next";
import type { RouteDay } from "../api/types";
import { useText, type Text } from "../i18n/i18n";
import { ColumnHeads } from "../parts/ColumnHeads";
import { Empty } from "../parts/states";
import { csvOf } from "./csv";
import { percent, type Span } from "./days";
import { useRoundCompletion } from "./queries";
import { byGuard, byRoute } from "./rounds";
import { Section } from "./Section";

const ROUTES = ["route", "completed", "due", "share", "points"] as const;
const GUARDS = ["guard", "rounds", "completed", "points"] as const;

function roundCsv(days: readonly RouteDay[], read: (text: Text) => string): string {
  return csvOf(
    ["day", "site", "route", "name", "due", "completed", "points_due", "points_passed", "guards"],
    days.map((day) => [
      day.day,
      day.site,
      day.route,
      read(day.name),
      day.due,
      day.completed,
      day.points_due,
      day.points_passed,
      day.guards.map((one) => one.guard).join(" "),
    ]),
  );
}

function Routes({ days }: { days: readonly RouteDay[] }) {
  const { t } = useTranslation();
  const read = useText();
  return (
    <table className="grid" aria-label={t("reports.by_route")}>
      <ColumnHeads
        columns={ROUTES}
        words={(name) => t(`reports.round.${name}`)}
        end={(_, index) => index > 0}
      />
      <tbody>
        {byRoute(days).map((one) => (
          <tr key={one.key}>
            <td>{read(one.route.name)}</td>
            <td className="end figures">{one.completed}</td>
            <td className="end figures">{one.due}</td>
            <td className={`end figures ${one.completed < one.due ? "report-bad" : ""}`}>
              {one.due > 0 && `${percent(one.completed, one.due) ?? 0} %`}
            </td>
            <td className="end figures">
              {one.pointsPassed} / {one.pointsDue}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Guards({ days }: { days: readonly RouteDay[] }) {
  const { t } = useTranslation();
  return (
    <table className="grid" aria-label={t("reports.by_guard")}>
      <ColumnHeads
        columns={GUARDS}
        words={(name) => t(`reports.round.${name}`)}
        end={(_, index) => index > 0}
      />
      <tbody>
        {byGuard(days).map((one) => (
          <tr key={one.guard}>
            <td>{one.guard}</td>
            <td className="end figures">{one.rounds}</td>
            <td className="end figures">{one.completed}</td>
            <td className="end figures">{one.points}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function RoundFigures({ site, span }: { site: string | undefined; span: Span }) {
  const { t } = useTranslation();
  const read = useText();
  const list = useRoundCompletion(site, span);
  const days = list.data ?? [];
  return (
    <Section
      title={t("reports.rounds")}
      list={list}
      file={`rounds-${span.first}-${span.last}.csv`}
      csv={days.length > 0 ? () => roundCsv(days, read) : undefined}
    >
      {days.length === 0 ? (
        <Empty title={t("reports.none.rounds")} />
      ) : (
        <div className="report-halves">
          <div className="scroll-x">
            <Routes days={days} />
          </div>
          <div className="scroll-x">
            <Guards days={days} />
          </div>
        </div>
      )}
    </Section>
  );
}
