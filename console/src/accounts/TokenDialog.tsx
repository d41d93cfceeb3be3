/** Makes a token for a program, and shows it once. */
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import type { Role } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { RoleField, SitesField } from "./fields";
import { useCreateToken } from "./queries";

interface Fields {
  name: string;
  role: Role;
  sites?: string[];
  expires_at?: string;
}

function Secret({ token, onClose }: { token: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="token-secret">
      <p role="status">{t("accounts.token_once")}</p>
      <Input
        readOnly
        aria-label={t("accounts.token")}
        value={token}
        onFocus={(event) => event.target.select()}
      />
      <div className="row-acts">
        <Button onClick={() => void navigator.clipboard.writeText(token)}>{t("accounts.copy")}</Button>
        <Button type="primary" onClick={onClose}>
          {t("accounts.token_kept")}
        </Button>
      </div>
    </div>
  );
}

export function TokenDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const create = useCreateToken();
  const send = ({ name, role, sites, expires_at }: Fields) =>
    create.mutate({
      name: name.trim(),
      role,
      sites: sites === undefined || sites.length === 0 ? null : sites,
      expires_at: expires_at ? new Date(expires_at).toISOString() : null,
    });
  return (
    <Dialog title={t("accounts.new_token")} onClose={onClose}>
      {create.data !== undefined ? (
        <Secret token={create.data.token} onClose={onClose} />
      ) : (
        <Form<Fields>
          layout="vertical"
          requiredMark={false}
          onFinish={send}
          initialValues={{ role: "viewer" }}
        >
          <Form.Item
            name="name"
            label={t("accounts.token_for")}
            rules={[{ required: true, whitespace: true, message: t("form.required") }]}
          >
            <Input autoFocus maxLength={200} />
          </Form.Item>
          <RoleField />
          <SitesField />
          <Form.Item name="expires_at" label={t("accounts.expires")} extra={t("accounts.expires_means")}>
            <Input type="datetime-local" />
          </Form.Item>
          <Refused error={create.error} />
          <Button type="primary" htmlType="submit" loading={create.isPending}>
            {t("accounts.create")}
          </Button>
        </Form>
      )}
    </Dialog>
  );
}
