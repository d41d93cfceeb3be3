/** One's own password: the present one, and the new one twice. All other sessions end. */
import { App, Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from "../accounts/changes";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { useChangePassword } from "./session";

interface Fields {
  current: string;
  new: string;
  again: string;
}

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { notification } = App.useApp();
  const change = useChangePassword();
  const required = { required: true, message: t("form.required") };
  return (
    <Dialog title={t("password.title")} onClose={onClose}>
      <p className="muted">{t("password.means")}</p>
      <Form<Fields>
        layout="vertical"
        requiredMark={false}
        onFinish={(fields) =>
          change.mutate(
            { current: fields.current, new: fields.new },
            {
              onSuccess: () => {
                notification.info({ title: t("password.changed"), placement: "bottomRight" });
                onClose();
              },
            },
          )
        }
      >
        <Form.Item name="current" label={t("password.current")} rules={[required]}>
          <Input.Password autoFocus autoComplete="current-password" maxLength={LONGEST_PASSWORD} />
        </Form.Item>
        <Form.Item
          name="new"
          label={t("password.new")}
          rules={[
            required,
            { min: SHORTEST_PASSWORD, message: t("accounts.password_form", { count: SHORTEST_PASSWORD }) },
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={LONGEST_PASSWORD} />
        </Form.Item>
        <Form.Item
          name="again"
          label={t("password.again")}
          dependencies={["new"]}
          rules={[
            required,
            ({ getFieldValue }) => ({
              validator: (_, again: string) =>
                again === getFieldValue("new")
                  ? Promise.resolve()
                  : Promise.reject(new Error(t("password.differs"))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={LONGEST_PASSWORD} />
        </Form.Item>
        <Refused error={change.error} />
        <Button type="primary" htmlType="submit" loading={change.isPending}>
          {t("password.change")}
        </Button>
      </Form>
    </Dialog>
  );
}
