/** One line of the alarm list. */
import { Button } from "antd";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Alarm, WorkOrder } from "../api/types";
import { useText } from "../i18n/i18n";
import { ClockMark } from "../orders/ClockMark";
import { nextClock } from "../orders/clocks";
import { aboutWhat, useKindName, usePlaceName } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { Age, Instant } from "../parts/times";
import { isUnacknowledged } from "./order";

export interface AlarmRowProps {
  alarm: Alarm;
  order: WorkOrder | undefined;
  selected: boolean;
  mayHandle: boolean;
  acknowledging: boolean;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
  onAcknowledge: (id: string) => void;
}

function OrderCell({ alarm, order }: { alarm: Alarm; order: WorkOrder | undefined }) {
  const clock = order === undefined ? undefined : nextClock(order.clocks);
  if (alarm.work_order === null) return null;
  return (
    <span className="alarm-order">
      <Link
        to={`/orders/${encodeURIComponent(alarm.work_order)}`}
        onClick={(event) => event.stopPropagation()}
      >
        {order?.number ?? alarm.work_order}
      </Link>
      {clock !== undefined && <ClockMark clock={clock} />}
    </span>
  );
}

export const AlarmRow = memo(function AlarmRow(props: AlarmRowProps) {
  const { alarm, order, selected, mayHandle, acknowledging, onSelect, onOpen, onAcknowledge } = props;
  const { t } = useTranslation();
  const read = useText();
  const place = usePlaceName();
  const kindName = useKindName();
  const unseen = isUnacknowledged(alarm.state);
  return (
    // The list handles keys for all its rows; a click only moves the selection that the keys move as well.
    <tr
      id={`alarm-${alarm.id}`}
      aria-selected={selected}
      data-selected={selected || undefined}
      data-unseen={unseen || undefined}
      data-life-safety={alarm.life_safety || undefined}
      className={`alarm alarm-${alarm.severity}`}
      onClick={() => onSelect(alarm.id)}
      onDoubleClick={() => onOpen(alarm.id)}
    >
      <td className="alarm-severity">
        <SeverityMark severity={alarm.severity} unseen={unseen} />
      </td>
      <td className="alarm-text">
        <button
          type="button"
          className="alarm-open"
          tabIndex={-1}
          title={read(alarm.text)}
          onClick={() => onOpen(alarm.id)}
        >
          {alarm.life_safety && <strong className="life-safety-word">{t("alarms.life_safety")}</strong>}
          <span className="alarm-title">{read(alarm.title)}</span>
          {alarm.occurrences > 1 && (
            <span
              className="alarm-times figures"
              title={t("alarms.occurrences", { count: alarm.occurrences })}
            >
              {t("alarms.times", { count: alarm.occurrences })}
            </span>
          )}
          {alarm.chattering_since !== null && <span className="alarm-times">{t("alarms.chattering")}</span>}
        </button>
      </td>
      <td className="alarm-place">
        <div>
          <span className="alarm-device-id">{aboutWhat(alarm)}</span>{" "}
          <span className="muted">
            {alarm.kind === null ? t(`subject.${alarm.subject.type}`) : kindName(alarm.kind)}
          </span>
        </div>
        <div className="muted">{place(alarm)}</div>
      </td>
      <td className="alarm-state">{t(`alarm_state.${alarm.state}`)}</td>
      <td className="alarm-age end">
        {alarm.state === "normal" ? <Instant at={alarm.raised_at} /> : <Age since={alarm.last_raised_at} />}
      </td>
      <td className="alarm-job">
        <OrderCell alarm={alarm} order={order} />
      </td>
      <td className="alarm-act end">
        {unseen && mayHandle && (
          <Button
            size="small"
            tabIndex={-1}
            loading={acknowledging}
            onClick={(event) => {
              event.stopPropagation();
              onAcknowledge(alarm.id);
            }}
          >
            {t("act.acknowledge")}
          </Button>
        )}
      </td>
    </tr>
  );
});
