/** Who owes what by when, and what a manager decides about a cycle. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { Duty, DutyDone } from "../api/types";
import { ASK_AGAIN_MS } from "../live/freshness";

export const DUTIES = ["duties"] as const;

/** Every duty of every unit in reach, but for retired ones. */
export function useDuties() {
  return useQuery({
    queryKey: DUTIES,
    refetchInterval: ASK_AGAIN_MS,
    queryFn: ({ signal }): Promise<Duty[]> =>
      every<Duty>((cursor) => taken(api.GET("/api/v1/duties", { params: { query: { cursor } }, signal }))),
  });
}

export type Decision = "accept-cycle" | "decline-cycle" | "restore-cycle";

export function useDecide(id: string, decision: Decision) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) =>
      taken(
        api.POST(`/api/v1/duties/{duty_id}/${decision}`, {
          params: { path: { duty_id: id } },
          body: { reason },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: DUTIES }),
  });
}

/** What was done on paper; the duty's next turn counts from its day. */
export function useRecord(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: DutyDone) =>
      taken(api.POST("/api/v1/duties/{duty_id}/record", { params: { path: { duty_id: id } }, body })),
    onSettled: () => queries.invalidateQueries({ queryKey: DUTIES }),
  });
}
