/** One work order whole: its clocks, what may be done now, its alarms and its story. */
import { Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import type { WorkOrderDetail } from "../api/types";
import { writeInstant } from "../i18n/instant";
import { useText } from "../i18n/i18n";
import { NoteForm } from "../parts/NoteForm";
import { usePlaceName } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { Failed, Loading } from "../parts/states";
import { Timeline } from "../parts/Timeline";
import { Age, Instant } from "../parts/times";
import { useMay } from "../session/session";
import { Affected } from "./Affected";
import { ClockMark } from "./ClockMark";
import { Files } from "./Files";
import { writeCost } from "./files";
import { PaperActs } from "./Papers";
import { useNote, useOrder, useOrderNumber } from "./queries";
import { ResidentsNotice } from "./ResidentsNotice";
import { Stamps } from "./Stamps";
import { Steps } from "./Steps";
import "./orders.css";

/** What is known of the job, in this order; what is not known is left out. */
function useFacts(order: WorkOrderDetail): [string, string][] {
  const { t } = useTranslation();
  const place = usePlaceName();
  const contract = order.clocks.find((clock) => clock.contract_due_at !== null)?.contract_due_at;
  const told: [string, string | null][] = [
    [t("orders.column.place"), place(order)],
    [t("orders.column.assignee"), order.assignee ?? t("orders.nobody")],
    [t("orders.owner"), order.owner],
    [t("orders.column.opened"), writeInstant(order.opened_at)],
    [t("orders.arrived_at"), order.arrived_at && writeInstant(order.arrived_at)],
    [t("orders.fixed_at"), order.fixed_at && writeInstant(order.fixed_at)],
    [t("orders.fixer"), order.fixer],
    [t("told.cause"), order.cause],
    [t("told.verdict"), order.verdict && t(`verdict.${order.verdict}`)],
    [
      t("orders.expected"),
      order.fixed_at === null && order.expected_at !== null ? writeInstant(order.expected_at) : null,
    ],
    [t("orders.promised_at"), order.promised_at && writeInstant(order.promised_at)],
    [t("orders.promised_to"), order.promised_to],
    [t("orders.contract_due"), contract ? writeInstant(contract) : null],
    [t("orders.wait_reason"), order.wait_reason],
    [t("orders.wait_until"), order.wait_until && writeInstant(order.wait_until)],
    [t("told.approver"), order.wait_approver],
    [t("orders.cancel_reason"), order.cancel_reason],
    [t("orders.rework_count"), order.rework > 0 ? String(order.rework) : null],
    [t("orders.cost.title"), order.cost && writeCost(order.cost)],
    [
      t("orders.sign.title"),
      order.signature && `${order.signature.name}, ${writeInstant(order.signature.signed_at)}`,
    ],
  ];
  return told.filter((fact): fact is [string, string] => fact[1] !== null);
}

/** The jobs before and after this one. */
function Chain({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const number = useOrderNumber();
  const links: [string, string][] = [
    ...(order.follows === null ? [] : [[t("orders.follows"), order.follows] as [string, string]]),
    ...order.led_to.map((id): [string, string] => [t("orders.led_to"), id]),
  ];
  return links.map(([name, id]) => (
    <div key={id} className="fact">
      <dt>{name}</dt>
      <dd>
        <Link to={`/orders/${encodeURIComponent(id)}`}>{number(id)}</Link>
      </dd>
    </div>
  ));
}

function Alarms({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const read = useText();
  return (
    <ul className="order-alarms">
      {order.alarm_details.map((alarm) => (
        <li key={alarm.id}>
          <SeverityMark severity={alarm.severity} />
          <Link to={`/alarms/${encodeURIComponent(alarm.id)}`}>{read(alarm.title)}</Link>
          <span className="muted">{t(`alarm_state.${alarm.state}`)}</span>
          <Instant at={alarm.last_raised_at} />
        </li>
      ))}
    </ul>
  );
}

/** A note; while the order owes a plan, the note may be that plan, which keeps the promise to have one. */
function Notes({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const note = useNote(order.id);
  const [plan, setPlan] = useState(false);
  const owed = order.clocks.some((clock) => clock.name === "plan" && clock.met_at === null);
  return (
    <section className="block">
      <h3>{t("orders.note")}</h3>
      {owed && (
        <Checkbox checked={plan} onChange={(event) => setPlan(event.target.checked)}>
          {t("orders.is_plan")}
        </Checkbox>
      )}
      <NoteForm
        label={t("orders.note_label")}
        act={t("act.comment")}
        pending={note.isPending}
        error={note.error}
        onSend={(words, done) => note.mutate({ note: words, plan: owed && plan }, { onSuccess: done })}
      />
    </section>
  );
}

function Job({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const read = useText();
  const facts = useFacts(order);
  const mayHandle = useMay("handle_orders");
  return (
    <div className="panel">
      <div className="order-heading">
        <SeverityMark severity={order.severity} />
        <h1>{read(order.title)}</h1>
        <strong>{t(`order_state.${order.state}`)}</strong>
        {!order.ended && <Age since={order.opened_at} />}
      </div>
      <ul className="order-clock-list" aria-label={t("orders.column.clocks")}>
        {order.clocks.map((clock) => (
          <li key={clock.name}>
            <ClockMark clock={clock} />
          </li>
        ))}
      </ul>
      {mayHandle && order.possible_steps.length > 0 && (
        <section className="block">
          <h3>{t("orders.steps")}</h3>
          <Steps order={order} />
        </section>
      )}
      <Stamps order={order} />
      <Affected order={order} />
      <ResidentsNotice order={order} />
      <section className="block">
        <h3>{t("orders.facts")}</h3>
        <dl className="facts">
          {order.device !== null && (
            <>
              <dt>{t("subject.device")}</dt>
              <dd>
                <Link to={`/devices/${encodeURIComponent(order.site)}/${encodeURIComponent(order.device)}`}>
                  {order.device}
                </Link>
              </dd>
            </>
          )}
          {facts.map(([name, value]) => (
            <div key={name} className="fact">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
          <Chain order={order} />
        </dl>
        {mayHandle && <PaperActs order={order} />}
      </section>
      <section className="block">
        <h3>{t("nav.alarms")}</h3>
        <Alarms order={order} />
      </section>
      <Files order={order} />
      {mayHandle && <Notes order={order} />}
    </div>
  );
}

export function OrderPage() {
  const { t } = useTranslation();
  const { orderId = "" } = useParams();
  const { data: order, error, isPending, refetch } = useOrder(orderId);
  return (
    <div className="sheet">
      <div className="sheet-head">
        <Link to="/orders">{t("nav.orders")}</Link>
        <span className="muted" aria-hidden="true">
          /
        </span>
        <strong className="figures">{order?.number ?? orderId}</strong>
      </div>
      {isPending && <Loading />}
      {error !== null && order === undefined && <Failed error={error} retry={() => void refetch()} />}
      {order !== undefined && (
        <div className="order-page">
          <Job order={order} />
          <section className="panel" aria-label={t("timeline.title")}>
            <div className="block" style={{ marginTop: 0 }}>
              <h3>{t("timeline.title")}</h3>
              <Timeline events={order.timeline} />
            </div>
          </section>
        </div>
      )}
    </div>
  );
}
