/** Devices with their latest state, adoption, and one device's history. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { AdoptRequest, Device, History } from "../api/types";
import { refreshMs, spanOf, type Range } from "./ranges";
import { serverNow } from "../live/clock";

export const DEVICES = ["devices"] as const;
const LONGEST_PAGE = 500;
/** Values change all the time and tell nobody: lists of them are asked again this often. */
const VALUES_EVERY_MS = 10_000;
const POINTS = 500;

export function useDevices() {
  return useQuery({
    queryKey: [...DEVICES, "all"],
    queryFn: ({ signal }): Promise<Device[]> =>
      every<Device>((cursor) =>
        taken(api.GET("/api/v1/devices", { params: { query: { limit: LONGEST_PAGE, cursor } }, signal })),
      ),
    refetchInterval: VALUES_EVERY_MS,
  });
}

export function useDevice(site: string, device: string) {
  return useQuery({
    queryKey: [...DEVICES, "one", site, device],
    queryFn: ({ signal }) =>
      taken(api.GET("/api/v1/devices/{site}/{device}", { params: { path: { site, device } }, signal })),
    refetchInterval: VALUES_EVERY_MS / 2,
  });
}

export function useAdopt(site: string, device: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: AdoptRequest) =>
      taken(api.POST("/api/v1/devices/{site}/{device}/adopt", { params: { path: { site, device } }, body })),
    onSettled: () => queries.invalidateQueries({ queryKey: DEVICES }),
  });
}

/** One metric over a range that ends now, downsampled to what a chart can show. */
export function useHistory(site: string, device: string, metric: string | undefined, range: Range) {
  return useQuery({
    queryKey: ["history", site, device, metric, range],
    enabled: metric !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs(range),
    queryFn: async ({ signal }): Promise<History> => {
      const query = { metric: metric ?? "", points: POINTS, ...spanOf(range, serverNow()) };
      const params = { path: { site, device }, query };
      const answer = await taken(api.GET("/api/v1/history/{site}/{device}", { params, signal }));
      if (typeof answer === "string") throw new TypeError("history was asked for as JSON and came as CSV");
      return answer;
    },
  });
}
