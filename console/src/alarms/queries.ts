/** Alarms as the API has them, and the acts of people on them. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import { ASK_AGAIN_MS } from "../live/freshness";
import type { Alarm, Flood, RaiseRequest } from "../api/types";
import { compareAlarms } from "./order";

export const ALARMS = ["alarms"] as const;
export const OPEN_ALARMS = [...ALARMS, "open"] as const;
const FLOODS = [...ALARMS, "floods"] as const;
const CLOSED = [...ALARMS, "closed"] as const;
const LONGEST_PAGE = 500;
const CLOSED_PAGE = 100;
const MOST_AT_ONCE = 500;

/** All open alarms in reach, in the order of the list. */
export function useOpenAlarms() {
  return useQuery({
    queryKey: OPEN_ALARMS,
    refetchInterval: ASK_AGAIN_MS,
    queryFn: async ({ signal }): Promise<Alarm[]> => {
      const alarms = await every<Alarm>((cursor) =>
        taken(
          api.GET("/api/v1/alarms", {
            params: { query: { state: "open", limit: LONGEST_PAGE, cursor } },
            signal,
          }),
        ),
      );
      return alarms.sort(compareAlarms);
    },
  });
}

/** Sites with more alarms than a person can take in. */
export function useFloods() {
  return useQuery({
    queryKey: FLOODS,
    refetchInterval: ASK_AGAIN_MS,
    queryFn: async ({ signal }): Promise<Flood[]> =>
      (await taken(api.GET("/api/v1/alarms", { params: { query: { limit: 1 } }, signal }))).floods ?? [],
  });
}

/** The groups of all open alarms in reach, with what each hides. */
export function useAlarmGroups() {
  return useQuery({
    queryKey: [...ALARMS, "groups"],
    refetchInterval: ASK_AGAIN_MS,
    queryFn: ({ signal }) => taken(api.GET("/api/v1/alarms/groups", { signal })),
  });
}

/** Closed alarms, newest first, a page at a time. */
export function useClosedAlarms(enabled: boolean) {
  return useInfiniteQuery({
    queryKey: CLOSED,
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor, signal }) =>
      taken(
        api.GET("/api/v1/alarms", {
          params: { query: { state: "closed", limit: CLOSED_PAGE, cursor } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

export function useAlarm(id: string) {
  return useQuery({
    queryKey: [...ALARMS, "one", id],
    refetchInterval: ASK_AGAIN_MS,
    queryFn: ({ signal }) =>
      taken(api.GET("/api/v1/alarms/{alarm_id}", { params: { path: { alarm_id: id } }, signal })),
  });
}

/** Put a changed alarm into the list at once; the stream's event confirms it a moment later. */
function useChanged(): (changed: Alarm) => Promise<void> {
  const queries = useQueryClient();
  return async (changed) => {
    queries.setQueryData<Alarm[]>(OPEN_ALARMS, (alarms) =>
      alarms
        ?.map((alarm) => (alarm.id === changed.id ? changed : alarm))
        .filter((alarm) => alarm.state !== "normal" && alarm.standing === "announced"),
    );
    await queries.invalidateQueries({ queryKey: ALARMS });
  };
}

/** After a refusal the list is asked again: somebody else was faster, and the screen is behind. */
function useRefused(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ALARMS });
}

export function useAcknowledge() {
  const [onSuccess, onError] = [useChanged(), useRefused()];
  return useMutation({
    mutationFn: (id: string) =>
      taken(api.POST("/api/v1/alarms/{alarm_id}/acknowledge", { params: { path: { alarm_id: id } } })),
    onSuccess,
    onError,
  });
}

/** One word about several alarms of one group; the answer names those that somebody else was faster with. */
export function useAcknowledgeGroup() {
  const again = useRefused();
  return useMutation({
    mutationFn: (alarms: readonly string[]) =>
      taken(api.POST("/api/v1/alarms/acknowledge", { body: { alarms: alarms.slice(0, MOST_AT_ONCE) } })),
    onSettled: again,
  });
}

export function useComment(id: string) {
  return useMutation({
    mutationFn: (note: string) =>
      taken(
        api.POST("/api/v1/alarms/{alarm_id}/comment", { params: { path: { alarm_id: id } }, body: { note } }),
      ),
    onSuccess: useChanged(),
  });
}

export function useEnd(id: string) {
  const [onSuccess, onError] = [useChanged(), useRefused()];
  return useMutation({
    mutationFn: (note: string) =>
      taken(
        api.POST("/api/v1/alarms/{alarm_id}/end", { params: { path: { alarm_id: id } }, body: { note } }),
      ),
    onSuccess,
    onError,
  });
}

export function useRaise() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: RaiseRequest) => taken(api.POST("/api/v1/alarms", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ALARMS }),
  });
}
