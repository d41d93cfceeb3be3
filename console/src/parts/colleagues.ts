/** Colleagues by name, for whoever has to name one. */
import { useQuery } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { Colleague } from "../api/types";

const SELDOM_MS = 10 * 60 * 1000;

/** People with an account who share a site; asked only for who may handle alarms. */
export function useColleagues(enabled: boolean) {
  return useQuery({
    queryKey: ["colleagues"],
    enabled,
    staleTime: SELDOM_MS,
    queryFn: ({ signal }): Promise<Colleague[]> =>
      every<Colleague>(() => taken(api.GET("/api/v1/people/names", { signal }))),
  });
}
