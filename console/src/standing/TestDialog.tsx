/** Puts devices or a zone under test: what, with whom, why and for how long. */
import { Button, Form, Segmented, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useDevices } from "../devices/queries";
import { useText } from "../i18n/i18n";
import { serverNow } from "../live/clock";
import { useColleagues } from "../parts/colleagues";
import { Dialog } from "../parts/Dialog";
import { ReasonField, SiteField } from "../parts/fields";
import { useKindName, useSites } from "../parts/places";
import { Refused } from "../parts/states";
import { useSession } from "../session/session";
import { useBeginTest } from "./queries";
import { SpanField } from "./SpanField";
import { TEST_MINUTES } from "./spans";
import { possibleSeconds, testRequest, type TestFields } from "./testing";
import "./standing.css";

const MOST_DEVICES = 500;
const BY_LABEL = { optionFilterProp: "label" };

function DevicesField({ site, ...rest }: { site: string | undefined }) {
  const { data: devices = [], isPending } = useDevices();
  const kindName = useKindName();
  const options = devices
    .filter((device) => device.site === site)
    .map((device) => ({ value: device.id, label: `${device.id} · ${kindName(device.kind)}` }));
  return (
    <Select
      {...rest}
      mode="multiple"
      loading={isPending}
      maxCount={MOST_DEVICES}
      showSearch={BY_LABEL}
      options={options}
    />
  );
}

export function TestDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const read = useText();
  const begin = useBeginTest();
  const { data: session } = useSession();
  const { data: sites = [] } = useSites();
  const { data: people = [] } = useColleagues(true);
  const [form] = Form.useForm<TestFields>();
  const siteId = Form.useWatch("site", form);
  const scope = Form.useWatch("scope", form);
  const building = Form.useWatch("building", form);
  const houses = sites.find((one) => one.id === siteId)?.buildings ?? [];
  const zones = houses.find((one) => one.id === building)?.zones ?? [];
  const required = [{ required: true, message: t("form.required") }];
  return (
    <Dialog title={t("standing.test.title")} onClose={onClose}>
      <p className="muted">{t("standing.test.means")}</p>
      <Form<TestFields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ site: sites[0]?.id, scope: "devices", minutes: 120 }}
        onFinish={(fields) =>
          begin.mutate(testRequest(fields, serverNow()), {
            onSuccess: onClose,
          })
        }
      >
        <SiteField />
        <Form.Item name="scope" label={t("standing.test.scope")}>
          <Segmented
            options={[
              { value: "devices", label: t("standing.test.devices") },
              { value: "zone", label: t("standing.test.zone") },
            ]}
          />
        </Form.Item>
        {scope === "zone" ? (
          <>
            <Form.Item name="building" label={t("devices.building")} rules={required}>
              <Select
                options={houses.map((one) => ({ value: one.id, label: read(one.name) }))}
                onChange={() => form.resetFields(["zone"])}
              />
            </Form.Item>
            <Form.Item name="zone" label={t("devices.zone")} rules={required}>
              <Select options={zones.map((one) => ({ value: one.id, label: read(one.name) }))} />
            </Form.Item>
          </>
        ) : (
          <Form.Item name="devices" label={t("standing.test.which")} rules={required}>
            <DevicesField site={siteId} />
          </Form.Item>
        )}
        <Form.Item name="second" label={t("standing.test.second")} rules={required}>
          <Select
            showSearch={BY_LABEL}
            options={possibleSeconds(people, session).map((one) => ({
              value: one.name,
              label: one.full_name === "" ? one.name : `${one.full_name} (${one.name})`,
            }))}
          />
        </Form.Item>
        <ReasonField />
        <Form.Item name="minutes" label={t("standing.how_long")}>
          <SpanField minutes={TEST_MINUTES} />
        </Form.Item>
        <Refused error={begin.error} />
        <Button type="primary" htmlType="submit" loading={begin.isPending}>
          {t("standing.test.begin")}
        </Button>
      </Form>
    </Dialog>
  );
}
