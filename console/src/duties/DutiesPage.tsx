/** The duties board: every unit by what it owes, the soonest first. It follows the stream by itself. */
import { Checkbox } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Duty } from "../api/types";
import { useText } from "../i18n/i18n";
import { ColumnHeads } from "../parts/ColumnHeads";
import { usePlaceName } from "../parts/places";
import { Empty, Failed, Loading, NotRenewed } from "../parts/states";
import { useMay } from "../session/session";
import { byDuty, cycleOf, needsLook, type DutyUnits } from "./board";
import { DecideDialog } from "./DecideDialog";
import { DutyRow } from "./DutyRow";
import { useDuties, type Decision } from "./queries";
import "./duties.css";

const RecordDialog = lazy(async () => ({ default: (await import("./RecordDialog")).RecordDialog }));

const COLUMNS = ["unit", "state", "due", "last", "cycle", "act"] as const;

interface PanelProps {
  group: DutyUnits;
  shown: readonly Duty[];
}

function DutyPanel({ group, shown }: PanelProps) {
  const { t } = useTranslation();
  const read = useText();
  const placeName = usePlaceName();
  const mayDecide = useMay("approve_orders");
  const [deciding, setDeciding] = useState<{ duty: Duty; decision: Decision }>();
  const [recording, setRecording] = useState<Duty>();
  const { first, units } = group;
  const [unit, count] = cycleOf(first.override === null ? first.cycle : ownCycle(units, first));
  const overdue = units.filter((one) => one.overdue).length;
  return (
    <section className="panel duties-duty" aria-label={read(first.title)}>
      <h2>
        {read(first.title)}
        <span className="muted">
          {placeName({ site: first.site })} · {t(`duties.every.${unit}`, { count })}
        </span>
        <span className="muted duty-source">{read(first.source)}</span>
        {overdue > 0 && <span className="duty-overdue">{t("duties.overdue_count", { count: overdue })}</span>}
      </h2>
      <table className="grid duties stacks">
        <ColumnHeads columns={COLUMNS} words={(column) => t(`duties.column.${column}`)} />
        <tbody>
          {shown.map((one) => (
            <DutyRow
              key={one.id}
              duty={one}
              mayDecide={mayDecide}
              decide={(decision) => setDeciding({ duty: one, decision })}
              record={() => setRecording(one)}
            />
          ))}
        </tbody>
      </table>
      <Suspense>
        {deciding !== undefined && <DecideDialog {...deciding} onClose={() => setDeciding(undefined)} />}
        {recording !== undefined && <RecordDialog duty={recording} onClose={() => setRecording(undefined)} />}
      </Suspense>
    </section>
  );
}

/** The cycle of a unit that has no other of its own, where there is one. */
function ownCycle(units: readonly Duty[], first: Duty): Duty["cycle"] {
  return (units.find((one) => one.override === null) ?? first).cycle;
}

export function DutiesPage() {
  const { t } = useTranslation();
  const [onlyBad, setOnlyBad] = useState(false);
  const list = useDuties();
  const { data: duties, error, isPending, refetch } = list;
  const shown = (one: DutyUnits) => (onlyBad ? one.units.filter(needsLook) : one.units);
  const groups = byDuty(duties ?? []).filter((one) => shown(one).length > 0);
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.duties")}</h1>
        <div className="sheet-end">
          <Checkbox checked={onlyBad} onChange={(event) => setOnlyBad(event.target.checked)}>
            {t("duties.only_bad")}
          </Checkbox>
        </div>
      </div>
      {isPending && <Loading />}
      {error !== null && duties === undefined && <Failed error={error} retry={() => void refetch()} />}
      <NotRenewed list={list} />
      {duties !== undefined && groups.length === 0 && (
        <Empty title={t(onlyBad ? "duties.none_bad" : "duties.none")} />
      )}
      {groups.map((group) => (
        <DutyPanel key={group.key} group={group} shown={shown(group)} />
      ))}
    </div>
  );
}
