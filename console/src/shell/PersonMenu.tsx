/** Who is signed in, and what they may set for themselves: theme, language, leaving. */
import { Button, Popover, Segmented } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES, useLanguage } from "../i18n/i18n";
import { useSession, useSignOut } from "../session/session";
import { chooseTheme, useThemeChoice } from "../theme/theme";
import { OWN_NAMES } from "./ownNames";
import { ThemeIcon } from "./ThemeIcon";

const PasswordDialog = lazy(async () => ({
  default: (await import("../session/PasswordDialog")).PasswordDialog,
}));

export function LanguageChoice() {
  const language = useLanguage();
  return (
    <Segmented
      block
      value={language}
      options={LANGUAGES.map((one) => ({ value: one, label: OWN_NAMES[one] }))}
      onChange={(next) => void chooseLanguage(next)}
    />
  );
}

export function ThemeChoice() {
  const { t } = useTranslation();
  const choice = useThemeChoice();
  return (
    <Segmented
      block
      value={choice}
      options={(["system", "light", "dark"] as const).map((one) => ({
        value: one,
        label: t(`theme.${one}`),
        icon: <ThemeIcon choice={one} />,
      }))}
      onChange={chooseTheme}
    />
  );
}

export function PersonMenu() {
  const { t } = useTranslation();
  const { data: session } = useSession();
  const signOut = useSignOut();
  const [open, setOpen] = useState(false);
  const [changing, setChanging] = useState(false);
  if (!session) return null;
  const name = session.full_name || session.name;
  return (
    <>
      <Suspense>{changing && <PasswordDialog onClose={() => setChanging(false)} />}</Suspense>
      <Popover
        trigger="click"
        open={open}
        onOpenChange={setOpen}
        placement="bottomRight"
        content={
          <div className="menu">
            <div>
              <strong>{name}</strong>
              <div className="muted">{t(`role.${session.role}`)}</div>
            </div>
            <div>
              <span className="menu-label">{t("theme.label")}</span>
              <ThemeChoice />
            </div>
            <div>
              <span className="menu-label">{t("language.label")}</span>
              <LanguageChoice />
            </div>
            <Button
              onClick={() => {
                setOpen(false);
                setChanging(true);
              }}
            >
              {t("password.open")}
            </Button>
            <Button onClick={() => signOut.mutate()} loading={signOut.isPending}>
              {t("session.sign_out")}
            </Button>
          </div>
        }
      >
        <Button type="text" className="person">
          {name}
        </Button>
      </Popover>
    </>
  );
}
