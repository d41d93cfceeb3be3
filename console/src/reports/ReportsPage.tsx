/** Figures over a span of days: alarms, the clocks of work orders, rounds. Each can be taken along as a file. */
import { Input, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { serverNow } from "../live/clock";
import { SiteFilter } from "../parts/filters";
import { useSites } from "../parts/places";
import { Loading } from "../parts/states";
import { AlarmFigures } from "./AlarmFigures";
import { dayIn, daysUntil, lengthOf, moved, PRESETS, type Span } from "./days";
import { OrderFigures } from "./OrderFigures";
import { ReportTabs } from "./ReportTabs";
import { RoundFigures } from "./RoundFigures";
import "./reports.css";

const USUAL_DAYS = 7;
const ENDS = ["first", "last"] as const;

function SpanChoice({
  span,
  today,
  onChange,
}: {
  span: Span;
  today: string;
  onChange: (span: Span) => void;
}) {
  const { t } = useTranslation();
  const preset = span.last === today ? PRESETS.find((days) => days === lengthOf(span)) : undefined;
  return (
    <>
      <Segmented<number>
        aria-label={t("reports.span")}
        value={preset ?? 0}
        onChange={(days) => onChange(daysUntil(today, days))}
        options={PRESETS.map((days) => ({ value: days, label: t(`reports.preset.${days}`) }))}
      />
      {ENDS.map((end) => (
        <Input
          key={end}
          type="date"
          aria-label={t(`reports.${end}`)}
          style={{ width: 150 }}
          max={today}
          value={span[end]}
          onChange={(event) => event.target.value !== "" && onChange(moved(span, end, event.target.value))}
        />
      ))}
    </>
  );
}

function Reports({ today }: { today: string }) {
  const { t } = useTranslation();
  const [site, setSite] = useState<string>();
  const [span, setSpan] = useState(() => daysUntil(today, USUAL_DAYS));
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.reports")}</h1>
        <ReportTabs tab="figures" />
        <SpanChoice span={span} today={today} onChange={setSpan} />
        <div className="sheet-end">
          <SiteFilter value={site} onChange={setSite} />
        </div>
      </div>
      <div className="reports">
        <AlarmFigures site={site} span={span} />
        <OrderFigures site={site} span={span} />
        <RoundFigures site={site} span={span} />
      </div>
    </div>
  );
}

export function ReportsPage() {
  const { data: sites } = useSites();
  if (sites === undefined) return <Loading />;
  return <Reports today={dayIn(sites[0]?.time_zone ?? "UTC", serverNow())} />;
}
