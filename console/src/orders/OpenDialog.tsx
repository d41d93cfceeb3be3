/** A job that no alarm asks for: seen on a walk, told by a resident. */
import { Button, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { WorkOrder } from "../api/types";
import { useText } from "../i18n/i18n";
import { Dialog } from "../parts/Dialog";
import { useSites } from "../parts/places";
import { SEVERITIES, SeverityMark } from "../parts/severity";
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

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const USUAL = { template: "general", severity: "general" } as const;

export function OpenDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const read = useText();
  const navigate = useNavigate();
  const open = useOpenOrder();
  const { data: sites = [] } = useSites();
  const { data: templates = [] } = useTemplates();
  const [form] = Form.useForm<Fields>();
  const siteId = Form.useWatch("site", form);
  const site = sites.find((one) => one.id === siteId);
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
        <Form.Item name="severity" label={t("filter.severity")} rules={required}>
          <Select
            options={SEVERITIES.map((one) => ({ value: one, label: <SeverityMark severity={one} /> }))}
          />
        </Form.Item>
        <Form.Item name="site" label={t("filter.site")} rules={required} hidden={sites.length === 1}>
          <Select options={sites.map((one) => ({ value: one.id, label: read(one.name) }))} />
        </Form.Item>
        <Form.Item name="building" label={t("devices.building")}>
          <Select
            allowClear
            options={site?.buildings.map((house) => ({ value: house.id, label: read(house.name) })) ?? []}
          />
        </Form.Item>
        <Form.Item
          name="device"
          label={t("raise.device")}
          rules={[{ pattern: NAME, message: t("form.name") }]}
        >
          <Input maxLength={64} autoComplete="off" />
        </Form.Item>
        <Refused error={open.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={open.isPending}>
          {t("orders.open.act")}
        </Button>
      </Form>
    </Dialog>
  );
}
