/** What the alarm list leaves out: the measures that hide it, and the alarms themselves. */
import { App, Button, Segmented } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import type { Measure } from "../api/types";
import { Empty, ListState, useErrorWords } from "../parts/states";
import { useMay } from "../session/session";
import { HiddenAlarmTable } from "./HiddenAlarmTable";
import { HIDDEN_STANDINGS, measuresOf, shelvedAlarm, standingOf, type HiddenStanding } from "./hidden";
import { MeasureTable } from "./MeasureTable";
import { useHiddenAlarms, useHiddenCounts, useMeasures, useUnshelve } from "./queries";
import "../alarms/alarms.css";
import "./standing.css";

const AlarmDrawer = lazy(async () => ({ default: (await import("../alarms/AlarmDrawer")).AlarmDrawer }));
const EndDialog = lazy(async () => ({ default: (await import("./EndDialog")).EndDialog }));
const TestDialog = lazy(async () => ({ default: (await import("./TestDialog")).TestDialog }));

function MeasuresPanel({ standing, onEnd }: { standing: HiddenStanding; onEnd: (measure: Measure) => void }) {
  const { t } = useTranslation();
  const words = useErrorWords();
  const { notification } = App.useApp();
  const mayHandle = useMay("handle_alarms");
  const mayReturn = useMay("take_out_of_service");
  const list = useMeasures();
  const { data: alarms = [] } = useHiddenAlarms();
  const unshelve = useUnshelve();
  const [ending, setEnding] = useState<string>();
  const measures = measuresOf(list.data ?? [], standing);

  const actOf = (measure: Measure): string | undefined => {
    if (measure.type === "shelved")
      return mayHandle && shelvedAlarm(measure, alarms) ? t("standing.shelve.end") : undefined;
    if (measure.type === "test") return mayHandle ? t("standing.test.end") : undefined;
    if (!mayReturn) return undefined;
    return t(measure.window === null ? "standing.out.return" : "standing.window.end");
  };
  const end = (measure: Measure) => {
    const alarm = measure.type === "shelved" ? shelvedAlarm(measure, alarms) : undefined;
    if (alarm === undefined) {
      onEnd(measure);
      return;
    }
    setEnding(measure.id);
    unshelve.mutate(alarm.id, {
      onError: (error) => notification.error({ title: words(error), placement: "bottomRight" }),
    });
  };

  if (standing === "suppressed") return null; // by design: nobody decided it
  return (
    <section className="panel block">
      <h2 className="panel-title">{t(`standing.measures.${standing}`)}</h2>
      <ListState list={list} />
      {list.data !== undefined && measures.length === 0 && <Empty title={t(`standing.none.${standing}`)} />}
      {measures.length > 0 && (
        <MeasureTable
          label={t(`standing.measures.${standing}`)}
          measures={measures}
          actOf={actOf}
          pending={unshelve.isPending ? ending : undefined}
          onEnd={end}
        />
      )}
    </section>
  );
}

function AlarmsPanel({ standing }: { standing: HiddenStanding }) {
  const { t } = useTranslation();
  const list = useHiddenAlarms();
  const alarms = (list.data ?? []).filter((alarm) => alarm.standing === standing);
  return (
    <section className="panel block">
      <h2 className="panel-title">{t("standing.alarms")}</h2>
      <ListState list={list} />
      {list.data !== undefined && alarms.length === 0 && <Empty title={t("standing.no_alarms")} />}
      {alarms.length > 0 && <HiddenAlarmTable alarms={alarms} standing={standing} />}
    </section>
  );
}

export function HiddenPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { standing: word, alarmId } = useParams();
  const standing = standingOf(word);
  const { data: counts = {} } = useHiddenCounts();
  const mayHandle = useMay("handle_alarms");
  const [ending, setEnding] = useState<Measure>();
  const [testing, setTesting] = useState(false);
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.hidden")}</h1>
        <Segmented<HiddenStanding>
          aria-label={t("nav.hidden")}
          value={standing}
          onChange={(next) => void navigate(`/hidden/${next}`)}
          options={HIDDEN_STANDINGS.map((one) => ({
            value: one,
            label: (
              <>
                {t(`standing.name.${one}`)} <span className="figures">{counts[one] ?? 0}</span>
              </>
            ),
          }))}
        />
        {mayHandle && (
          <div className="sheet-end">
            <Button onClick={() => setTesting(true)}>{t("standing.test.open")}</Button>
          </div>
        )}
      </div>
      <p className="muted standing-means">
        {t(`standing.means.${standing}`)}{" "}
        {standing === "out_of_service" && <Link to="/maintenance">{t("nav.maintenance")}</Link>}
      </p>
      <MeasuresPanel standing={standing} onEnd={setEnding} />
      <AlarmsPanel standing={standing} />
      <Suspense>
        {alarmId !== undefined && (
          <AlarmDrawer id={alarmId} onClose={() => void navigate(`/hidden/${standing}`)} />
        )}
        {ending !== undefined && <EndDialog measure={ending} onClose={() => setEnding(undefined)} />}
        {testing && <TestDialog onClose={() => setTesting(false)} />}
      </Suspense>
    </div>
  );
}
