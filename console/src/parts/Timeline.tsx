/** What happened, oldest first, in words: the events of an alarm or of a work order. */
import { useTranslation } from "react-i18next";
import type { EventView } from "../api/types";
import { writeInstant } from "../i18n/instant";
import { Instant } from "./times";
import "./timeline.css";

/** What of an event's data a person wants to read at once, in this order. */
const TOLD = [
  "clock",
  "due_at",
  "assignee",
  "proposed",
  "reason",
  "cause",
  "verdict",
  "until",
  "approver",
  "promised_at",
  "told_whom",
  "stamp",
  "note",
] as const;
type Told = (typeof TOLD)[number];

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
/** Every event of an order names its assignee; it is news only where somebody gets the order. */
const GIVES: ReadonlySet<EventView["type"]> = new Set<EventView["type"]>(["workorder.dispatched"]);

function told(event: EventView): { name: Told; value: string }[] {
  return TOLD.flatMap((name) => {
    const value = event.data?.[name];
    if (typeof value !== "string" || value === "" || (name === "assignee" && !GIVES.has(event.type)))
      return [];
    return [{ name, value }];
  });
}

function useWritten(): (name: Told, value: string) => string {
  const { t, i18n } = useTranslation();
  return (name, value) => {
    if (INSTANT.test(value)) return writeInstant(value);
    const key = name === "clock" ? `clock.name.${value}` : `verdict.${value}`;
    const coded = (name === "clock" || name === "verdict") && i18n.exists(key);
    return coded ? (t as (key: string) => string)(key) : value;
  };
}

/** What happened, in words; an event that is newer than this page goes by its own name. */
function useHappened(): (type: EventView["type"]) => string {
  const { t, i18n } = useTranslation();
  return (type) => (i18n.exists(`event.${type}`) ? t(`event.${type}`) : type.replaceAll(/[._]/g, " "));
}

export function Timeline({ events }: { events: readonly EventView[] }) {
  const { t } = useTranslation();
  const written = useWritten();
  const happened = useHappened();
  return (
    <ol className="timeline">
      {events.map((event) => (
        <li key={`${event.site}:${event.number}`}>
          <Instant at={event.at} />
          <div>
            <span>{happened(event.type)}</span>{" "}
            <span className="muted">
              {event.actor.type === "person" || event.actor.type === "program"
                ? event.actor.name
                : t(`actor.${event.actor.type}`)}
            </span>
            {told(event).map(({ name, value }) => (
              <p key={name} className="timeline-told">
                <span className="muted">{t(`told.${name}`)}</span> {written(name, value)}
              </p>
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
}
