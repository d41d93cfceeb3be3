/** Figures over a span of days. They change slowly: asked when somebody looks, and every minute while they do. */
import { useQuery } from "@tanstack/react-query";
import { api, taken } from "../api/client";
import type { RouteDay } from "../api/types";
import type { Span } from "./days";

const EVERY_MS = 60_000;

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
