/** Keeps the link open while somebody is signed in, and lets every part of the screen know its state. */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { api, taken } from "../api/client";
import type { Site, TellWatch } from "../api/types";
import { SITES } from "../parts/places";
import { SESSION } from "../session/session";
import { Link, type LinkState } from "./link";
import { patching } from "./patches";

const LinkContext = createContext<Link | undefined>(undefined);

function watchOf(sites: readonly Site[]): TellWatch {
  return {
    watching: sites.length > 0 && sites.every((site) => site.watching),
    sites: sites.map((site) => ({ site: site.id, watching: site.watching, judged_at: site.judged_at })),
  };
}

function linkFor(queries: QueryClient): Link {
  return new Link({
    onEvent: patching(queries),
    onGap: () => void queries.invalidateQueries(),
    onSignedOut: () => void queries.invalidateQueries({ queryKey: SESSION }),
    pulse: async (signal) => {
      const { items } = await taken(api.GET("/api/v1/sites", { signal }));
      queries.setQueryData(SITES, items);
      return watchOf(items);
    },
  });
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [link] = useState(() => linkFor(queries));
  useEffect(() => {
    link.start();
    return () => link.stop();
  }, [link]);
  return <LinkContext value={link}>{children}</LinkContext>;
}

/** The state of the link, as it changes. */
export function useLink(): LinkState {
  const link = use(LinkContext);
  if (link === undefined) throw new Error("useLink outside of LiveProvider");
  return useSyncExternalStore(link.subscribe, link.current);
}
