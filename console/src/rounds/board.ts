/** How the board is laid out: rounds by route, and what a day's figure of a route is. */
import type { Round } from "../api/types";

export interface RouteRounds {
  key: string;
  first: Round;
  rounds: Round[];
}

const JUDGED: ReadonlySet<Round["state"]> = new Set(["completed", "missed", "not_started"]);

/** The rounds of each route, routes by site and id, rounds in the order of their start. */
export function byRoute(rounds: readonly Round[]): RouteRounds[] {
  const routes = new Map<string, RouteRounds>();
  for (const round of rounds) {
    const key = `${round.site}/${round.route}`;
    const known = routes.get(key);
    if (known === undefined) routes.set(key, { key, first: round, rounds: [round] });
    else known.rounds.push(round);
  }
  return [...routes.values()].sort((one, other) => one.key.localeCompare(other.key));
}

/** How many rounds were judged, and how many of them were whole. */
export function figureOf(rounds: readonly Round[]): { due: number; completed: number } {
  const judged = rounds.filter((round) => JUDGED.has(round.state));
  return { due: judged.length, completed: judged.filter((round) => round.state === "completed").length };
}

/** Whether somebody should look at this round: it was not whole, or something is said of it. */
export function needsLook(round: Round): boolean {
  return round.state === "missed" || round.state === "not_started" || round.findings.length > 0;
}
