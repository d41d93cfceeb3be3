/** The ways between pages. On a phone they lie at the bottom, and those an engineer needs at a desk are left out. */
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { useOpenAlarms } from "../alarms/queries";
import { isUnacknowledged } from "../alarms/order";

const PLACES = [
  { to: "/alarms", name: "alarms", rare: false },
  { to: "/orders", name: "orders", rare: false },
  { to: "/rounds", name: "rounds", rare: true },
  { to: "/devices", name: "devices", rare: false },
  { to: "/rules", name: "rules", rare: true },
  { to: "/quarantine", name: "quarantine", rare: true },
] as const;

export function Navigation() {
  const { t } = useTranslation();
  const { data: alarms = [] } = useOpenAlarms();
  const unseen = alarms.filter((alarm) => isUnacknowledged(alarm.state)).length;
  return (
    <nav className="nav" aria-label={t("shell.navigation")}>
      {PLACES.map(({ to, name, rare }) => (
        <NavLink key={to} to={to} className={rare ? "nav-rare" : undefined}>
          {t(`nav.${name}`)}
          {name === "alarms" && unseen > 0 && (
            <span className="nav-count" title={t("alarms.unacknowledged_count", { count: unseen })}>
              {unseen}
            </span>
          )}
        </NavLink>
      ))}
    </nav>
  );
}
