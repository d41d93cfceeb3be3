/** What is raised most often: few devices and rules bring most of the alarms, and are to be repaired or mended. */
import { Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SiteFilter } from "../parts/filters";
import { Empty, ListState } from "../parts/states";
import { BadActorTable } from "./BadActorTable";
import { COUNTED_BY, SPANS, type ActorSpan, type CountedBy } from "./badActors";
import { ReportTabs } from "./ReportTabs";
import { useBadActors } from "./queries";
import "./reports.css";

export function BadActorsPage() {
  const { t } = useTranslation();
  const [site, setSite] = useState<string>();
  const [span, setSpan] = useState<ActorSpan>("24h");
  const [by, setBy] = useState<CountedBy>("source");
  const list = useBadActors(site, span, by);
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.reports")}</h1>
        <ReportTabs tab="actors" />
        <div className="sheet-end">
          <Segmented<ActorSpan>
            aria-label={t("reports.span")}
            value={span}
            onChange={setSpan}
            options={SPANS.map((one) => ({ value: one, label: t(`range.${one}`) }))}
          />
          <Segmented<CountedBy>
            aria-label={t("actors.by")}
            value={by}
            onChange={setBy}
            options={COUNTED_BY.map((one) => ({ value: one, label: t(`actors.counted.${one}`) }))}
          />
          <SiteFilter value={site} onChange={setSite} />
        </div>
      </div>
      <p className="muted actors-means">{t("actors.means")}</p>
      <div className="panel">
        <ListState list={list} />
        {list.data?.length === 0 && <Empty title={t("actors.none")} />}
        {list.data !== undefined && list.data.length > 0 && (
          <BadActorTable key={`${span} ${by}`} actors={list.data} />
        )}
      </div>
    </div>
  );
}
