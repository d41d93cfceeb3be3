/** A time for the fix, and who was told of it. */
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import type { WorkOrder } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { usePromise } from "./queries";

interface Fields {
  until: string;
  told_whom: string;
}

export function PromiseDialog({ order, onClose }: { order: WorkOrder; onClose: () => void }) {
  const { t } = useTranslation();
  const promise = usePromise(order.id);
  const required = [{ required: true, message: t("form.required") }];
  return (
    <Dialog title={t("orders.promise")} onClose={onClose}>
      <p className="muted">{t("orders.promise_means")}</p>
      <Form<Fields>
        layout="vertical"
        onFinish={({ until, told_whom }) =>
          promise.mutate(
            { until: new Date(until).toISOString(), told_whom: told_whom.trim() },
            { onSuccess: onClose },
          )
        }
      >
        <Form.Item name="until" label={t("told.until")} rules={required}>
          <Input type="datetime-local" />
        </Form.Item>
        <Form.Item name="told_whom" label={t("told.told_whom")} rules={required}>
          <Input maxLength={200} />
        </Form.Item>
        <Refused error={promise.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={promise.isPending}>
          {t("orders.promise")}
        </Button>
      </Form>
    </Dialog>
  );
}
