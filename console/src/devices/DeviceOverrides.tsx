/** Other limits and severities that count for this device, whoever they were meant for; nothing where none does. */
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Device } from "../api/types";
import { ColumnHeads } from "../parts/ColumnHeads";
import { OVERRIDE_COLUMNS, OverrideCells } from "../rules/OverrideCells";

export function DeviceOverrides({ device }: { device: Device }) {
  const { t } = useTranslation();
  if (device.overrides.length === 0) return null;
  return (
    <section className="panel device-overrides" aria-label={t("override.title")}>
      <div className="overrides-head">
        <h2>{t("override.title")}</h2>
        <Link to="/rules">{t("nav.rules")}</Link>
      </div>
      <div className="scroll-x">
        <table className="grid stacks" aria-label={t("override.title")}>
          <ColumnHeads columns={OVERRIDE_COLUMNS} words={(column) => t(`override.column.${column}`)} />
          <tbody>
            {device.overrides.map((one) => (
              <tr key={one.id}>
                <OverrideCells
                  override={one}
                  otherwise={one.limit === null ? undefined : device.limits[one.limit]}
                />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
