/** The pages, and who may see each. Those that everybody needs all day come first; the rest is one step away. */
import type { Permission } from "../api/types";

interface Place {
  to: string;
  name:
    | "alarms"
    | "orders"
    | "rounds"
    | "duties"
    | "devices"
    | "reports"
    | "hidden"
    | "maintenance"
    | "notices"
    | "journal"
    | "rules"
    | "quarantine"
    | "accounts"
    | "system";
  /** Left out on a phone. */
  rare: boolean;
  needs?: Permission;
}

export const PLACES: readonly Place[] = [
  { to: "/alarms", name: "alarms", rare: false },
  { to: "/orders", name: "orders", rare: false },
  { to: "/rounds", name: "rounds", rare: true },
  { to: "/duties", name: "duties", rare: true },
  { to: "/devices", name: "devices", rare: false },
  { to: "/reports", name: "reports", rare: true },
];

export const FURTHER: readonly Place[] = [
  { to: "/hidden", name: "hidden", rare: true },
  { to: "/maintenance", name: "maintenance", rare: true },
  { to: "/notices", name: "notices", rare: true },
  { to: "/journal", name: "journal", rare: true, needs: "read_journal" },
  { to: "/rules", name: "rules", rare: true },
  { to: "/quarantine", name: "quarantine", rare: true, needs: "read_quarantine" },
  { to: "/accounts", name: "accounts", rare: true, needs: "manage_accounts" },
  { to: "/system", name: "system", rare: true },
];

/** The places that somebody with these permissions sees. */
export function seen(places: readonly Place[], permissions: readonly Permission[]): Place[] {
  return places.filter((place) => place.needs === undefined || permissions.includes(place.needs));
}

/** Whether an address lies within one of these places. */
export function within(places: readonly Place[], path: string): boolean {
  return places.some((place) => path === place.to || path.startsWith(`${place.to}/`));
}
