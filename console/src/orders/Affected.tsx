/** Whether people are affected: how often an urgent job owes a word hangs on it. */
import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import type { WorkOrderDetail } from "../api/types";
import { useErrorWords } from "../parts/states";
import { useMay } from "../session/session";
import { useAffected } from "./queries";

export function Affected({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const words = useErrorWords();
  const say = useAffected(order.id);
  const mayHandle = useMay("handle_orders");
  if (!order.asks_affected || order.ended || order.fixed_at !== null) return null;
  return (
    <section className="block">
      <h3>{t("orders.affected.title")}</h3>
      <Segmented<"yes" | "no">
        value={order.people_affected === false ? "no" : "yes"}
        disabled={!mayHandle || say.isPending}
        options={[
          { value: "yes", label: t("orders.affected.yes") },
          { value: "no", label: t("orders.affected.no") },
        ]}
        onChange={(answer) => say.mutate({ affected: answer === "yes" })}
      />
      {order.people_affected === null && <p className="muted">{t("orders.affected.unsaid")}</p>}
      {say.error !== null && (
        <p className="note-error" role="alert">
          {words(say.error)}
        </p>
      )}
    </section>
  );
}
