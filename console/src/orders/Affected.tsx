/** Whether people are affected: how often an urgent job owes a word hangs on it. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import type { WorkOrderDetail } from "../api/types";
import { Refused } from "../parts/states";
import { useMay } from "../session/session";
import { useAffected } from "./queries";

const ANSWERS = [
  { affected: true, words: "orders.affected.yes" },
  { affected: false, words: "orders.affected.no" },
] as const;

export function Affected({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const say = useAffected(order.id);
  const mayHandle = useMay("handle_orders");
  if (!order.asks_affected || order.ended || order.fixed_at !== null) return null;
  return (
    <section className="block">
      <h3>{t("orders.affected.title")}</h3>
      <div className="order-steps">
        {ANSWERS.map(({ affected, words: key }) => (
          <Button
            key={key}
            type={order.people_affected === affected ? "primary" : "default"}
            aria-pressed={order.people_affected === affected}
            disabled={!mayHandle || say.isPending}
            onClick={() => say.mutate({ affected })}
          >
            {t(key)}
          </Button>
        ))}
      </div>
      {order.people_affected === null && <p className="muted">{t("orders.affected.unsaid")}</p>}
      <Refused error={say.error} />
    </section>
  );
}
