/** Takes a device out of service: by whose authority is the session's, why and until when are asked. */
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import type { Device } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { useTakeOut } from "./queries";

interface Fields {
  reason: string;
  expected_return: string;
}

export function OutOfServiceDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const { t } = useTranslation();
  const takeOut = useTakeOut(device.site, device.id);
  const required = [{ required: true, whitespace: true, message: t("form.required") }];
  return (
    <Dialog title={t("standing.out.title", { device: device.id })} onClose={onClose}>
      <p className="muted">{t("standing.out.means")}</p>
      <Form<Fields>
        layout="vertical"
        requiredMark={false}
        onFinish={({ reason, expected_return }) =>
          takeOut.mutate(
            { reason: reason.trim(), expected_return: new Date(expected_return).toISOString() },
            { onSuccess: onClose },
          )
        }
      >
        <Form.Item name="reason" label={t("told.reason")} rules={required}>
          <Input.TextArea autoFocus maxLength={2000} autoSize={{ minRows: 2, maxRows: 5 }} />
        </Form.Item>
        <Form.Item name="expected_return" label={t("standing.out.expected_return")} rules={required}>
          <Input type="datetime-local" />
        </Form.Item>
        <Refused error={takeOut.error} />
        <Button type="primary" htmlType="submit" loading={takeOut.isPending}>
          {t("standing.out.act")}
        </Button>
      </Form>
    </Dialog>
  );
}
