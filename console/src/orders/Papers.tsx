/** What else belongs to a job: what it cost, who signed for it, and a notice where none was drafted. */
import { Button, Form, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { WorkOrderDetail } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { useCost, useSign } from "./queries";
import { WriteNotice } from "./ResidentsNotice";

const SUM = /^\d{1,10}(\.\d{1,2})?$/;
const CURRENCY = /^[A-Z]{3}$/;
const USUAL_CURRENCY = "CNY";

interface CostFields {
  amount: string;
  currency: string;
  note?: string;
}

function CostDialog({ order, onClose }: { order: WorkOrderDetail; onClose: () => void }) {
  const { t } = useTranslation();
  const enter = useCost(order.id);
  return (
    <Dialog title={t("orders.cost.enter")} onClose={onClose}>
      <Form<CostFields>
        layout="vertical"
        initialValues={{ currency: order.cost?.currency ?? USUAL_CURRENCY }}
        onFinish={({ amount, currency, note }) =>
          enter.mutate({ amount, currency, note: note?.trim() || null }, { onSuccess: onClose })
        }
      >
        <Form.Item
          name="amount"
          label={t("orders.cost.amount")}
          rules={[{ required: true, pattern: SUM, message: t("orders.cost.wrong") }]}
        >
          <Input inputMode="decimal" autoComplete="off" />
        </Form.Item>
        <Form.Item
          name="currency"
          label={t("orders.cost.currency")}
          rules={[{ required: true, pattern: CURRENCY, message: t("orders.cost.currency_wrong") }]}
        >
          <Input maxLength={3} autoComplete="off" />
        </Form.Item>
        <Form.Item name="note" label={t("told.note")}>
          <Input maxLength={2000} />
        </Form.Item>
        <Refused error={enter.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={enter.isPending}>
          {t("orders.cost.enter")}
        </Button>
      </Form>
    </Dialog>
  );
}

function SignDialog({ order, onClose }: { order: WorkOrderDetail; onClose: () => void }) {
  const { t } = useTranslation();
  const sign = useSign(order.id);
  return (
    <Dialog title={t("orders.sign.enter")} onClose={onClose}>
      <Form<{ name: string; attachment?: string }>
        layout="vertical"
        onFinish={({ name, attachment }) =>
          sign.mutate({ name: name.trim(), attachment: attachment ?? null }, { onSuccess: onClose })
        }
      >
        <Form.Item
          name="name"
          label={t("orders.sign.name")}
          rules={[{ required: true, whitespace: true, message: t("form.required") }]}
        >
          <Input maxLength={100} autoComplete="off" />
        </Form.Item>
        {order.attachments.length > 0 && (
          <Form.Item name="attachment" label={t("orders.sign.picture")}>
            <Select
              allowClear
              options={order.attachments.map((file) => ({ value: file.id, label: file.name }))}
            />
          </Form.Item>
        )}
        <Refused error={sign.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={sign.isPending}>
          {t("orders.sign.enter")}
        </Button>
      </Form>
    </Dialog>
  );
}

export function PaperActs({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<"cost" | "sign">();
  const close = () => setOpen(undefined);
  return (
    <div className="order-steps order-paper-acts">
      <Button onClick={() => setOpen("cost")}>{t("orders.cost.enter")}</Button>
      {order.fixed_at !== null && <Button onClick={() => setOpen("sign")}>{t("orders.sign.enter")}</Button>}
      {order.residents_notice === null && !order.ended && <WriteNotice order={order} />}
      {open === "cost" && <CostDialog order={order} onClose={close} />}
      {open === "sign" && <SignDialog order={order} onClose={close} />}
    </div>
  );
}
