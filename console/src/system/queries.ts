/** The installation itself: which part is ready, which rules are in force, and taking new ones from the files. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "../api/client";
import { Problem } from "../api/problem";
import type { Readiness } from "../api/types";
import { RULES } from "../rules/queries";

const EVERY_MS = 5000;

/** Something between here and the server may answer in its place. */
function isReadiness(told: unknown): told is Readiness {
  return typeof told === "object" && told !== null && "parts" in told && Array.isArray(told.parts);
}

/** Which part is ready. 503 is an answer too: it names the part that is not. */
export function useReadiness() {
  return useQuery({
    queryKey: ["readiness"],
    refetchInterval: EVERY_MS,
    queryFn: async ({ signal }): Promise<Readiness> => {
      const { data, error, response } = await api.GET("/readyz", { signal });
      const told: unknown = data ?? error;
      if (!isReadiness(told)) throw Problem.of(response.status, told);
      return told;
    },
  });
}

/** The revision of the rules that are judged now. */
export function useRevision() {
  return useQuery({
    queryKey: [...RULES, "revision"],
    queryFn: async ({ signal }) => {
      const { revision, revised_at, revised_by, items } = await taken(api.GET("/api/v1/rules", { signal }));
      return { revision, revised_at, revised_by, rules: items.length };
    },
  });
}

export function useReload() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => taken(api.POST("/api/v1/rules/reload")),
    onSuccess: () => queries.invalidateQueries({ queryKey: RULES }),
  });
}
