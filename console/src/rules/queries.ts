/** The rules as they are judged now, and what people have count instead for some devices. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { Override, OverrideRequest, Rule } from "../api/types";

export const RULES = ["rules"] as const;

export function useRules() {
  return useQuery({
    queryKey: [...RULES, "all"],
    queryFn: ({ signal }) => every<Rule>(() => taken(api.GET("/api/v1/rules", { signal }))),
  });
}

const OVERRIDES = ["overrides"] as const;

/** Other limits and severities that people set for some devices. */
export function useOverrides() {
  return useQuery({
    queryKey: OVERRIDES,
    queryFn: ({ signal }): Promise<Override[]> =>
      every<Override>(() => taken(api.GET("/api/v1/overrides", { signal }))),
  });
}

function useAskAgain(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: OVERRIDES });
}

export function useSetOverride() {
  return useMutation({
    mutationFn: (body: OverrideRequest) => taken(api.POST("/api/v1/overrides", { body })),
    onSettled: useAskAgain(),
  });
}

export function useRemoveOverride(id: string) {
  return useMutation({
    mutationFn: (reason: string) =>
      taken(
        api.DELETE("/api/v1/overrides/{override_id}", {
          params: { path: { override_id: id }, query: { reason } },
        }),
      ),
    onSettled: useAskAgain(),
  });
}
