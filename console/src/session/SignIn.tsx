/** The door: a name and a password. */
import { Alert, Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { useErrorWords } from "../parts/states";
import { LanguageChoice, ThemeChoice } from "../shell/PersonMenu";
import { useSignIn } from "./session";
import "./sign-in.css";

interface Credentials {
  name: string;
  password: string;
}

export function SignIn() {
  const { t } = useTranslation();
  const words = useErrorWords();
  const signIn = useSignIn();
  const refused = signIn.error instanceof Problem && signIn.error.status === 401;
  return (
    <main className="door">
      <div className="door-panel panel">
        <h1 translate="no">
          {t("brand.latin")} {t("brand.han")}
        </h1>
        <p className="muted">{t("session.what")}</p>
        <Form<Credentials>
          layout="vertical"
          requiredMark={false}
          onFinish={(who) => signIn.mutate({ name: who.name.trim(), password: who.password })}
        >
          <Form.Item
            name="name"
            label={t("session.name")}
            rules={[{ required: true, message: t("form.required") }]}
          >
            <Input autoFocus autoComplete="username" autoCapitalize="none" size="large" />
          </Form.Item>
          <Form.Item
            name="password"
            label={t("session.password")}
            rules={[{ required: true, message: t("form.required") }]}
          >
            <Input.Password autoComplete="current-password" size="large" />
          </Form.Item>
          {signIn.isError && (
            <Alert
              type="error"
              role="alert"
              title={refused ? t("session.refused") : words(signIn.error)}
              className="door-error"
            />
          )}
          <Button type="primary" htmlType="submit" size="large" block loading={signIn.isPending}>
            {t("session.sign_in")}
          </Button>
        </Form>
        <div className="door-choices">
          <LanguageChoice />
          <ThemeChoice />
        </div>
      </div>
    </main>
  );
}
