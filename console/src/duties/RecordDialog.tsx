/** Records that a duty was done without its order: on which day, by whom, and how that is known. */
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import type { Duty, DutyDone } from "../api/types";
import { serverNow } from "../live/clock";
import { Dialog } from "../parts/Dialog";
import { useSiteClock } from "../parts/places";
import { Refused } from "../parts/states";
import { dayIn } from "../reports/days";
import { useRecord } from "./queries";

const LONGEST_NAME = 100;
const LONGEST_NOTE = 2000;

export function RecordDialog({ duty, onClose }: { duty: Duty; onClose: () => void }) {
  const { t } = useTranslation();
  const today = dayIn(useSiteClock()(duty.site), serverNow());
  const record = useRecord(duty.id);
  const required = [{ required: true, whitespace: true, message: t("form.required") }];
  return (
    <Dialog title={t("duties.record_title", { unit: duty.unit })} onClose={onClose}>
      <p className="muted">{t("duties.record_means")}</p>
      <Form<DutyDone>
        layout="vertical"
        initialValues={{ day: today }}
        onFinish={({ day, by, note }) =>
          record.mutate({ day, by: by.trim(), note: note.trim() }, { onSuccess: onClose })
        }
      >
        <Form.Item name="day" label={t("duties.record_day")} rules={required}>
          <Input type="date" min={duty.last_done?.day} max={today} />
        </Form.Item>
        <Form.Item name="by" label={t("duties.record_by")} rules={required}>
          <Input maxLength={LONGEST_NAME} />
        </Form.Item>
        <Form.Item name="note" label={t("duties.record_note")} rules={required}>
          <Input.TextArea maxLength={LONGEST_NOTE} autoSize={{ minRows: 2, maxRows: 5 }} />
        </Form.Item>
        <Refused error={record.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={record.isPending}>
          {t("duties.record")}
        </Button>
      </Form>
    </Dialog>
  );
}
