/**
 * Always in sight while anything is left out of the alarm list: each running test with its time left, and how many
 * alarms are shelved, suppressed, out of service or under test, each with the way to the list.
 */
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Measure } from "../api/types";
import { writeInstant } from "../i18n/instant";
import { spanWords } from "../i18n/span";
import { useNow } from "../live/clock";
import { useMay } from "../session/session";
import { HIDDEN_STANDINGS, hiddenTotal, measuresOf, type HiddenCounts } from "./hidden";
import { useHiddenCounts, useMeasures } from "./queries";
import { leftOf } from "./spans";
import { useMeasureWhat } from "./useMeasureWhat";
import "./standing.css";

const EndDialog = lazy(async () => ({ default: (await import("./EndDialog")).EndDialog }));

function TestLine({ test, onEnd }: { test: Measure; onEnd: () => void }) {
  const { t } = useTranslation();
  const mayHandle = useMay("handle_alarms");
  const what = useMeasureWhat();
  const now = useNow();
  return (
    <li className="test-line">
      <strong className="test-word">{t("standing.test.word")}</strong>
      <span className="test-text">
        <strong>{what(test)}</strong> {test.reason}
      </span>
      <span className="muted">{[test.by, test.second].filter(Boolean).join(" + ")}</span>
      <span className="figures" title={writeInstant(test.until)}>
        {t("standing.test.left", { span: spanWords(t, leftOf(test.until, now)) })}
      </span>
      {mayHandle && (
        <Button size="small" onClick={onEnd}>
          {t("standing.test.end")}
        </Button>
      )}
    </li>
  );
}

/** How many alarms are left out, by how they stand, and how many devices are out of service whether or not they alarm. */
function HiddenLinks({ counts, devicesOut }: { counts: HiddenCounts; devicesOut: number }) {
  const { t } = useTranslation();
  const told = HIDDEN_STANDINGS.filter((standing) => (counts[standing] ?? 0) > 0);
  return (
    <ul className="hidden-counts" aria-label={t("standing.counts")}>
      {told.map((standing) => (
        <li key={standing}>
          <Link to={`/hidden/${standing}`}>
            <strong className="figures">{counts[standing]}</strong> {t(`standing.name.${standing}`)}
          </Link>
        </li>
      ))}
      {devicesOut > 0 && (
        <li>
          <Link to="/hidden/out_of_service">{t("standing.devices_out", { count: devicesOut })}</Link>
        </li>
      )}
    </ul>
  );
}

export function StandingStrip() {
  const { t } = useTranslation();
  const { data: counts = {} } = useHiddenCounts();
  const { data: measures = [] } = useMeasures();
  const [ending, setEnding] = useState<Measure>();
  const tests = measuresOf(measures, "test");
  const devicesOut = measuresOf(measures, "out_of_service").length;
  const leftOut = hiddenTotal(counts) + devicesOut;
  if (tests.length + leftOut === 0) return null;
  return (
    <section className="strip" aria-label={t("standing.strip")}>
      {tests.length > 0 && (
        <ul className="test-lines">
          {tests.map((test) => (
            <TestLine key={test.id} test={test} onEnd={() => setEnding(test)} />
          ))}
        </ul>
      )}
      {leftOut > 0 && (
        <div className="hidden-line">
          <span className="muted">{t("standing.left_out")}</span>
          <HiddenLinks counts={counts} devicesOut={devicesOut} />
        </div>
      )}
      <Suspense>
        {ending !== undefined && <EndDialog measure={ending} onClose={() => setEnding(undefined)} />}
      </Suspense>
    </section>
  );
}
