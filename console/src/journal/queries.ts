/** What happened on a site, newest first, a page at a time. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, taken } from "../api/client";
import type { EventView } from "../api/types";
import { ASK_AGAIN_MS } from "../live/freshness";

const PAGE = 100;

export interface JournalSieve {
  noun?: string;
  actor?: string;
  actorType?: EventView["actor"]["type"];
  /** A day in the browser's own zone (`2026-11-21`): nothing of later days is shown. */
  day?: string;
}

/** The instant after the last one of a day. */
export function endOfDay(day: string): string {
  const end = new Date(`${day}T00:00:00`);
  end.setDate(end.getDate() + 1);
  return end.toISOString();
}

export function useJournal(site: string | undefined, sieve: JournalSieve) {
  return useInfiniteQuery({
    queryKey: ["journal", site, sieve],
    enabled: site !== undefined,
    initialPageParam: undefined as string | undefined,
    refetchInterval: ASK_AGAIN_MS,
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = {
        site: site ?? "",
        noun: sieve.noun,
        actor: sieve.actor,
        actor_type: sieve.actorType,
        before: sieve.day === undefined ? undefined : endOfDay(sieve.day),
        limit: PAGE,
        cursor,
      };
      return taken(api.GET("/api/v1/journal", { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}
