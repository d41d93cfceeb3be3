/** Has another limit or another severity count for some devices of a kind, with the reason. */
import { Button, Form, Input, Segmented, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useDevices } from "../devices/queries";
import { useText } from "../i18n/i18n";
import { Dialog } from "../parts/Dialog";
import { ReasonField, SeverityField, SiteField } from "../parts/fields";
import { useKindName, useKinds, useSites } from "../parts/places";
import { Refused } from "../parts/states";
import { isLevel, overrideRequest, type OverrideFields } from "./overrides";
import { useRules, useSetOverride } from "./queries";

const BY_LABEL = { optionFilterProp: "label" };

function LimitFields({ kind }: { kind: string | undefined }) {
  const { t } = useTranslation();
  const read = useText();
  const { data: kinds } = useKinds();
  const limits = (kind === undefined ? undefined : kinds?.get(kind)?.limits) ?? [];
  return (
    <>
      <Form.Item
        name="limit"
        label={t("override.limit")}
        rules={[{ required: true, message: t("form.required") }]}
      >
        <Select
          options={limits.map((one) => ({
            value: one.name,
            label: `${read(one.label)} (${one.default} ${one.unit})`,
          }))}
        />
      </Form.Item>
      <Form.Item
        name="level"
        label={t("override.level")}
        rules={[
          {
            validator: (_, typed: string | undefined) =>
              isLevel(typed) ? Promise.resolve() : Promise.reject(new Error(t("override.level_form"))),
          },
        ]}
      >
        <Input inputMode="decimal" maxLength={20} />
      </Form.Item>
    </>
  );
}

function RuleFields({ kind }: { kind: string | undefined }) {
  const { t } = useTranslation();
  const read = useText();
  const { data: rules = [] } = useRules();
  const required = [{ required: true, message: t("form.required") }];
  return (
    <>
      <Form.Item name="rule" label={t("rules.column.title")} rules={required}>
        <Select
          showSearch={BY_LABEL}
          options={rules
            .filter((one) => one.kind === kind)
            .map((one) => ({ value: one.name, label: read(one.title) }))}
        />
      </Form.Item>
      <SeverityField />
    </>
  );
}

export function OverrideDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const kindName = useKindName();
  const set = useSetOverride();
  const { data: sites = [] } = useSites();
  const { data: kinds } = useKinds();
  const { data: devices = [] } = useDevices();
  const [form] = Form.useForm<OverrideFields>();
  const site = Form.useWatch("site", form);
  const kind = Form.useWatch("kind", form);
  const what = Form.useWatch("what", form);
  const required = [{ required: true, message: t("form.required") }];
  return (
    <Dialog title={t("override.set")} onClose={onClose}>
      <p className="muted">{t("override.means")}</p>
      <Form<OverrideFields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ site: sites[0]?.id, what: "limit" }}
        onValuesChange={(changed: Partial<OverrideFields>) =>
          "kind" in changed && form.resetFields(["limit", "rule", "devices"])
        }
        onFinish={(fields) => set.mutate(overrideRequest(fields), { onSuccess: onClose })}
      >
        <SiteField />
        <Form.Item name="kind" label={t("devices.kind")} rules={required}>
          <Select
            showSearch={BY_LABEL}
            options={[...(kinds?.keys() ?? [])].map((one) => ({ value: one, label: kindName(one) }))}
          />
        </Form.Item>
        <Form.Item name="what" label={t("override.column.what")}>
          <Segmented
            options={[
              { value: "limit", label: t("override.limit") },
              { value: "rule", label: t("filter.severity") },
            ]}
          />
        </Form.Item>
        {what === "rule" ? <RuleFields kind={kind} /> : <LimitFields kind={kind} />}
        <Form.Item name="devices" label={t("override.column.devices")} extra={t("override.devices_means")}>
          <Select
            mode="multiple"
            showSearch={BY_LABEL}
            options={devices
              .filter((one) => one.site === site && one.kind === kind)
              .map((one) => ({ value: one.id, label: one.id }))}
          />
        </Form.Item>
        <Form.Item name="model" label={t("devices.model")}>
          <Input maxLength={100} />
        </Form.Item>
        <ReasonField />
        <Refused error={set.error} />
        <Button type="primary" htmlType="submit" loading={set.isPending}>
          {t("accounts.save")}
        </Button>
      </Form>
    </Dialog>
  );
}
