/**
 * The ways between pages. Those for every day stand in the bar; the others in a row below it, which opens in the flow of
 * the page so that it never covers a banner or the life-safety band. On a phone the bar lies at the bottom.
 */
import { useTranslation } from "react-i18next";
import { NavLink, useLocation } from "react-router";
import { useOpenAlarms } from "../alarms/queries";
import { isUnacknowledged } from "../alarms/order";
import { useSession } from "../session/session";
import { FURTHER, PLACES, seen, within } from "./places";

const FURTHER_ROW = "nav-further";
const MOVED = PLACES.filter((place) => place.moves);

interface Props {
  /** Whether the further row is asked for. */
  further: boolean;
  showFurther: (shown: boolean) => void;
}

export function Navigation({ further, showFurther }: Props) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const { data: session } = useSession();
  const { data: alarms = [] } = useOpenAlarms();
  const unseen = alarms.filter((alarm) => isUnacknowledged(alarm.state)).length;
  const inside = within(FURTHER, pathname);
  return (
    <nav className="nav" aria-label={t("shell.navigation")}>
      {seen(PLACES, session?.permissions ?? []).map(({ to, name, moves }) => (
        <NavLink
          key={to}
          to={to}
          className={moves ? "nav-rare" : undefined}
          onClick={() => showFurther(false)}
        >
          {t(`nav.${name}`)}
          {name === "alarms" && unseen > 0 && (
            <span className="nav-count" title={t("alarms.unacknowledged_count", { count: unseen })}>
              {unseen}
            </span>
          )}
        </NavLink>
      ))}
      <button
        type="button"
        className="nav-more"
        aria-expanded={further || inside}
        aria-controls={FURTHER_ROW}
        data-inside={inside || undefined}
        onClick={() => showFurther(!further)}
      >
        {t("nav.more")}
      </button>
    </nav>
  );
}

/** The row of further pages: while it is asked for, and as long as one of them is open. A phone's has more of them. */
export function FurtherNavigation({ asked }: { asked: boolean }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const { data: session } = useSession();
  if (!asked && !within(FURTHER, pathname)) return null;
  return (
    <nav id={FURTHER_ROW} className="nav nav-second" aria-label={t("shell.further")}>
      {seen([...MOVED, ...FURTHER], session?.permissions ?? []).map(({ to, name, moves }) => (
        <NavLink key={to} to={to} className={moves ? "nav-moved" : undefined}>
          {t(`nav.${name}`)}
        </NavLink>
      ))}
    </nav>
  );
}
