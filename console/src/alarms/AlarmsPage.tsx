/** The first screen: what is abnormal now, worst first. */
import { Button, Checkbox, Segmented } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import type { Alarm } from "../api/types";
import { useOpenOrders } from "../orders/queries";
import { Empty, Failed, Loading, More, NotRenewed } from "../parts/states";
import { hiddenTotal } from "../standing/hidden";
import { useHiddenCounts } from "../standing/queries";
import { useAcknowledging } from "./acknowledging";
import { AlarmFilters } from "./AlarmFilters";
import { AlarmGroups } from "./AlarmGroups";
import { AlarmTable } from "./AlarmTable";
import { NO_SIEVE, shows } from "./filter";
import { FloodBanner } from "./FloodBanner";
import { readInGroups, type ReadingChoice } from "./groups";
import { useClosedAlarms, useFloods, useOpenAlarms } from "./queries";
import { SeverityCounts } from "./SeverityCounts";

const AlarmDrawer = lazy(async () => ({ default: (await import("./AlarmDrawer")).AlarmDrawer }));
const RaiseDialog = lazy(async () => ({ default: (await import("./RaiseDialog")).RaiseDialog }));

type Tab = "open" | "closed";
/** The way to the alarms that are left out stands beside the lists, whether or not there are any. */
const HIDDEN = "hidden";

export function AlarmsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { alarmId } = useParams();
  const [tab, setTab] = useState<Tab>("open");
  const [sieve, setSieve] = useState(NO_SIEVE);
  const [raising, setRaising] = useState(false);
  const { mayHandle, acknowledging, acknowledge } = useAcknowledging();

  const { data: hiddenCounts = {} } = useHiddenCounts();
  const open = useOpenAlarms();
  const closed = useClosedAlarms(tab === "closed");
  const list = tab === "open" ? open : closed;
  const alarms = useMemo(() => (list.data ?? []).filter((alarm) => shows(sieve, alarm)), [list.data, sieve]);
  const hidden = (list.data?.length ?? 0) - alarms.length;

  const { data: orderList } = useOpenOrders();
  const orders = useMemo(() => new Map((orderList ?? []).map((order) => [order.id, order])), [orderList]);

  const { data: floods = [] } = useFloods();
  const [choice, setChoice] = useState<ReadingChoice>();
  const flooded = floods.length > 0;
  const grouping = tab === "open" && readInGroups(choice, flooded);
  const table = (shown: readonly Alarm[]) => (
    <AlarmTable
      alarms={shown}
      orders={orders}
      mayHandle={mayHandle}
      acknowledging={acknowledging}
      paused={alarmId !== undefined || raising}
      onOpen={(id) => void navigate(`/alarms/${encodeURIComponent(id)}`)}
      onAcknowledge={acknowledge}
    />
  );

  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1 className="unseen">{t("nav.alarms")}</h1>
        <Segmented<Tab | typeof HIDDEN>
          value={tab}
          onChange={(next) => (next === HIDDEN ? void navigate("/hidden") : setTab(next))}
          options={[
            { value: "open", label: t("alarms.tab.open") },
            { value: "closed", label: t("alarms.tab.closed") },
            { value: HIDDEN, label: t("alarms.tab.hidden", { count: hiddenTotal(hiddenCounts) }) },
          ]}
        />
        {tab === "open" && (
          <Checkbox
            checked={grouping}
            onChange={(event) => setChoice({ inGroups: event.target.checked, flooded })}
          >
            {t("flood.groups")}
          </Checkbox>
        )}
        <SeverityCounts alarms={open.data ?? []} />
        <div className="sheet-end">
          <AlarmFilters sieve={sieve} onChange={setSieve} />
          {mayHandle && <Button onClick={() => setRaising(true)}>{t("raise.open")}</Button>}
        </div>
      </div>
      {tab === "open" && <FloodBanner floods={floods} />}
      <div className="panel">
        <NotRenewed list={list} />
        <Body list={list} alarms={alarms} tab={tab} hidden={hidden}>
          {grouping ? <AlarmGroups alarms={alarms}>{table}</AlarmGroups> : table(alarms)}
        </Body>
      </div>
      {hidden > 0 && (
        <p className="keys">
          {t("alarms.hidden", { count: hidden })}{" "}
          <Button size="small" type="link" onClick={() => setSieve(NO_SIEVE)}>
            {t("filter.clear")}
          </Button>
        </p>
      )}
      {tab === "closed" && <More list={closed} />}
      {alarms.length > 0 && !grouping && <KeyHelp />}
      <Suspense>
        {alarmId !== undefined && <AlarmDrawer id={alarmId} onClose={() => void navigate("/alarms")} />}
        {raising && <RaiseDialog onClose={() => setRaising(false)} />}
      </Suspense>
    </div>
  );
}

interface BodyProps {
  list: { isPending: boolean; error: unknown; refetch: () => unknown };
  alarms: readonly Alarm[];
  tab: Tab;
  hidden: number;
  children: React.ReactNode;
}

/** An error is shown in place of a list only where there is no list; later, the link banner says how old it is. */
function Body({ list, alarms, tab, hidden, children }: BodyProps) {
  const { t } = useTranslation();
  if (list.isPending) return <Loading />;
  if (alarms.length > 0) return children;
  if (list.error) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (hidden > 0) return <Empty title={t("alarms.none_match")} />;
  return <Empty title={t(`alarms.none.${tab}`)}>{t(`alarms.none_means.${tab}`)}</Empty>;
}

const KEY_ACTS = ["move", "acknowledge", "open"] as const;

function KeyHelp() {
  const { t } = useTranslation();
  return (
    <p className="keys">
      {KEY_ACTS.map((act) => (
        <span key={act}>
          <kbd>{t(`keys.${act}_key`)}</kbd> {t(`keys.${act}`)}
        </span>
      ))}
    </p>
  );
}
