/** The list of work orders; on a phone each is a card. */
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import type { WorkOrder } from "../api/types";
import { useText } from "../i18n/i18n";
import { SeverityMark } from "../parts/severity";
import { Age, Instant } from "../parts/times";
import { ClockMark } from "./ClockMark";
import { runningClocks } from "./clocks";

const COLUMNS = ["severity", "number", "title", "state", "clocks", "assignee", "opened"] as const;

function OrderRow({ order }: { order: WorkOrder }) {
  const { t } = useTranslation();
  const read = useText();
  const navigate = useNavigate();
  const path = `/orders/${encodeURIComponent(order.id)}`;
  return (
    // The number is the link that keys reach; a click anywhere on the line is a convenience for the mouse.
    <tr className="order" onClick={() => void navigate(path)}>
      <td className="order-severity">
        <SeverityMark severity={order.severity} />
      </td>
      <td className="order-number figures">
        <Link to={path} onClick={(event) => event.stopPropagation()}>
          {order.number}
        </Link>
      </td>
      <td className="order-title">{read(order.title)}</td>
      <td className="order-state">
        {t(`order_state.${order.state}`)}
        {order.rework > 0 && <span className="muted"> {t("orders.rework", { count: order.rework })}</span>}
      </td>
      <td className="order-clocks">
        <span className="clocks">
          {runningClocks(order.clocks).map((clock) => (
            <ClockMark key={clock.name} clock={clock} />
          ))}
        </span>
      </td>
      <td className="order-assignee">
        {order.assignee ?? <span className="muted">{t("orders.nobody")}</span>}
      </td>
      <td className="order-opened end">
        {order.ended ? <Instant at={order.closed_at ?? order.opened_at} /> : <Age since={order.opened_at} />}
      </td>
    </tr>
  );
}

export function OrderTable({ orders }: { orders: readonly WorkOrder[] }) {
  const { t } = useTranslation();
  return (
    <table className="grid orders">
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col" className={`order-${column} ${column === "opened" ? "end" : ""}`}>
              {t(`orders.column.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {orders.map((order) => (
          <OrderRow key={order.id} order={order} />
        ))}
      </tbody>
    </table>
  );
}
