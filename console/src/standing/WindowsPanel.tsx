/** Maintenance windows that the config has: what they take out of service by themselves, and when. */
import { useTranslation } from "react-i18next";
import type { MaintenanceWindow } from "../api/types";
import { ColumnHeads } from "../parts/ColumnHeads";
import { useKindName, usePlaceName } from "../parts/places";
import { Instant } from "../parts/times";
import { useWindows } from "./queries";

const COLUMNS = ["window", "what", "reason", "by", "next"] as const;

function WindowRow({ window }: { window: MaintenanceWindow }) {
  const { t } = useTranslation();
  const place = usePlaceName();
  const kindName = useKindName();
  const what =
    window.devices.length > 0
      ? window.devices.join(", ")
      : [window.kind === null ? "" : kindName(window.kind), place(window)].filter(Boolean).join(" · ");
  return (
    <tr>
      <td>
        <strong>{window.name}</strong>
      </td>
      <td>{what}</td>
      <td className="measure-reason">{window.reason}</td>
      <td>{window.authority}</td>
      <td>
        {window.measure !== null && <strong>{t("standing.window.on")} </strong>}
        {window.next_begins_at === null ? (
          <span className="muted">{t("standing.window.never")}</span>
        ) : (
          <>
            <Instant at={window.next_begins_at} />
            <div className="muted figures">
              {window.from} – {window.to}
            </div>
          </>
        )}
      </td>
    </tr>
  );
}

export function WindowsPanel() {
  const { t } = useTranslation();
  const { data: windows = [] } = useWindows();
  if (windows.length === 0) return null;
  return (
    <section className="panel block">
      <h2 className="panel-title">{t("standing.windows")}</h2>
      <div className="scroll-x">
        <table className="grid measures" aria-label={t("standing.windows")}>
          <ColumnHeads columns={COLUMNS} words={(column) => t(`standing.column.${column}`)} />
          <tbody>
            {windows.map((window) => (
              <WindowRow key={`${window.site}/${window.name}`} window={window} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
