/** How replies are kept, and when they are asked for again. */
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { Problem } from "../api/problem";
import { SESSION } from "../session/session";

const FRESH_MS = 15_000;
const MOST_RETRIES = 2;

export function makeQueries(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof Problem && error.status === 401) queries.setQueryData(SESSION, null);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        // A refusal stays a refusal; only what may pass is tried again.
        retry: (failures, error) =>
          failures < MOST_RETRIES && !(error instanceof Problem && error.status < 500),
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
  return queries;
}
