/** The windows of the config, the one that comes next first: what each covers, its hours, and its next time. */
import { useTranslation } from "react-i18next";
import type { MaintenanceWindow } from "../api/types";
import { useLanguage } from "../i18n/i18n";
import { spanWords } from "../i18n/span";
import { useNow } from "../live/clock";
import { ColumnHeads } from "../parts/ColumnHeads";
import { useKindName, usePlaceName, useSiteClock } from "../parts/places";
import { dayNames, listed, writeSpanThere } from "./hours";

const COLUMNS = ["window", "next", "covers", "hours", "reason", "authority"] as const;

export function WindowTable({ windows }: { windows: readonly MaintenanceWindow[] }) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className="grid windows stacks" aria-label={t("maintenance.coming")}>
        <ColumnHeads columns={COLUMNS} words={(column) => t(`maintenance.column.${column}`)} />
        <tbody>
          {windows.map((window) => (
            <WindowRow key={`${window.site}/${window.name}`} window={window} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function WindowRow({ window }: { window: MaintenanceWindow }) {
  const place = usePlaceName();
  const clock = useSiteClock();
  return (
    <tr>
      <td>
        <strong>{window.name}</strong>
        <div className="muted">
          {place({ site: window.site })} · {clock(window.site)}
        </div>
      </td>
      <td>
        <Next window={window} zone={clock(window.site)} />
      </td>
      <td>
        <Covered window={window} />
      </td>
      <td>
        <Hours window={window} />
      </td>
      <td className="measure-reason">{window.reason}</td>
      <td>{window.authority}</td>
    </tr>
  );
}

function Next({ window, zone }: { window: MaintenanceWindow; zone: string }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const { measure, next_begins_at: begin, next_ends_at: end } = window;
  return (
    <>
      {measure !== null && <strong className="window-on">{t("standing.window.on")}</strong>}
      {begin === null || end === null ? (
        <span className="muted">{t("standing.window.never")}</span>
      ) : (
        <>
          <span className="figures">{writeSpanThere(begin, end, zone, language)}</span>
          <div className="muted">{t("maintenance.in", { span: spanWords(t, Date.parse(begin) - now) })}</div>
        </>
      )}
    </>
  );
}

function Covered({ window }: { window: MaintenanceWindow }) {
  const { t } = useTranslation();
  const place = usePlaceName();
  const kindName = useKindName();
  const { devices, kind, building, zone, site } = window;
  const within = building === null && zone === null ? [] : [place({ site, building, zone })];
  const all = [...(kind === null ? [] : [kindName(kind)]), ...within].join(" · ");
  return (
    <>
      {[devices.join(", "), all].filter(Boolean).join(" + ")}
      <div className="muted">{t("maintenance.covers", { count: window.covers })}</div>
    </>
  );
}

function Hours({ window }: { window: MaintenanceWindow }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const days = dayNames(window.days, language) ?? t("maintenance.every_day");
  const bounds = [
    window.first === null ? "" : t("maintenance.from_day", { day: window.first }),
    window.last === null ? "" : t("maintenance.to_day", { day: window.last }),
  ].filter(Boolean);
  return (
    <>
      {days} <span className="figures">{`${window.from} – ${window.to}`}</span>
      {window.weeks.length > 0 && (
        <div className="muted">
          {t("maintenance.weeks", { weeks: listed(window.weeks.map(String), language) })}
        </div>
      )}
      {bounds.length > 0 && <div className="muted">{bounds.join(" ")}</div>}
    </>
  );
}
