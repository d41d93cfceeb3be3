/** Makes an account of a person, or changes one. */
import { Button, Checkbox, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Person } from "../api/types";
import { LANGUAGES } from "../i18n/i18n";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { OWN_NAMES } from "../shell/ownNames";
import {
  ACCOUNT_NAME,
  LONGEST_PASSWORD,
  personChange,
  personRequest,
  SHORTEST_PASSWORD,
  type PersonFields,
} from "./changes";
import { RoleField, SitesField } from "./fields";
import { useChangePerson, useCreatePerson } from "./queries";

interface Props {
  /** Undefined makes a new account. */
  person: Person | undefined;
  onClose: () => void;
}

export function PersonDialog({ person, onClose }: Props) {
  const { t } = useTranslation();
  const create = useCreatePerson();
  const change = useChangePerson(person?.name ?? "");
  const isNew = person === undefined;
  const required = { required: true, message: t("form.required") };
  const under = isNew ? create : change;

  const send = (fields: PersonFields) => {
    if (isNew) create.mutate(personRequest(fields), { onSuccess: onClose });
    else change.mutate(personChange(person, fields), { onSuccess: onClose });
  };

  return (
    <Dialog title={isNew ? t("accounts.new_person") : person.name} onClose={onClose}>
      <Form<PersonFields>
        layout="vertical"
        requiredMark={false}
        onFinish={send}
        initialValues={
          isNew ? { role: "operator", language: "zh-Hans" } : { ...person, sites: person.sites ?? [] }
        }
      >
        <Form.Item
          name="name"
          label={t("session.name")}
          hidden={!isNew}
          rules={[required, { pattern: ACCOUNT_NAME, message: t("accounts.name_form") }]}
        >
          <Input autoFocus={isNew} autoComplete="off" autoCapitalize="none" maxLength={64} />
        </Form.Item>
        <Form.Item name="full_name" label={t("accounts.full_name")}>
          <Input autoFocus={!isNew} autoComplete="off" maxLength={100} />
        </Form.Item>
        <RoleField />
        <SitesField />
        <Form.Item name="language" label={t("language.label")} rules={[required]}>
          <Select options={LANGUAGES.map((one) => ({ value: one, label: OWN_NAMES[one] }))} />
        </Form.Item>
        <Form.Item
          name="password"
          label={t(isNew ? "session.password" : "accounts.new_password")}
          extra={t("accounts.password_form", { count: SHORTEST_PASSWORD })}
          rules={[
            ...(isNew ? [required] : []),
            { min: SHORTEST_PASSWORD, message: t("accounts.password_form", { count: SHORTEST_PASSWORD }) },
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={LONGEST_PASSWORD} />
        </Form.Item>
        {!isNew && (
          <Form.Item name="disabled" valuePropName="checked">
            <Checkbox>{t("accounts.disabled_means")}</Checkbox>
          </Form.Item>
        )}
        {!isNew && <p className="muted">{t("accounts.change_means")}</p>}
        <Refused error={under.error} />
        <Button type="primary" htmlType="submit" loading={under.isPending}>
          {t(isNew ? "accounts.create" : "accounts.save")}
        </Button>
      </Form>
    </Dialog>
  );
}
