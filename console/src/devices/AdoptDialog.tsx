/** Takes a discovered device into the registry: what it is called and where it stands. */
import { Button, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Device } from "../api/types";
import { useText } from "../i18n/i18n";
import { useKindName, useSites } from "../parts/places";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { useAdopt } from "./queries";

interface Fields {
  name?: string;
  building?: string;
  zone?: string;
  model?: string;
}

export function AdoptDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const { t } = useTranslation();
  const read = useText();
  const kindName = useKindName();
  const { data: sites = [] } = useSites();
  const adopt = useAdopt(device.site, device.id);
  const [form] = Form.useForm<Fields>();
  const houses = sites.find((site) => site.id === device.site)?.buildings ?? [];
  const houseId = Form.useWatch("building", form);
  const house = houses.find((one) => one.id === houseId);

  const send = ({ name, ...place }: Fields) => {
    const words = name?.trim();
    const texts = words ? { name: { en: words, "zh-Hans": words, "zh-Hant": words } } : {};
    adopt.mutate({ ...texts, ...place }, { onSuccess: onClose });
  };

  return (
    <Dialog title={t("adopt.title", { device: device.id })} onClose={onClose}>
      <p className="muted">
        {kindName(device.kind)} · {t("adopt.means")}
      </p>
      <Form<Fields>
        form={form}
        layout="vertical"
        onFinish={send}
        onValuesChange={(changed: Fields) => "building" in changed && form.resetFields(["zone"])}
      >
        <Form.Item name="name" label={t("adopt.name")}>
          <Input maxLength={200} autoFocus />
        </Form.Item>
        <Form.Item name="building" label={t("devices.building")}>
          <Select allowClear options={houses.map((one) => ({ value: one.id, label: read(one.name) }))} />
        </Form.Item>
        <Form.Item name="zone" label={t("devices.zone")}>
          <Select
            allowClear
            disabled={house === undefined}
            options={house?.zones.map((one) => ({ value: one.id, label: read(one.name) })) ?? []}
          />
        </Form.Item>
        <Form.Item name="model" label={t("devices.model")}>
          <Input maxLength={100} />
        </Form.Item>
        <Refused error={adopt.error} />
        <Button type="primary" htmlType="submit" loading={adopt.isPending}>
          {t("act.adopt")}
        </Button>
      </Form>
    </Dialog>
  );
}
