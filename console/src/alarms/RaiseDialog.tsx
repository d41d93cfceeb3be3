/** An alarm that a person raises: a phone call, an intercom, something seen. */
import { Button, Checkbox, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { Alarm } from "../api/types";
import { useSites } from "../parts/places";
import { Dialog } from "../parts/Dialog";
import { PlaceFields, SeverityField, SiteField } from "../parts/fields";
import { Refused } from "../parts/states";
import { useRaise } from "./queries";

interface Fields {
  site: string;
  building?: string;
  device?: string;
  severity: Alarm["severity"];
  title: string;
  note: string;
  life_safety?: boolean;
}

function subjectOf({ device, building, site }: Fields) {
  if (device) return { type: "device" as const, id: device };
  if (building) return { type: "building" as const, id: building };
  return { type: "system" as const, id: site };
}

export function RaiseDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const raise = useRaise();
  const { data: sites = [] } = useSites();
  const [form] = Form.useForm<Fields>();
  const required = [{ required: true, message: t("form.required") }];

  const send = (fields: Fields) =>
    raise.mutate(
      {
        site: fields.site,
        subject: subjectOf(fields),
        severity: fields.severity,
        title: fields.title.trim(),
        note: fields.note.trim(),
        life_safety: fields.life_safety ?? false,
        building: fields.building,
      },
      {
        onSuccess: (alarm) =>
          void Promise.resolve(navigate(`/alarms/${encodeURIComponent(alarm.id)}`)).then(onClose),
      },
    );

  return (
    <Dialog title={t("raise.title")} onClose={onClose}>
      <p className="muted">{t("raise.means")}</p>
      <Form<Fields>
        form={form}
        layout="vertical"
        onFinish={send}
        initialValues={{ site: sites[0]?.id, severity: "important", life_safety: false }}
      >
        <Form.Item name="title" label={t("raise.what")} rules={required}>
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="note" label={t("raise.note")} rules={required}>
          <Input.TextArea maxLength={2000} autoSize={{ minRows: 2, maxRows: 6 }} />
        </Form.Item>
        <SeverityField />
        <Form.Item name="life_safety" valuePropName="checked">
          <Checkbox>{t("raise.life_safety")}</Checkbox>
        </Form.Item>
        <SiteField />
        <PlaceFields />
        <Refused error={raise.error} />
        <Button type="primary" htmlType="submit" loading={raise.isPending}>
          {t("raise.send")}
        </Button>
      </Form>
    </Dialog>
  );
}
