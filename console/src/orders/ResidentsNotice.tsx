/** The notice to residents: drafted by the server, edited here, and marked as published by whoever hung it up. */
import { Button, Form, Input, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { WorkOrderDetail } from "../api/types";
import { LANGUAGES, useLanguage, type Language } from "../i18n/i18n";
import { writeInstant } from "../i18n/instant";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { useMay } from "../session/session";
import { OWN_NAMES } from "../shell/ownNames";
import { useEditNotice, usePublishNotice } from "./queries";

type Notice = NonNullable<WorkOrderDetail["residents_notice"]>;
type Texts = Notice["text"];

const LONGEST = 2000;

function EditDialog({ order, onClose }: { order: WorkOrderDetail; onClose: () => void }) {
  const { t } = useTranslation();
  const edit = useEditNotice(order.id);
  const [version] = useState(order.residents_notice?.version ?? 0); // what was read, not what came since
  return (
    <Dialog title={t("orders.residents.title")} onClose={onClose}>
      <Form<Texts>
        layout="vertical"
        initialValues={order.residents_notice?.text}
        onFinish={(text) => edit.mutate({ text, version }, { onSuccess: onClose })}
      >
        {LANGUAGES.map((language) => (
          <Form.Item
            key={language}
            name={language}
            label={OWN_NAMES[language]}
            rules={[{ required: true, whitespace: true, message: t("form.required") }]}
          >
            <Input.TextArea maxLength={LONGEST} autoSize={{ minRows: 4, maxRows: 10 }} />
          </Form.Item>
        ))}
        <Refused error={edit.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={edit.isPending}>
          {t("orders.residents.edit")}
        </Button>
      </Form>
    </Dialog>
  );
}

function PublishDialog({
  order,
  notice,
  onClose,
}: {
  order: WorkOrderDetail;
  notice: Notice;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const publish = usePublishNotice(order.id);
  const [version] = useState(notice.version);
  return (
    <Dialog title={t("orders.residents.mark")} onClose={onClose}>
      <Form<{ where: string }>
        layout="vertical"
        onFinish={({ where }) => publish.mutate({ version, where: where.trim() }, { onSuccess: onClose })}
      >
        <Form.Item
          name="where"
          label={t("orders.residents.mark_means")}
          rules={[{ required: true, whitespace: true, message: t("form.required") }]}
        >
          <Input maxLength={LONGEST} />
        </Form.Item>
        <Refused error={publish.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={publish.isPending}>
          {t("orders.residents.mark")}
        </Button>
      </Form>
    </Dialog>
  );
}

function Words({ notice }: { notice: Notice }) {
  const { t } = useTranslation();
  const [language, setLanguage] = useState<Language>(useLanguage());
  return (
    <>
      <Segmented<Language>
        size="small"
        value={language}
        onChange={setLanguage}
        options={LANGUAGES.map((one) => ({ value: one, label: OWN_NAMES[one] }))}
      />
      <p className="order-notice" lang={language}>
        {notice.text[language]}
      </p>
      <p className={notice.published_at === null ? "order-notice-draft" : "muted"}>
        {notice.published_at === null
          ? t("orders.residents.draft")
          : t("orders.residents.published", {
              who: notice.published_by,
              at: writeInstant(notice.published_at),
              where: notice.published_where,
            })}
      </p>
    </>
  );
}

export function ResidentsNotice({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const mayHandle = useMay("handle_orders");
  const [open, setOpen] = useState<"edit" | "publish">();
  const notice = order.residents_notice;
  if (notice === null) return null;
  const close = () => setOpen(undefined);
  return (
    <section className="block">
      <h3>{t("orders.residents.title")}</h3>
      <Words key={notice.version} notice={notice} />
      {mayHandle && (
        <div className="order-steps">
          <Button onClick={() => setOpen("edit")}>{t("orders.residents.edit")}</Button>
          {notice.published_at === null && (
            <Button type="primary" onClick={() => setOpen("publish")}>
              {t("orders.residents.mark")}
            </Button>
          )}
        </div>
      )}
      {open === "edit" && <EditDialog order={order} onClose={close} />}
      {open === "publish" && <PublishDialog order={order} notice={notice} onClose={close} />}
    </section>
  );
}

/** For an order that has no notice yet. */
export function WriteNotice({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("orders.residents.write")}</Button>
      {open && <EditDialog order={order} onClose={() => setOpen(false)} />}
    </>
  );
}
