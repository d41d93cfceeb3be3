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
  /** On a phone it moves from the bar to the row of further pages. */
  moves?: boolean;
  needs?: Permission;
}

export const PLACES: readonly Place[] = [
  { to: "/alarms", name: "alarms" },
  { to: "/orders", name: "orders" },
  { to: "/rounds", name: "rounds", moves: true },
  { to: "/duties", name: "duties", moves: true },
  { to: "/devices", name: "devices" },
  { to: "/reports", name: "reports", moves: true },
];

export const FURTHER: readonly Place[] = [
  { to: "/hidden", name: "hidden" },
  { to: "/maintenance", name: "maintenance" },
  { to: "/notices", name: "notices" },
  { to: "/journal", name: "journal", needs: "read_journal" },
  { to: "/rules", name: "rules" },
  { to: "/quarantine", name: "quarantine", needs: "read_quarantine" },
  { to: "/accounts", name: "accounts", needs: "manage_accounts" },
  { to: "/system", name: "system" },
];

/** The places that somebody with these permissions sees. */
export function seen(places: readonly Place[], permissions: readonly Permission[]): Place[] {
  return places.filter((place) => place.needs === undefined || permissions.includes(place.needs));
}

/** Whether an address lies within one of these places. */
export function within(places: readonly Place[], path: string): boolean {
  return places.some((place) => path === place.to || path.startsWith(`${place.to}/`));
}
