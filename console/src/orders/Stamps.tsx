/** The moments of the scene that such an order asks for: noted with one press, or with the time at which it was. */
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { WorkOrderDetail } from "../api/types";
import { useText } from "../i18n/i18n";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { Instant } from "../parts/times";
import { useMay } from "../session/session";
import { useStamp } from "./queries";

type StampForm = WorkOrderDetail["stamp_forms"][number];

function StampDialog({
  order,
  form,
  onClose,
}: {
  order: WorkOrderDetail;
  form: StampForm;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const read = useText();
  const stamp = useStamp(order.id);
  return (
    <Dialog title={read(form.title)} onClose={onClose}>
      <Form<{ at: string }>
        layout="vertical"
        onFinish={({ at }) =>
          stamp.mutate({ name: form.name, at: new Date(at).toISOString() }, { onSuccess: onClose })
        }
      >
        <Form.Item
          name="at"
          label={t("orders.stamps.at")}
          rules={[{ required: true, message: t("form.required") }]}
        >
          <Input type="datetime-local" step={1} />
        </Form.Item>
        <Refused error={stamp.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={stamp.isPending}>
          {t("orders.stamps.keep")}
        </Button>
      </Form>
    </Dialog>
  );
}

export function Stamps({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const read = useText();
  const stamp = useStamp(order.id);
  const mayHandle = useMay("handle_orders");
  const [asked, setAsked] = useState<StampForm>();
  if (order.stamp_forms.length === 0) return null;
  return (
    <section className="block">
      <h3>{t("orders.stamps.title")}</h3>
      <ul className="order-stamps">
        {order.stamp_forms.map((form) => {
          const at = order.stamps[form.name];
          const name = read(form.title);
          return (
            <li key={form.name}>
              <span className="order-stamp-name">{name}</span>
              {at === undefined ? (
                <span className="muted">{t("orders.stamps.none")}</span>
              ) : (
                <Instant at={at} />
              )}
              {mayHandle && (
                <span className="order-stamp-acts">
                  {at === undefined && (
                    <Button
                      type="primary"
                      size="small"
                      aria-label={t("orders.stamps.set", { stamp: name })}
                      loading={stamp.isPending && stamp.variables.name === form.name}
                      onClick={() => stamp.mutate({ name: form.name })}
                    >
                      {t("orders.stamps.now")}
                    </Button>
                  )}
                  <Button
                    size="small"
                    aria-label={t("orders.stamps.correct", { stamp: name })}
                    onClick={() => setAsked(form)}
                  >
                    …
                  </Button>
                </span>
              )}
            </li>
          );
        })}
      </ul>
      <Refused error={stamp.error} />
      {asked !== undefined && <StampDialog order={order} form={asked} onClose={() => setAsked(undefined)} />}
    </section>
  );
}
