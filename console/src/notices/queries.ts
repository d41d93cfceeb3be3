/** Notices as the API has them: by how they stand, and of one alarm. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { Notice, NoticeState } from "../api/types";
import { ASK_AGAIN_MS } from "../live/freshness";

export const NOTICES = ["notices"] as const;
const PAGE = 100;

/** Newest first, a page at a time; undefined asks for all, however they stand. */
export function useNotices(state: NoticeState | undefined) {
  return useInfiniteQuery({
    queryKey: [...NOTICES, state ?? "all"],
    initialPageParam: undefined as string | undefined,
    refetchInterval: ASK_AGAIN_MS,
    queryFn: ({ pageParam: cursor, signal }) =>
      taken(api.GET("/api/v1/notices", { params: { query: { state, limit: PAGE, cursor } }, signal })),
    getNextPageParam: (page) => page.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/** All notices of an alarm, oldest first. */
export function useNoticesOf(alarm: string) {
  return useQuery({
    queryKey: [...NOTICES, "alarm", alarm],
    refetchInterval: ASK_AGAIN_MS,
    queryFn: async ({ signal }): Promise<Notice[]> => {
      const notices = await every<Notice>((cursor) =>
        taken(api.GET("/api/v1/notices", { params: { query: { alarm, limit: PAGE, cursor } }, signal })),
      );
      return notices.reverse();
    },
  });
}
