/** The property's places and kinds by their names. They change seldom: asked once, refreshed with the stream's reset. */
import { useQuery } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { Alarm, Kind, Site } from "../api/types";
import { useText } from "../i18n/i18n";

export const SITES = ["sites"] as const;
export const KINDS = ["kinds"] as const;
const SELDOM_MS = 10 * 60 * 1000;

export function useSites() {
  return useQuery({
    queryKey: SITES,
    queryFn: async (): Promise<Site[]> => (await taken(api.GET("/api/v1/sites"))).items,
    staleTime: SELDOM_MS,
  });
}

export function useKinds() {
  return useQuery({
    queryKey: KINDS,
    queryFn: async (): Promise<ReadonlyMap<string, Kind>> => {
      const kinds = await every<Kind>(() => taken(api.GET("/api/v1/kinds")));
      return new Map(kinds.map((kind) => [kind.name, kind]));
    },
    staleTime: SELDOM_MS,
  });
}

/** The kind's label; its bare name while that is not known. */
export function useKindName(): (kind: string) => string {
  const { data } = useKinds();
  const read = useText();
  return (kind) => {
    const known = data?.get(kind);
    return known === undefined ? kind : read(known.label);
  };
}

interface Place {
  site: string;
  building?: string | null;
  zone?: string | null;
}

/** `Tower A · Lobby`; the site comes first where there is more than one. Unknown places keep their ids. */
export function usePlaceName(): (place: Place) => string {
  const { data: sites = [] } = useSites();
  const read = useText();
  return ({ site, building, zone }) => {
    const property = sites.find((one) => one.id === site);
    const house = property?.buildings.find((one) => one.id === building);
    const spot = house?.zones.find((one) => one.id === zone);
    const words = [
      house === undefined ? building : read(house.name),
      spot === undefined ? zone : read(spot.name),
    ].filter((word): word is string => Boolean(word));
    if (sites.length > 1 || words.length === 0)
      words.unshift(property === undefined ? site : read(property.name));
    return words.join(" · ");
  };
}

/** A place within its building, where a heading names the building already. */
export function useZoneName(): (place: Place) => string {
  const { data: sites = [] } = useSites();
  const read = useText();
  return ({ site, building, zone }) => {
    const house = sites.find((one) => one.id === site)?.buildings.find((one) => one.id === building);
    const spot = house?.zones.find((one) => one.id === zone);
    return spot === undefined ? (zone ?? "") : read(spot.name);
  };
}

/** A building's name. */
export function useBuildingName(): (site: string, building: string) => string {
  const { data: sites = [] } = useSites();
  const read = useText();
  return (site, building) => {
    const house = sites.find((one) => one.id === site)?.buildings.find((one) => one.id === building);
    return house === undefined ? building : read(house.name);
  };
}

/** The time zone of a site's clock; the reader's own while that is not known. */
export function useSiteClock(): (site: string) => string {
  const { data: sites = [] } = useSites();
  return (site) =>
    sites.find((one) => one.id === site)?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** What an alarm is about, as short as it can be said: its device, or a duty by what owes it. */
export function aboutWhat({ device, subject }: Pick<Alarm, "device" | "subject">): string {
  return device ?? (subject.type === "duty" ? subject.id.slice(subject.id.indexOf(".") + 1) : subject.id);
}
