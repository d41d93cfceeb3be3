/** What is shelved, out of service and under test; the alarms that are left out for it; and the acts of people. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ALARMS } from "../alarms/queries";
import { compareAlarms } from "../alarms/order";
import { api, every, taken } from "../api/client";
import type { Alarm, MaintenanceWindow, Measure, TestRequest } from "../api/types";
import { ASK_AGAIN_MS } from "../live/freshness";
import type { HiddenCounts } from "./hidden";

export const MEASURES = ["measures"] as const;
const LONGEST_PAGE = 500;

/** All measures in reach that nobody has ended. */
export function useMeasures() {
  return useQuery({
    queryKey: [...MEASURES, "running"],
    refetchInterval: ASK_AGAIN_MS,
    queryFn: async ({ signal }): Promise<Measure[]> =>
      (await taken(api.GET("/api/v1/measures", { signal }))).items,
  });
}

/** How many open alarms are left out of the list, by how they stand. */
export function useHiddenCounts() {
  return useQuery({
    queryKey: [...ALARMS, "hidden-counts"],
    refetchInterval: ASK_AGAIN_MS,
    queryFn: async ({ signal }): Promise<HiddenCounts> => {
      const params = { query: { state: "open" as const, limit: 1 } };
      return (await taken(api.GET("/api/v1/alarms", { params, signal }))).hidden ?? {};
    },
  });
}

/** The open alarms that are left out, in the order of the list. */
export function useHiddenAlarms() {
  return useQuery({
    queryKey: [...ALARMS, "hidden"],
    refetchInterval: ASK_AGAIN_MS,
    queryFn: async ({ signal }): Promise<Alarm[]> => {
      const alarms = await every<Alarm>((cursor) =>
        taken(
          api.GET("/api/v1/alarms", {
            params: { query: { state: "open", standing: "hidden", limit: LONGEST_PAGE, cursor } },
            signal,
          }),
        ),
      );
      return alarms.sort(compareAlarms);
    },
  });
}

/** After any of these acts alarms may stand otherwise than before. */
function useRestood(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: MEASURES }),
      queries.invalidateQueries({ queryKey: ALARMS }),
    ]);
  };
}

export function useShelve(id: string) {
  return useMutation({
    mutationFn: (body: { reason: string; until: string }) =>
      taken(api.POST("/api/v1/alarms/{alarm_id}/shelve", { params: { path: { alarm_id: id } }, body })),
    onSettled: useRestood(),
  });
}

export function useUnshelve() {
  return useMutation({
    mutationFn: (id: string) =>
      taken(api.POST("/api/v1/alarms/{alarm_id}/unshelve", { params: { path: { alarm_id: id } } })),
    onSettled: useRestood(),
  });
}

export function useTakeOut(site: string, device: string) {
  return useMutation({
    mutationFn: (body: { reason: string; expected_return: string }) =>
      taken(
        api.POST("/api/v1/devices/{site}/{device}/out-of-service", {
          params: { path: { site, device } },
          body,
        }),
      ),
    onSettled: useRestood(),
  });
}

export function useBringBack(site: string, device: string) {
  return useMutation({
    mutationFn: (note: string) =>
      taken(
        api.POST("/api/v1/devices/{site}/{device}/return", {
          params: { path: { site, device } },
          body: { note },
        }),
      ),
    onSettled: useRestood(),
  });
}

export function useBeginTest() {
  return useMutation({
    mutationFn: (body: TestRequest) => taken(api.POST("/api/v1/tests", { body })),
    onSettled: useRestood(),
  });
}

export function useEndTest(id: string) {
  return useMutation({
    mutationFn: (note: string) =>
      taken(api.POST("/api/v1/tests/{test_id}/end", { params: { path: { test_id: id } }, body: { note } })),
    onSettled: useRestood(),
  });
}

/** Maintenance windows of the config: when each comes next, and whether it is on. */
export function useWindows() {
  return useQuery({
    queryKey: [...MEASURES, "windows"],
    queryFn: async ({ signal }): Promise<MaintenanceWindow[]> =>
      (await taken(api.GET("/api/v1/maintenance", { signal }))).items,
  });
}

export function useEndWindow(id: string) {
  return useMutation({
    mutationFn: (note: string) =>
      taken(
        api.POST("/api/v1/maintenance/{measure_id}/end", {
          params: { path: { measure_id: id } },
          body: { note },
        }),
      ),
    onSettled: useRestood(),
  });
}
