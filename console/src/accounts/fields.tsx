/** Fields that forms of people and of programs share. */
import { Form, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useText } from "../i18n/i18n";
import { useSites } from "../parts/places";
import { ROLES } from "./changes";

export function RoleField() {
  const { t } = useTranslation();
  return (
    <Form.Item
      name="role"
      label={t("accounts.role")}
      rules={[{ required: true, message: t("form.required") }]}
    >
      <Select
        options={ROLES.map((role) => ({
          value: role,
          label: t(`role.${role}`),
          title: t(`accounts.may.${role}`),
        }))}
        optionRender={({ label, data }) => (
          <>
            {label}
            <div className="muted account-may">{data.title}</div>
          </>
        )}
      />
    </Form.Item>
  );
}

export function SitesField() {
  const { t } = useTranslation();
  const read = useText();
  const { data: sites = [] } = useSites();
  return (
    <Form.Item name="sites" label={t("accounts.sites")}>
      <Select
        mode="multiple"
        allowClear
        placeholder={t("accounts.all_sites")}
        options={sites.map((one) => ({ value: one.id, label: read(one.name) }))}
      />
    </Form.Item>
  );
}
