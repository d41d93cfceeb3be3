/** The rounds of today, and of another day, as the API has them. */
import { useQuery } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { Round } from "../api/types";
import { ASK_AGAIN_MS } from "../live/freshness";

export const ROUNDS = ["rounds"] as const;

/** Every round that the rota has for a day (`2026-11-21` on each site's clock); without one, for today. */
export function useRounds(day: string | undefined) {
  return useQuery({
    queryKey: [...ROUNDS, day ?? "today"],
    refetchInterval: day === undefined ? ASK_AGAIN_MS : false,
    queryFn: ({ signal }): Promise<Round[]> =>
      every<Round>((cursor) =>
        taken(api.GET("/api/v1/rounds", { params: { query: { day, cursor } }, signal })),
      ),
  });
}
