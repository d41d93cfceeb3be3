/** A job that no alarm asks for: seen on a walk, told by a resident. */
import { Button, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { WorkOrder } from "../api/types";
import { useText } from "../i18n/i18n";
import { Dialog } from "../parts/Dialog";
import { PlaceFields, SeverityField, SiteField } from "../parts/fields";
import { useSites } from "../parts/places";
import { Refused } from "../parts/states";
import { useOpenOrder, useTemplates } from "./queries";

interface Fields {
  site: string;
  template: string;
  severity: WorkOrder["severity"];
  title: string;
  note: string;
  building?: string;
  device?: string;
}

const USUAL = { template: "general", severity: "general" } as const;

export function OpenDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const read = useText();
  const navigate = useNavigate();
  const open = useOpenOrder();
  const { data: sites = [] } = useSites();
  const { data: templates = [] } = useTemplates();
  const [form] = Form.useForm<Fields>();
  const required = [{ required: true, whitespace: true, message: t("form.required") }];

  const send = ({ title, note, device, building, ...rest }: Fields) =>
    open.mutate(
      { ...rest, title: title.trim(), note: note.trim(), device: device || null, building: building ?? null },
      {
        onSuccess: (order) =>
          void Promise.resolve(navigate(`/orders/${encodeURIComponent(order.id)}`)).then(onClose),
      },
    );

  return (
    <Dialog title={t("orders.open.title")} onClose={onClose}>
      <p className="muted">{t("orders.open.means")}</p>
      <Form<Fields>
        form={form}
        layout="vertical"
        onFinish={send}
        initialValues={{ site: sites[0]?.id, ...USUAL }}
      >
        <Form.Item name="title" label={t("orders.column.title")} rules={required}>
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="note" label={t("told.note")} rules={required}>
          <Input.TextArea maxLength={2000} autoSize={{ minRows: 2, maxRows: 6 }} />
        </Form.Item>
        <Form.Item name="template" label={t("orders.open.template")} rules={required}>
          <Select options={templates.map((one) => ({ value: one.name, label: read(one.title) }))} />
        </Form.Item>
        <SeverityField />
        <SiteField />
        <PlaceFields />
        <Refused error={open.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={open.isPending}>
          {t("orders.open.act")}
        </Button>
      </Form>
    </Dialog>
  );
}
