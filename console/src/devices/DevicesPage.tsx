/** What is watched, by building and kind, with the latest of each; discovered devices come first until adopted. */
import { Checkbox } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ChoiceFilter, WordsFilter } from "../parts/filters";
import { useBuildingName, useKindName } from "../parts/places";
import { Empty, Failed, Loading } from "../parts/states";
import { DeviceTable } from "./DeviceTable";
import { grouped, sift, type DeviceSieve } from "./grouping";
import { useDevices } from "./queries";
import "./devices.css";

const ALL: DeviceSieve = { words: "", abnormal: false };

export function DevicesPage() {
  const { t } = useTranslation();
  const { data: devices, error, isPending, refetch } = useDevices();
  const [sieve, setSieve] = useState(ALL);
  const kindName = useKindName();
  const buildingName = useBuildingName();
  const groups = useMemo(() => grouped(sift(devices ?? [], sieve)), [devices, sieve]);
  const kinds = useMemo(() => [...new Set(devices?.map((device) => device.kind))].sort(), [devices]);
  const houses = useMemo(
    () => [...new Map(devices?.map((device) => [device.building, device])).values()],
    [devices],
  );

  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.devices")}</h1>
        {devices !== undefined && (
          <span className="muted figures">{t("devices.count", { count: devices.length })}</span>
        )}
        <div className="sheet-end">
          <Checkbox
            checked={sieve.abnormal}
            onChange={(event) => setSieve({ ...sieve, abnormal: event.target.checked })}
          >
            {t("devices.abnormal_only")}
          </Checkbox>
          <ChoiceFilter
            by={t("devices.building")}
            width={150}
            value={sieve.building}
            options={houses.flatMap(({ site, building }) =>
              building === null ? [] : [{ value: building, label: buildingName(site, building) }],
            )}
            onChange={(building) => setSieve({ ...sieve, building })}
          />
          <ChoiceFilter
            by={t("devices.kind")}
            width={170}
            value={sieve.kind}
            options={kinds.map((kind) => ({ value: kind, label: kindName(kind) }))}
            onChange={(kind) => setSieve({ ...sieve, kind })}
          />
          <WordsFilter width={180} value={sieve.words} onChange={(words) => setSieve({ ...sieve, words })} />
        </div>
      </div>
      {isPending && <Loading />}
      {error !== null && devices === undefined && <Failed error={error} retry={() => void refetch()} />}
      {devices !== undefined && groups.length === 0 && (
        <div className="panel">
          <Empty title={t(devices.length === 0 ? "devices.none" : "devices.none_match")}>
            {devices.length === 0 ? t("devices.none_means") : undefined}
          </Empty>
        </div>
      )}
      {groups.length > 0 && <DeviceTable groups={groups} />}
    </div>
  );
}
