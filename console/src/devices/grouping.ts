/** Which devices are shown, and in which groups. Pure. */
import type { Device } from "../api/types";

export interface DeviceSieve {
  words: string;
  building?: string;
  kind?: string;
  /** Only those with an open alarm, silent, offline or not adopted. */
  abnormal: boolean;
}

export interface DeviceGroup {
  key: string;
  site: string;
  building: string | null;
  kind: string;
  devices: Device[];
}

const byId = new Intl.Collator("en", { numeric: true });

export function isAbnormal(device: Device): boolean {
  return (
    device.open_alarms > 0 ||
    device.adoption === "discovered" ||
    device.connection === "silent" ||
    device.connection === "offline"
  );
}

export function sift(devices: readonly Device[], sieve: DeviceSieve): Device[] {
  const wanted = sieve.words.toLowerCase().split(/\s+/).filter(Boolean);
  return devices.filter((device) => {
    if (sieve.building !== undefined && device.building !== sieve.building) return false;
    if (sieve.kind !== undefined && device.kind !== sieve.kind) return false;
    if (sieve.abnormal && !isAbnormal(device)) return false;
    const found = [
      device.id,
      device.kind,
      device.zone,
      device.model,
      ...device.tags,
      ...Object.values(device.name ?? {}),
    ]
      .join(" ")
      .toLowerCase();
    return wanted.every((word) => found.includes(word));
  });
}

/** By site, building and kind; devices by id as people count (E-2 before E-10). Without a building comes first. */
export function grouped(devices: readonly Device[]): DeviceGroup[] {
  const groups = new Map<string, DeviceGroup>();
  for (const device of devices) {
    const { site, building, kind } = device;
    const key = [site, building ?? "", kind].join("/");
    const group = groups.get(key) ?? { key, site, building, kind, devices: [] };
    group.devices.push(device);
    groups.set(key, group);
  }
  for (const group of groups.values()) group.devices.sort((one, other) => byId.compare(one.id, other.id));
  return [...groups.values()].sort((one, other) => byId.compare(one.key, other.key));
}
