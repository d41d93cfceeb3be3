/** Maintenance windows: what is out of service for one now, and when each comes next, on the clock of its site. */
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Measure } from "../api/types";
import { Empty, ListState } from "../parts/states";
import { useNow } from "../live/clock";
import { useMeasures, useWindows } from "../standing/queries";
import { onNow } from "./hours";
import { OnNowTable } from "./OnNowTable";
import { WindowTable } from "./WindowTable";
import "../standing/standing.css";
import "./maintenance.css";

const EndDialog = lazy(async () => ({ default: (await import("../standing/EndDialog")).EndDialog }));

export function MaintenancePage() {
  const { t } = useTranslation();
  const now = useNow();
  const measures = useMeasures();
  const windows = useWindows();
  const [ending, setEnding] = useState<Measure>();
  const running = onNow(measures.data ?? [], now);
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.maintenance")}</h1>
      </div>
      <p className="muted standing-means">{t("maintenance.means")}</p>
      <section className="panel block" aria-label={t("maintenance.on")}>
        <h2 className="panel-title">{t("maintenance.on")}</h2>
        <ListState list={measures} />
        {measures.data !== undefined && running.length === 0 && <Empty title={t("maintenance.none_on")} />}
        {running.length > 0 && <OnNowTable running={running} onEnd={setEnding} />}
      </section>
      <section className="panel block" aria-label={t("maintenance.coming")}>
        <h2 className="panel-title">{t("maintenance.coming")}</h2>
        <ListState list={windows} />
        {windows.data?.length === 0 && (
          <Empty title={t("maintenance.none")}>{t("maintenance.none_means")}</Empty>
        )}
        {windows.data !== undefined && windows.data.length > 0 && <WindowTable windows={windows.data} />}
      </section>
      <Suspense>
        {ending !== undefined && <EndDialog measure={ending} onClose={() => setEnding(undefined)} />}
      </Suspense>
    </div>
  );
}
