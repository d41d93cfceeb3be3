/** Who is signed in: asked once, kept until the API says otherwise. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, carryCsrf, taken } from "../api/client";
import { Problem } from "../api/problem";
import type { Permission, Session } from "../api/types";

export const SESSION = ["session"] as const;

/** The present session; null when nobody is signed in. */
async function present(): Promise<Session | null> {
  try {
    return admitted(await taken(api.GET("/api/v1/session")));
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    carryCsrf(null);
    return null;
  }
}

function admitted(session: Session): Session {
  carryCsrf(session.csrf);
  return session;
}

export function useSession() {
  return useQuery({ queryKey: SESSION, queryFn: present, staleTime: Infinity });
}

/** Whether the person may do this, so that a button that would be refused is not offered. */
export function useMay(permission: Permission): boolean {
  const { data: session } = useSession();
  return session?.permissions.includes(permission) ?? false;
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (who: { name: string; password: string }) =>
      admitted(await taken(api.POST("/api/v1/session", { body: who }))),
    onSuccess: (session) => queries.setQueryData(SESSION, session),
  });
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => taken(api.DELETE("/api/v1/session")),
    onSuccess: () => {
      carryCsrf(null);
      queries.clear();
      queries.setQueryData(SESSION, null);
    },
  });
}

/** Change one's own password; this session stays. */
export function useChangePassword() {
  return useMutation({
    mutationFn: (body: { current: string; new: string }) =>
      taken(api.PUT("/api/v1/session/password", { body })),
  });
}
