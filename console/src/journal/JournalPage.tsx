/** The journal of a site: what happened, who did it, and what was said with it. For whoever answers for the site. */
import { Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { EventView } from "../api/types";
import { useText } from "../i18n/i18n";
import { useOrderNumber } from "../orders/queries";
import { ColumnHeads } from "../parts/ColumnHeads";
import { ChoiceFilter } from "../parts/filters";
import { useSites } from "../parts/places";
import { Empty, ListState, More } from "../parts/states";
import { Told, useHappened } from "../parts/Timeline";
import { Instant } from "../parts/times";
import { useJournal, type JournalSieve } from "./queries";
import { NOUNS, restOf } from "./reading";
import "./journal.css";

const COLUMNS = ["number", "at", "what", "about", "who", "said"] as const;
const ACTORS = ["person", "program", "rule", "timer"] as const;
const ACCOUNT = /^[A-Za-z0-9_.@-]{1,64}$/;

function About({ event }: { event: EventView }) {
  const numberOf = useOrderNumber();
  const { t } = useTranslation();
  return (
    <>
      {event.device !== null && event.device !== undefined && (
        <Link to={`/devices/${encodeURIComponent(event.site)}/${encodeURIComponent(event.device)}`}>
          {event.device}
        </Link>
      )}{" "}
      {event.alarm != null && (
        <Link to={`/alarms/${encodeURIComponent(event.alarm)}`}>{t("journal.alarm")}</Link>
      )}{" "}
      {event.work_order != null && (
        <Link to={`/orders/${encodeURIComponent(event.work_order)}`}>{numberOf(event.work_order)}</Link>
      )}
    </>
  );
}

function JournalRow({ event }: { event: EventView }) {
  const { t } = useTranslation();
  const happened = useHappened();
  const rest = restOf(event);
  return (
    <tr>
      <td className="figures muted">{event.number}</td>
      <td>
        <Instant at={event.at} />
      </td>
      <td>
        {happened(event.type)}
        <div className="muted">
          <code>{event.type}</code>
        </div>
      </td>
      <td>
        <About event={event} />
      </td>
      <td>
        {event.actor.name}
        <div className="muted">
          {t(`actor.${event.actor.type}`)}
          {event.actor.role != null && <> · {t(`role.${event.actor.role}`)}</>}
        </div>
      </td>
      <td className="journal-said">
        <Told event={event} />
        {rest !== undefined && (
          <details>
            <summary>{t("journal.data")}</summary>
            <pre className="journal-data">{rest}</pre>
          </details>
        )}
      </td>
    </tr>
  );
}

interface FiltersProps {
  sieve: JournalSieve;
  onChange: (sieve: JournalSieve) => void;
}

function Filters({ sieve, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const search = () => onChange({ ...sieve, actor: ACCOUNT.test(name.trim()) ? name.trim() : undefined });
  return (
    <>
      <ChoiceFilter
        by={t("journal.noun")}
        width={150}
        value={sieve.noun}
        options={NOUNS.map((noun) => ({ value: noun, label: t(`journal.nouns.${noun}`) }))}
        onChange={(noun) => onChange({ ...sieve, noun })}
      />
      <ChoiceFilter
        by={t("journal.column.who")}
        width={130}
        value={sieve.actorType}
        options={ACTORS.map((one) => ({ value: one, label: t(`actor.${one}`) }))}
        onChange={(actorType) => onChange({ ...sieve, actorType })}
      />
      <Input
        allowClear
        type="search"
        aria-label={t("journal.actor")}
        placeholder={t("journal.actor")}
        style={{ width: 170 }}
        maxLength={64}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onBlur={search}
        onPressEnter={search}
      />
      <Input
        type="date"
        aria-label={t("journal.day")}
        title={t("journal.day")}
        style={{ width: 150 }}
        value={sieve.day ?? ""}
        onChange={(event) => onChange({ ...sieve, day: event.target.value || undefined })}
      />
    </>
  );
}

export function JournalPage() {
  const { t } = useTranslation();
  const read = useText();
  const { data: sites = [] } = useSites();
  const [chosen, choose] = useState<string>();
  const [sieve, setSieve] = useState<JournalSieve>({});
  const site = chosen ?? sites[0]?.id;
  const list = useJournal(site, sieve);
  const events = list.data ?? [];
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.journal")}</h1>
        {sites.length > 1 && (
          <Select
            aria-label={t("filter.site")}
            style={{ width: 150 }}
            value={site}
            options={sites.map((one) => ({ value: one.id, label: read(one.name) }))}
            onChange={choose}
          />
        )}
        <div className="sheet-end">
          <Filters sieve={sieve} onChange={setSieve} />
        </div>
      </div>
      <div className="panel scroll-x">
        <ListState list={list} />
        {list.data !== undefined && events.length === 0 && <Empty title={t("journal.none")} />}
        {events.length > 0 && (
          <table className="grid journal" aria-label={t("nav.journal")}>
            <ColumnHeads columns={COLUMNS} words={(column) => t(`journal.column.${column}`)} />
            <tbody>
              {events.map((event) => (
                <JournalRow key={`${event.site}:${event.number}`} event={event} />
              ))}
            </tbody>
          </table>
        )}
      </div>
      <More list={list} />
    </div>
  );
}
