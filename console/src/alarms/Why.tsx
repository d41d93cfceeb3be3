/**
 * Why an alarm was raised: what was judged, as it was at that moment.
 *
 * The record is the judge's own and may grow: the parts known here are laid out for reading, anything else is listed
 * by its name, so that nothing of the reason is ever left out.
 */
import { useTranslation } from "react-i18next";
import type { Kind } from "../api/types";
import { writeInstant } from "../i18n/instant";
import { useText, type Text } from "../i18n/i18n";
import { useKinds } from "../parts/places";
import { writeValue } from "../parts/values";
import { Leaves } from "./WhyLeaves";
import { WhyStanding } from "./WhyStanding";
import { asLeaves, asRecord, type Fields } from "./whyRecord";
import "./why.css";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

export interface WhyReader {
  kind: Kind | undefined;
  read: (text: Text) => string;
  word: (name: string) => string;
}

export function nameOf(name: string, { kind, read, word }: WhyReader): string {
  const metric = kind?.metrics.find((one) => one.name === name);
  return metric === undefined ? word(name) : read(metric.label);
}

export function written(name: string, value: unknown, { kind, read, word }: WhyReader): string {
  const metric = kind?.metrics.find((one) => one.name === name);
  if (value === null || value === undefined) return word("none");
  if (typeof value === "string" && INSTANT.test(value)) return writeInstant(value);
  if (typeof value === "string" && metric === undefined) return word(value);
  if (typeof value === "boolean" || typeof value === "number" || typeof value === "string")
    return writeValue(value, metric, read, word);
  return JSON.stringify(value);
}

function List({ part, reader }: { part: Fields; reader: WhyReader }) {
  const told = Object.entries(part).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  return (
    <dl className="facts">
      {told.map(([name, value]) => {
        const inner = asRecord(value);
        return (
          <div key={name} className="fact">
            <dt>{nameOf(name, reader)}</dt>
            <dd>
              {inner === undefined ? written(name, value, reader) : <List part={inner} reader={reader} />}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

export function Why({ why, kind, rule }: { why: Fields; kind: string | null; rule: string }) {
  const { t, i18n } = useTranslation();
  const read = useText();
  const { data: kinds } = useKinds();
  const word = (name: string): string => {
    const key = `why.word.${name}`;
    return i18n.exists(key) ? (t as (key: string) => string)(key) : name.replaceAll("_", " ");
  };
  const reader: WhyReader = { kind: kind === null ? undefined : kinds?.get(kind), read, word };
  const { leaves, filter, reading, hold, known, raised, report, standing, ...others } = why;
  const filtered = asRecord(filter);
  return (
    <>
      <p className="muted">
        {t("why.rule")} <code>{rule}</code>
      </p>
      <WhyStanding raised={asRecord(raised)} report={asRecord(report)} standing={asRecord(standing)} />
      <Leaves leaves={asLeaves(leaves)} reader={reader} />
      {filtered !== undefined && (
        <>
          <h4 className="why-part">{t("why.filter")}</h4>
          <Leaves leaves={asLeaves(filtered.leaves)} reader={reader} />
        </>
      )}
      {Object.entries({ hold, reading, ...others, holds: undefined }).map(([name, part]) => {
        const fields = asRecord(part);
        return part === undefined || part === null ? null : (
          <div key={name}>
            <h4 className="why-part">{word(name)}</h4>
            {fields === undefined ? written(name, part, reader) : <List part={fields} reader={reader} />}
          </div>
        );
      })}
      {asRecord(known) !== undefined && (
        <details className="why-part">
          <summary>{t("why.known")}</summary>
          <List part={asRecord(known) ?? {}} reader={reader} />
        </details>
      )}
    </>
  );
}
