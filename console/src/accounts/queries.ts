/** People and programs that may ask, and what administrators change about them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, every, taken } from "../api/client";
import type { Person, PersonChange, PersonRequest, Token, TokenRequest } from "../api/types";

const PEOPLE = ["people"] as const;
const TOKENS = ["tokens"] as const;

export function usePeople() {
  return useQuery({
    queryKey: PEOPLE,
    queryFn: ({ signal }): Promise<Person[]> =>
      every<Person>(() => taken(api.GET("/api/v1/people", { signal }))),
  });
}

export function useTokens() {
  return useQuery({
    queryKey: TOKENS,
    queryFn: ({ signal }): Promise<Token[]> =>
      every<Token>(() => taken(api.GET("/api/v1/tokens", { signal }))),
  });
}

function useAskAgain(queryKey: readonly string[]): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey });
}

export function useCreatePerson() {
  return useMutation({
    mutationFn: (body: PersonRequest) => taken(api.POST("/api/v1/people", { body })),
    onSettled: useAskAgain(PEOPLE),
  });
}

export function useChangePerson(name: string) {
  return useMutation({
    mutationFn: (body: PersonChange) =>
      taken(api.PATCH("/api/v1/people/{name}", { params: { path: { name } }, body })),
    onSettled: useAskAgain(PEOPLE),
  });
}

export function useEndSessions() {
  return useMutation({
    mutationFn: (name: string) =>
      taken(api.DELETE("/api/v1/people/{name}/sessions", { params: { path: { name } } })),
  });
}

export function useCreateToken() {
  return useMutation({
    mutationFn: (body: TokenRequest) => taken(api.POST("/api/v1/tokens", { body })),
    onSettled: useAskAgain(TOKENS),
  });
}

export function useRevokeToken() {
  return useMutation({
    mutationFn: (id: string) =>
      taken(api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: id } } })),
    onSettled: useAskAgain(TOKENS),
  });
}
