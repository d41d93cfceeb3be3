/** Figures over a span of days. They change slowly: asked when somebody looks, and every minute while they do. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, taken } from "../api/client";
import type { BadActor, RouteDay } from "../api/types";
import { alarmsAsked, type ActorSpan, type CountedBy } from "./badActors";
import type { Span } from "./days";

const EVERY_MS = 60_000;
const MOST_ACTORS = 50;
const PAGE = 50;

export function useAlarmReport(site: string | undefined, span: Span) {
  return useQuery({
    queryKey: ["reports", "alarms", site, span],
    refetchInterval: EVERY_MS,
    queryFn: ({ signal }) =>
      taken(api.GET("/api/v1/reports/alarms", { params: { query: { site, ...span } }, signal })),
  });
}

export function useOrderReport(site: string | undefined, span: Span) {
  return useQuery({
    queryKey: ["reports", "orders", site, span],
    refetchInterval: EVERY_MS,
    queryFn: ({ signal }) =>
      taken(api.GET("/api/v1/reports/orders", { params: { query: { site, ...span } }, signal })),
  });
}

export function useRoundCompletion(site: string | undefined, span: Span) {
  return useQuery({
    queryKey: ["reports", "rounds", site, span],
    refetchInterval: EVERY_MS,
    queryFn: async ({ signal }): Promise<RouteDay[]> => {
      const params = { query: { site, ...span } };
      return (await taken(api.GET("/api/v1/rounds/completion", { params, signal }))).items;
    },
  });
}

/** What was raised most often in the span, by what it is counted. */
export function useBadActors(site: string | undefined, span: ActorSpan, by: CountedBy) {
  return useQuery({
    queryKey: ["reports", "actors", site, span, by],
    refetchInterval: EVERY_MS,
    queryFn: async ({ signal }): Promise<BadActor[]> => {
      const params = { query: { site, span, by, limit: MOST_ACTORS } };
      return (await taken(api.GET("/api/v1/alarms/bad-actors", { params, signal }))).items;
    },
  });
}

/** The alarms of one of these, whether over or hidden, newest first, a page at a time. */
export function useAlarmsOf(actor: BadActor) {
  const asked = alarmsAsked(actor);
  return useInfiniteQuery({
    queryKey: ["reports", "alarms-of", asked],
    refetchInterval: EVERY_MS,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor, signal }) =>
      taken(
        api.GET("/api/v1/alarms", {
          params: { query: { ...asked, state: "all", standing: "all", limit: PAGE, cursor } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}
