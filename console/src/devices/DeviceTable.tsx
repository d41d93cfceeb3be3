/** Devices in their groups. */
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Device, Kind } from "../api/types";
import { useText } from "../i18n/i18n";
import { useBuildingName, useKindName, useKinds, useZoneName } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { Age } from "../parts/times";
import { writeValue } from "../parts/values";
import { useMay } from "../session/session";
import type { DeviceGroup } from "./grouping";

const AdoptDialog = lazy(async () => ({ default: (await import("./AdoptDialog")).AdoptDialog }));

const COLUMNS = ["id", "place", "values", "connection", "alarms", "seen", "act"] as const;
/** As many values as a line has room for; the device's page has all. */
const VALUES_SHOWN = 5;

export function devicePath(device: Pick<Device, "site" | "id">): string {
  return `/devices/${encodeURIComponent(device.site)}/${encodeURIComponent(device.id)}`;
}

function Values({ device, kind }: { device: Device; kind: Kind | undefined }) {
  const { t } = useTranslation();
  const read = useText();
  const known = (kind?.metrics ?? []).filter((metric) => metric.name in device.values).slice(0, VALUES_SHOWN);
  return (
    <ul className="device-latest">
      {known.map((metric) => {
        const latest = device.values[metric.name];
        return (
          latest && (
            <li key={metric.name}>
              <span className="muted">{read(metric.label)}</span>{" "}
              <span className="figures">
                {writeValue(latest.value, metric, read, (name) => t(`why.word.${name}`))}
              </span>
            </li>
          )
        );
      })}
    </ul>
  );
}

interface RowProps {
  device: Device;
  kind: Kind | undefined;
  onAdopt: ((device: Device) => void) | undefined;
}

function DeviceRow({ device, kind, onAdopt }: RowProps) {
  const { t } = useTranslation();
  const read = useText();
  const zoneName = useZoneName();
  const discovered = device.adoption === "discovered";
  return (
    <tr>
      <td className="device-id">
        <Link to={devicePath(device)}>{device.id}</Link>{" "}
        {device.name !== null && <span className="muted">{read(device.name)}</span>}
        {discovered && <span className="device-tag">{t("devices.discovered")}</span>}
      </td>
      <td className="device-place muted">{zoneName(device)}</td>
      <td className="device-cell-values">
        <Values device={device} kind={kind} />
      </td>
      <td className={`device-connection connection-${device.connection}`}>
        {t(`connection.${device.connection}`)}
      </td>
      <td className="device-alarms">
        {device.worst_severity !== null && (
          <span className="device-worst">
            <SeverityMark severity={device.worst_severity} />
            {device.open_alarms > 1 && <span className="figures muted">{device.open_alarms}</span>}
          </span>
        )}
      </td>
      <td className="device-seen end">{device.last_seen !== null && <Age since={device.last_seen} />}</td>
      <td className="device-act end">
        {discovered && onAdopt !== undefined && (
          <Button size="small" onClick={() => onAdopt(device)}>
            {t("act.adopt")}
          </Button>
        )}
      </td>
    </tr>
  );
}

export function DeviceTable({ groups }: { groups: readonly DeviceGroup[] }) {
  const { t } = useTranslation();
  const { data: kinds } = useKinds();
  const kindName = useKindName();
  const buildingName = useBuildingName();
  const mayAdopt = useMay("adopt_devices");
  const [adopting, setAdopting] = useState<Device>();
  return (
    <div className="panel">
      <table className="grid devices">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col" className={`device-${column} ${column === "seen" ? "end" : ""}`}>
                {column === "act" ? (
                  <span className="unseen">{t("act.adopt")}</span>
                ) : (
                  t(`devices.column.${column}`)
                )}
              </th>
            ))}
          </tr>
        </thead>
        {groups.map((group) => (
          <tbody key={group.key}>
            <tr className="device-group">
              <th colSpan={COLUMNS.length} scope="rowgroup">
                {group.building === null
                  ? t("devices.no_building")
                  : buildingName(group.site, group.building)}
                {" · "}
                {kindName(group.kind)} <span className="figures">{group.devices.length}</span>
              </th>
            </tr>
            {group.devices.map((device) => (
              <DeviceRow
                key={`${device.site}/${device.id}`}
                device={device}
                kind={kinds?.get(device.kind)}
                onAdopt={mayAdopt ? setAdopting : undefined}
              />
            ))}
          </tbody>
        ))}
      </table>
      <Suspense>
        {adopting && <AdoptDialog device={adopting} onClose={() => setAdopting(undefined)} />}
      </Suspense>
    </div>
  );
}
