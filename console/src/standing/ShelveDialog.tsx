/** Puts an alarm aside for a while, with a reason. */
import { Button, Form } from "antd";
import { useTranslation } from "react-i18next";
import type { Alarm } from "../api/types";
import { useText } from "../i18n/i18n";
import { serverNow } from "../live/clock";
import { Dialog } from "../parts/Dialog";
import { ReasonField } from "../parts/fields";
import { Refused } from "../parts/states";
import { useShelve } from "./queries";
import { SpanField } from "./SpanField";
import { endAfter, SHELF_MINUTES } from "./spans";
import "./standing.css";

interface Fields {
  reason: string;
  minutes: number;
}

export function ShelveDialog({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { t } = useTranslation();
  const read = useText();
  const shelve = useShelve(alarm.id);
  return (
    <Dialog title={t("standing.shelve.title")} onClose={onClose}>
      <p>
        <strong>{read(alarm.title)}</strong> {alarm.device ?? alarm.subject.id}
      </p>
      <p className="muted">{t("standing.shelve.means")}</p>
      <Form<Fields>
        layout="vertical"
        requiredMark={false}
        initialValues={{ minutes: 60 }}
        onFinish={({ reason, minutes }) =>
          shelve.mutate(
            { reason: reason.trim(), until: endAfter(minutes, serverNow()) },
            { onSuccess: onClose },
          )
        }
      >
        <ReasonField autoFocus />
        <Form.Item name="minutes" label={t("standing.how_long")}>
          <SpanField minutes={SHELF_MINUTES} />
        </Form.Item>
        <Refused error={shelve.error} />
        <Button type="primary" htmlType="submit" loading={shelve.isPending}>
          {t("standing.shelve.act")}
        </Button>
      </Form>
    </Dialog>
  );
}
