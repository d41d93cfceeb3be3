/** Notices as the API has them: by how they stand, and of one alarm. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { ChannelCount, Notice, NoticeState } from "../api/types";
import { ASK_AGAIN_MS } from "../live/freshness";

export const NOTICES = ["notices"] as const;
const PAGE = 100;

/** Which notices are asked for; what is undefined leaves none out. */
export interface NoticeSieve {
  site?: string;
  channel?: string;
  state?: NoticeState;
}

/** Newest first, a page at a time: the API leaves out what is not asked for, so that every page is full. */
export function useNotices(sieve: NoticeSieve) {
  return useInfiniteQuery({
    queryKey: [...NOTICES, "list", sieve],
    initialPageParam: undefined as string | undefined,
    refetchInterval: ASK_AGAIN_MS,
    queryFn: ({ pageParam: cursor, signal }) =>
      taken(api.GET("/api/v1/notices", { params: { query: { ...sieve, limit: PAGE, cursor } }, signal })),
    getNextPageParam: (page) => page.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/** How the notices of each channel stand, all of them and not only those that are listed. */
export function useChannelCounts(site: string | undefined) {
  return useQuery({
    queryKey: [...NOTICES, "channels", site],
    refetchInterval: ASK_AGAIN_MS,
    queryFn: async ({ signal }): Promise<ChannelCount[]> =>
      (await taken(api.GET("/api/v1/notices", { params: { query: { site, limit: 1 } }, signal }))).channels,
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
