/** One device: what it says now, and what it said. */
import { Button, Segmented, Select } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import type { Device, Kind } from "../api/types";
import { useText } from "../i18n/i18n";
import { useKindName, useKinds, usePlaceName } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { Failed, Loading } from "../parts/states";
import { Age } from "../parts/times";
import { writeValue } from "../parts/values";
import { useMay } from "../session/session";
import { DeviceOverrides } from "./DeviceOverrides";
import { ServiceMark } from "./ServiceMark";
import { useDevice } from "./queries";
import { RANGES, spanOf, type Range } from "./ranges";
import { serverNow } from "../live/clock";
import "./devices.css";

const HistoryChart = lazy(async () => ({ default: (await import("./HistoryChart")).HistoryChart }));

function Head({ device }: { device: Device }) {
  const { t } = useTranslation();
  const read = useText();
  const kindName = useKindName();
  const place = usePlaceName();
  return (
    <div className="device-head">
      <h1>{device.id}</h1>
      {device.name !== null && <span>{read(device.name)}</span>}
      <span className="muted">{kindName(device.kind)}</span>
      <span className="muted">{place(device)}</span>
      <span className={`connection-${device.connection}`}>{t(`connection.${device.connection}`)}</span>
      {device.last_seen !== null && (
        <span className="muted">
          {t("devices.column.seen")} <Age since={device.last_seen} />
        </span>
      )}
      <ServiceMark device={device} />
      {device.worst_severity !== null && (
        <Link to="/alarms" className="device-worst">
          <SeverityMark severity={device.worst_severity} />
          {t("devices.open_alarms", { count: device.open_alarms })}
        </Link>
      )}
    </div>
  );
}

interface LatestProps {
  device: Device;
  kind: Kind | undefined;
  shown: string | undefined;
  onShow: (metric: string) => void;
}

function Latest({ device, kind, shown, onShow }: LatestProps) {
  const { t } = useTranslation();
  const read = useText();
  const metrics = kind?.metrics ?? [];
  const unknown = Object.keys(device.values).filter((name) =>
    metrics.every((metric) => metric.name !== name),
  );
  const lines = [...metrics.map((metric) => metric.name), ...unknown];
  return (
    <table className="grid latest">
      <thead>
        <tr>
          <th scope="col">{t("devices.metric")}</th>
          <th scope="col" className="end">
            {t("devices.value")}
          </th>
          <th scope="col" className="end">
            {t("alarms.column.age")}
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((name) => {
          const metric = metrics.find((one) => one.name === name);
          const latest = device.values[name];
          return (
            <tr key={name} data-selected={name === shown || undefined}>
              <td>
                <button type="button" className="alarm-open" onClick={() => onShow(name)}>
                  {metric === undefined ? name : read(metric.label)}
                </button>
              </td>
              <td className="end figures">
                {latest === undefined ? (
                  <span className="muted">{t("devices.no_value")}</span>
                ) : (
                  writeValue(latest.value, metric, read, (word) => t(`why.word.${word}`))
                )}
              </td>
              <td className="end muted">{latest !== undefined && <Age since={latest.at} />}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Worth a chart first: a number that was reported. */
function firstMetric(device: Device, kind: Kind | undefined): string | undefined {
  const reported = (kind?.metrics ?? []).filter((metric) => metric.name in device.values);
  const measured = reported.find((metric) => metric.type === "number" && metric.unit !== "");
  return (measured ?? reported.find((metric) => metric.type === "number") ?? reported[0])?.name;
}

function DeviceView({ device }: { device: Device }) {
  const { t } = useTranslation();
  const read = useText();
  const mayExport = useMay("export_history");
  const { data: kinds } = useKinds();
  const kind = kinds?.get(device.kind);
  const [range, setRange] = useState<Range>("1h");
  const [chosen, choose] = useState<string>();
  const name = chosen ?? firstMetric(device, kind);
  const metric = kind?.metrics.find((one) => one.name === name);
  const { start, end } = spanOf(range, serverNow());
  const path = `/api/v1/history/${encodeURIComponent(device.site)}/${encodeURIComponent(device.id)}/export.csv`;
  return (
    <>
      <Head device={device} />
      <DeviceOverrides device={device} />
      <div className="device-page">
        <div className="panel">
          <Latest device={device} kind={kind} shown={name} onShow={choose} />
        </div>
        <div className="panel device-chart">
          <div className="sheet-head">
            <Select
              aria-label={t("devices.metric")}
              value={name}
              style={{ minWidth: 190 }}
              options={kind?.metrics.map((one) => ({ value: one.name, label: read(one.label) })) ?? []}
              onChange={choose}
            />
            <Segmented<Range>
              value={range}
              onChange={setRange}
              options={RANGES.map((one) => ({ value: one, label: t(`range.${one}`) }))}
            />
            {mayExport && (
              <div className="sheet-end">
                <Button href={`${path}?${new URLSearchParams({ start, end }).toString()}`} download>
                  {t("devices.export")}
                </Button>
              </div>
            )}
          </div>
          <Suspense fallback={<Loading />}>
            {name !== undefined && (
              <HistoryChart site={device.site} device={device.id} name={name} metric={metric} range={range} />
            )}
          </Suspense>
        </div>
      </div>
    </>
  );
}

export function DevicePage() {
  const { t } = useTranslation();
  const { site = "", deviceId = "" } = useParams();
  const { data: device, error, isPending, refetch } = useDevice(site, deviceId);
  return (
    <div className="sheet">
      <div className="sheet-head">
        <Link to="/devices">{t("nav.devices")}</Link>
        <span className="muted" aria-hidden="true">
          /
        </span>
        <strong>{deviceId}</strong>
      </div>
      {isPending && <Loading />}
      {error !== null && device === undefined && <Failed error={error} retry={() => void refetch()} />}
      {device !== undefined && <DeviceView key={`${site}/${deviceId}`} device={device} />}
    </div>
  );
}
