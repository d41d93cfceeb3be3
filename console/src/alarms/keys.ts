/** The keyboard of the alarm list. */
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { Alarm } from "../api/types";
import { isUnacknowledged } from "./order";

type Listed = Pick<Alarm, "id" | "state">;

interface Options {
  alarms: readonly Listed[];
  paused: boolean;
  mayHandle: boolean;
  onOpen: (id: string) => void;
  onAcknowledge: (id: string) => void;
}

const MOVES: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
const TYPING = "input, textarea, select, [contenteditable], [role=dialog], [role=listbox], [role=combobox]";

/** The id that a move ends on. From nowhere it begins at the top, or where the selection last was. */
export function moved(
  alarms: readonly Listed[],
  selected: string | undefined,
  lastIndex: number,
  by: number,
): string | undefined {
  const index = alarms.findIndex((alarm) => alarm.id === selected);
  const next = index >= 0 ? index + by : Math.max(0, lastIndex);
  return alarms[Math.min(Math.max(next, 0), alarms.length - 1)]?.id;
}

/** The selection, and what keys do to it. Keys work wherever the focus is, except while somebody types. */
export function useAlarmKeys({ alarms, paused, mayHandle, onOpen, onAcknowledge }: Options) {
  const [chosen, select] = useState<string>();
  const lastIndex = useRef(0);
  const index = alarms.findIndex((alarm) => alarm.id === chosen);
  const alarm = alarms[index];

  useEffect(() => {
    if (index >= 0) lastIndex.current = index;
  }, [index]);

  useEffect(() => {
    if (chosen !== undefined)
      document.getElementById(`alarm-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const act = (event: KeyboardEvent): boolean => {
    if (paused || event.ctrlKey || event.metaKey || event.altKey) return false;
    const by = MOVES[event.key];
    if (by !== undefined) {
      select(moved(alarms, alarm?.id, lastIndex.current, by));
      return true;
    }
    if (alarm === undefined) return false;
    if (event.key === "Enter") onOpen(alarm.id);
    else if (event.key === "a" && mayHandle && isUnacknowledged(alarm.state) && !event.repeat)
      onAcknowledge(alarm.id);
    else return false;
    return true;
  };

  const onWindowKey = useEffectEvent((event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target : document.body;
    const pressed = event.key === "Enter" && target.matches("a, button, summary");
    const elsewhere = pressed || target.closest(TYPING) !== null;
    if (!event.defaultPrevented && !elsewhere && act(event)) event.preventDefault();
  });

  useEffect(() => {
    const listen = (event: KeyboardEvent) => onWindowKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);

  return { selected: alarm?.id, select };
}
