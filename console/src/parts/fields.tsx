/** Fields that forms share. Each goes by the name that the API has for it. */
import { Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useText } from "../i18n/i18n";
import { useSites } from "./places";
import { SEVERITIES, SeverityMark } from "./severity";

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Not seen where there is but one site. */
export function SiteField() {
  const { t } = useTranslation();
  const read = useText();
  const { data: sites = [] } = useSites();
  return (
    <Form.Item
      name="site"
      label={t("filter.site")}
      rules={[{ required: true, message: t("form.required") }]}
      hidden={sites.length === 1}
    >
      <Select options={sites.map((one) => ({ value: one.id, label: read(one.name) }))} />
    </Form.Item>
  );
}

export function SeverityField() {
  const { t } = useTranslation();
  return (
    <Form.Item
      name="severity"
      label={t("filter.severity")}
      rules={[{ required: true, message: t("form.required") }]}
    >
      <Select options={SEVERITIES.map((one) => ({ value: one, label: <SeverityMark severity={one} /> }))} />
    </Form.Item>
  );
}

/** A building of the site that the form is about, and a device by its name: either may stay empty. */
export function PlaceFields() {
  const { t } = useTranslation();
  const read = useText();
  const { data: sites = [] } = useSites();
  const siteId = Form.useWatch<string | undefined>("site");
  const site = sites.find((one) => one.id === siteId);
  return (
    <>
      <Form.Item name="building" label={t("devices.building")}>
        <Select
          allowClear
          options={site?.buildings.map((house) => ({ value: house.id, label: read(house.name) })) ?? []}
        />
      </Form.Item>
      <Form.Item name="device" label={t("raise.device")} rules={[{ pattern: NAME, message: t("form.name") }]}>
        <Input maxLength={64} autoComplete="off" />
      </Form.Item>
    </>
  );
}

export function ReasonField({ autoFocus = false }: { autoFocus?: boolean }) {
  const { t } = useTranslation();
  return (
    <Form.Item
      name="reason"
      label={t("told.reason")}
      rules={[{ required: true, whitespace: true, message: t("form.required") }]}
    >
      <Input.TextArea autoFocus={autoFocus} maxLength={2000} autoSize={{ minRows: 2, maxRows: 5 }} />
    </Form.Item>
  );
}
