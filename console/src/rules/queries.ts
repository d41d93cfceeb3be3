/** The rules as they are judged now. */
import { useQuery } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { Rule } from "../api/types";

export const RULES = ["rules"] as const;

export function useRules() {
  return useQuery({
    queryKey: [...RULES, "all"],
    queryFn: ({ signal }) => every<Rule>(() => taken(api.GET("/api/v1/rules", { signal }))),
  });
}
