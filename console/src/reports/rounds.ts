/** Completion of rounds, put together from days: by route, and by guard. Pure. */
import type { RouteDay } from "../api/types";

export interface RouteFigure {
  key: string;
  route: RouteDay;
  due: number;
  completed: number;
  pointsDue: number;
  pointsPassed: number;
}

export interface GuardFigure {
  guard: string;
  rounds: number;
  completed: number;
  points: number;
}

/** One figure a route over all its days, in the order of site and route. */
export function byRoute(days: readonly RouteDay[]): RouteFigure[] {
  const figures = new Map<string, RouteFigure>();
  for (const day of days) {
    const key = `${day.site}/${day.route}`;
    const sum = figures.get(key) ?? {
      key,
      route: day,
      due: 0,
      completed: 0,
      pointsDue: 0,
      pointsPassed: 0,
    };
    sum.due += day.due;
    sum.completed += day.completed;
    sum.pointsDue += day.points_due;
    sum.pointsPassed += day.points_passed;
    figures.set(key, sum);
  }
  return [...figures.values()].sort((one, other) => one.key.localeCompare(other.key));
}

/** One figure a guard over all routes and days, by name. */
export function byGuard(days: readonly RouteDay[]): GuardFigure[] {
  const figures = new Map<string, GuardFigure>();
  for (const share of days.flatMap((day) => day.guards)) {
    const sum = figures.get(share.guard) ?? { guard: share.guard, rounds: 0, completed: 0, points: 0 };
    sum.rounds += share.rounds;
    sum.completed += share.completed;
    sum.points += share.points;
    figures.set(share.guard, sum);
  }
  return [...figures.values()].sort((one, other) => one.guard.localeCompare(other.guard));
}
