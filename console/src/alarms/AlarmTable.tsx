/**
 * The alarm list as a table with one selection that keys move: up, down, j, k; `a` acknowledges; Enter opens.
 *
 * Promises: the selection stays with its alarm however the list reorders itself, and a key never acts on an alarm
 * other than the one that is shown selected.
 */
import { useTranslation } from "react-i18next";
import type { Alarm, WorkOrder } from "../api/types";
import { AlarmRow } from "./AlarmRow";
import { useAlarmKeys } from "./keys";
import "./alarms.css";

interface Props {
  alarms: readonly Alarm[];
  orders: ReadonlyMap<string, WorkOrder>;
  mayHandle: boolean;
  acknowledging: string | undefined;
  /** Keys are for somebody else now: a drawer or a form is open. */
  paused: boolean;
  onOpen: (id: string) => void;
  onAcknowledge: (id: string) => void;
}

const COLUMNS = ["severity", "text", "place", "state", "age", "job", "act"] as const;
const AT_THE_END: ReadonlySet<string> = new Set(["age"]);

export function AlarmTable({
  alarms,
  orders,
  mayHandle,
  acknowledging,
  paused,
  onOpen,
  onAcknowledge,
}: Props) {
  const { t } = useTranslation();
  const { selected, select } = useAlarmKeys({ alarms, paused, mayHandle, onOpen, onAcknowledge });
  return (
    <table
      className="grid alarms"
      role="grid"
      aria-label={t("nav.alarms")}
      aria-activedescendant={selected === undefined ? undefined : `alarm-${selected}`}
      tabIndex={0}
    >
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col" className={`alarm-${column} ${AT_THE_END.has(column) ? "end" : ""}`}>
              {column === "act" ? (
                <span className="unseen">{t("act.acknowledge")}</span>
              ) : (
                t(`alarms.column.${column}`)
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {alarms.map((alarm) => (
          <AlarmRow
            key={alarm.id}
            alarm={alarm}
            order={alarm.work_order === null ? undefined : orders.get(alarm.work_order)}
            selected={alarm.id === selected}
            mayHandle={mayHandle}
            acknowledging={alarm.id === acknowledging}
            onSelect={select}
            onOpen={onOpen}
            onAcknowledge={onAcknowledge}
          />
        ))}
      </tbody>
    </table>
  );
}
