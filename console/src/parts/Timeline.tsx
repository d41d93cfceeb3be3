/** What happened, oldest first, in words: the events of an alarm or of a work order. */
import { useTranslation } from "react-i18next";
import type { EventView } from "../api/types";
import { useText, type Text } from "../i18n/i18n";
import { writeInstant } from "../i18n/instant";
import { Instant } from "./times";
import "./timeline.css";

/** What of an event's data a person wants to read at once, in this order. */
const TOLD = [
  "account",
  "role",
  "clock",
  "due_at",
  "assignee",
  "proposed",
  "reason",
  "cause",
  "verdict",
  "until",
  "second",
  "approver",
  "promised_at",
  "told_whom",
  "stamp",
  "file",
  "signed_by",
  "where",
  "led_to",
  "follows",
  "note",
] as const;

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
/** Every event of an order names its assignee; it is news only where somebody gets the order. */
const GIVES: ReadonlySet<EventView["type"]> = new Set<EventView["type"]>(["workorder.dispatched"]);

type ToldName = (typeof TOLD)[number];

/** Where the words of what is a code are. */
const CODED: Partial<Record<ToldName, string>> = {
  clock: "clock.name",
  verdict: "verdict",
  role: "role",
};

/** An event of a shelf, a test or a device out of service tells of that measure. */
function saidOf(event: EventView): Record<string, unknown> {
  const measure = event.data?.measure;
  return { ...(typeof measure === "object" && measure !== null ? measure : {}), ...event.data };
}

function told(event: EventView): { name: ToldName; value: string }[] {
  const said = saidOf(event);
  return TOLD.flatMap((name) => {
    const value = said[name];
    if (typeof value !== "string" || value === "") return [];
    if (name === "assignee" && !GIVES.has(event.type)) return [];
    if (name === "role" && said.account === undefined) return []; // a process's, and no word of ours
    return [{ name, value }];
  });
}

function useWritten(): (name: ToldName, value: string) => string {
  const { t, i18n } = useTranslation();
  return (name, value) => {
    if (INSTANT.test(value)) return writeInstant(value);
    const words = CODED[name];
    const key = `${words}.${value}`;
    return words !== undefined && i18n.exists(key) ? (t as (key: string) => string)(key) : value;
  };
}

/** What happened, in words; an event that is newer than this page goes by its own name. */
export function useHappened(): (type: EventView["type"]) => string {
  const { t, i18n } = useTranslation();
  return (type) => (i18n.exists(`event.${type}`) ? t(`event.${type}`) : type.replaceAll(/[._]/g, " "));
}

/** What was said with an event, in words. */
export function Told({ event }: { event: EventView }) {
  const { t } = useTranslation();
  const written = useWritten();
  const read = useText();
  const moment = event.data?.stamp_title as Text | undefined; // what the order's form calls it
  return told(event).map(({ name, value }) => (
    <p key={name} className="timeline-told">
      <span className="muted">{t(`told.${name}`)}</span>{" "}
      {name === "stamp" && moment !== undefined ? read(moment) : written(name, value)}
    </p>
  ));
}

export function Timeline({ events }: { events: readonly EventView[] }) {
  const { t } = useTranslation();
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
            <Told event={event} />
          </div>
        </li>
      ))}
    </ol>
  );
}
