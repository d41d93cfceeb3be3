/**
 * Why an alarm was raised: the rule, the reading and what was judged, as it was at that moment.
 *
 * The record is the judge's own and may grow: what this page has a word for is shown by that word, anything else by its
 * name, so that nothing of the reason is ever left out.
 */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Kind } from "../api/types";
import { writeInstant } from "../i18n/instant";
import { useText, type Text } from "../i18n/i18n";
import { writeValue } from "../parts/values";
import { useKinds } from "../parts/places";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const EPOCH_MS = /_ms$/;
const EARLIEST_EPOCH_MS = 946_684_800_000;

interface Reader {
  kind: Kind | undefined;
  read: (text: Text) => string;
  word: (name: string) => string;
}

/** A metric of the kind goes by its label, a part of the record by its word. */
function nameOf(name: string, { kind, read, word }: Reader): string {
  const metric = kind?.metrics.find((one) => one.name === name);
  return metric === undefined ? word(name) : read(metric.label);
}

function scalar(name: string, value: unknown, reader: Reader): string {
  const metric = reader.kind?.metrics.find((one) => one.name === name);
  if (typeof value === "boolean" || typeof value === "number" || typeof value === "string") {
    if (metric !== undefined) return writeValue(value, metric, reader.read, reader.word);
    if (typeof value === "string" && INSTANT.test(value)) return writeInstant(value);
    if (typeof value === "number" && EPOCH_MS.test(name) && value > EARLIEST_EPOCH_MS)
      return writeInstant(value);
    return typeof value === "boolean" ? reader.word(value ? "yes" : "no") : String(value);
  }
  return reader.word("none");
}

function shown(name: string, value: unknown, reader: Reader): ReactNode {
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    return (
      <ul className="why-list">
        {items.map((item, index) => (
          <li key={index}>{shown(name, item, reader)}</li>
        ))}
      </ul>
    );
  }
  if (typeof value === "object" && value !== null)
    return <Part part={value as Record<string, unknown>} reader={reader} />;
  return scalar(name, value, reader);
}

function Part({ part, reader }: { part: Record<string, unknown>; reader: Reader }) {
  return (
    <dl className="facts">
      {Object.entries(part).map(([name, value]) => (
        <div key={name} className="why-row">
          <dt>{nameOf(name, reader)}</dt>
          <dd>{shown(name, value, reader)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface Props {
  why: Record<string, unknown>;
  kind: string | null;
  rule: string;
}

export function Why({ why, kind, rule }: Props) {
  const { t, i18n } = useTranslation();
  const read = useText();
  const { data: kinds } = useKinds();
  const word = (name: string): string => {
    const key = `why.word.${name}`;
    return i18n.exists(key) ? (i18n.t as (key: string) => string)(key) : name.replaceAll("_", " ");
  };
  const reader: Reader = { kind: kind === null ? undefined : kinds?.get(kind), read, word };
  return (
    <>
      <p className="muted">
        {t("why.rule")} <code>{rule}</code>
      </p>
      <Part part={why} reader={reader} />
    </>
  );
}
