/** Work orders, those that wait longest beyond their promise first. */
import { Button, Checkbox, Segmented } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { WorkOrder } from "../api/types";
import { serverNow } from "../live/clock";
import { WordsFilter } from "../parts/filters";
import { Empty, ListState, More } from "../parts/states";
import { useMay, useSession } from "../session/session";
import { OpenDialog } from "./OpenDialog";
import { OrderTable } from "./OrderTable";
import { useEndedOrders, useOpenOrders } from "./queries";
import { compareOrders } from "./ranking";
import "./orders.css";

type Tab = "open" | "ended";

function matches(order: WorkOrder, words: string): boolean {
  const found = [order.number, order.device, order.building, order.assignee, ...Object.values(order.title)]
    .join(" ")
    .toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => found.includes(word));
}

export function OrdersPage() {
  const { t } = useTranslation();
  const { data: session } = useSession();
  const [tab, setTab] = useState<Tab>("open");
  const [words, setWords] = useState("");
  const [mine, setMine] = useState(false);
  const [opening, setOpening] = useState(false);
  const mayHandle = useMay("handle_orders");
  const open = useOpenOrders();
  const ended = useEndedOrders(tab === "ended");
  const list = tab === "open" ? open : ended;

  const orders = useMemo(() => {
    const found = (list.data ?? []).filter(
      (order) => matches(order, words) && (!mine || order.assignee === session?.name),
    );
    return tab === "open" ? found.sort(compareOrders(serverNow())) : found;
  }, [list.data, mine, session?.name, tab, words]);

  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1 className="unseen">{t("nav.orders")}</h1>
        <Segmented<Tab>
          value={tab}
          onChange={setTab}
          options={[
            { value: "open", label: t("orders.tab.open") },
            { value: "ended", label: t("orders.tab.ended") },
          ]}
        />
        <Checkbox checked={mine} onChange={(event) => setMine(event.target.checked)}>
          {t("orders.mine")}
        </Checkbox>
        <div className="sheet-end">
          {mayHandle && <Button onClick={() => setOpening(true)}>{t("orders.open.act")}</Button>}
          <WordsFilter value={words} onChange={setWords} />
        </div>
      </div>
      <div className="panel">
        <ListState list={list} />
        {list.data !== undefined && orders.length === 0 && (
          <Empty title={t(list.data.length > 0 ? "orders.none_match" : `orders.none.${tab}`)} />
        )}
        {orders.length > 0 && <OrderTable orders={orders} />}
      </div>
      {tab === "ended" && <More list={ended} />}
      {opening && <OpenDialog onClose={() => setOpening(false)} />}
    </div>
  );
}
