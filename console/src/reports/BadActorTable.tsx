/** The most often raised first, each with the way to its device, and its alarms below it when they are asked for. */
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { BadActor } from "../api/types";
import { useText } from "../i18n/i18n";
import { ColumnHeads } from "../parts/ColumnHeads";
import { aboutWhat, usePlaceName, useSites } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { ListState, More } from "../parts/states";
import { Age, Instant } from "../parts/times";
import { devicePath, keyOf } from "./badActors";
import { useAlarmsOf } from "./queries";

const COLUMNS = ["times", "severity", "what", "subject", "last", "alarms"] as const;

export function BadActorTable({ actors }: { actors: readonly BadActor[] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<string>();
  const most = Math.max(...actors.map((one) => one.times));
  return (
    <div className="scroll-x">
      <table className="grid actors stacks" aria-label={t("reports.tab.actors")}>
        <ColumnHeads
          columns={COLUMNS}
          words={(column) => t(`actors.column.${column}`)}
          end={(column) => column === "alarms"}
        />
        <tbody>
          {actors.map((actor) => {
            const key = keyOf(actor);
            return (
              <ActorRows
                key={key}
                actor={actor}
                share={actor.times / most}
                open={open === key}
                onOpen={() => setOpen(open === key ? undefined : key)}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  actor: BadActor;
  /** Of the most often raised one: 0 to 1. */
  share: number;
  open: boolean;
  onOpen: () => void;
}

function ActorRows({ actor, share, open, onOpen }: RowProps) {
  const { t } = useTranslation();
  const read = useText();
  return (
    <>
      <tr data-selected={open || undefined}>
        <td className="actor-times">
          <strong className="figures">{actor.times}</strong>
          <span className="actor-bar" aria-hidden="true">
            <span style={{ width: `${(share * 100).toFixed(1)}%` }} />
          </span>
        </td>
        <td>{actor.rule !== null && <SeverityMark severity={actor.severity} />}</td>
        <td>
          {actor.rule === null ? (
            <span className="muted">{t("actors.any_rule", { title: read(actor.title) })}</span>
          ) : (
            <>
              {read(actor.title)} <code className="muted">{actor.rule}</code>
            </>
          )}{" "}
          {actor.chattering && <strong>{t("alarms.chattering")}</strong>}
        </td>
        <td>
          <Subject actor={actor} />
        </td>
        <td>
          <Age since={actor.last_at} />
        </td>
        <td className="end">
          <Button size="small" aria-expanded={open} onClick={onOpen}>
            {t("actors.alarms", { count: actor.alarms })}
          </Button>
        </td>
      </tr>
      {open && (
        <tr className="actor-alarms">
          <td colSpan={COLUMNS.length}>
            <AlarmsOf actor={actor} />
          </td>
        </tr>
      )}
    </>
  );
}

function Subject({ actor }: { actor: BadActor }) {
  const { t } = useTranslation();
  const place = usePlaceName();
  const { data: sites = [] } = useSites();
  const { subject } = actor;
  const site = sites.length > 1 ? place({ site: actor.site }) : "";
  if (subject === null) return <span className="muted">{site}</span>;
  const path = devicePath(actor);
  const name = aboutWhat({ device: null, subject });
  return (
    <>
      {path === undefined ? name : <Link to={path}>{name}</Link>}{" "}
      <span className="muted">
        {[subject.type === "device" ? "" : t(`subject.${subject.type}`), site].filter(Boolean).join(" · ")}
      </span>
    </>
  );
}

/** All alarms of it that the ledger has, the newest first: one that began before the span may have come again in it. */
function AlarmsOf({ actor }: { actor: BadActor }) {
  const { t } = useTranslation();
  const read = useText();
  const place = usePlaceName();
  const list = useAlarmsOf(actor);
  return (
    <>
      <ListState list={list} />
      <ul aria-label={t("nav.alarms")}>
        {list.data?.map((alarm) => (
          <li key={alarm.id}>
            <Link to={`/alarms/${encodeURIComponent(alarm.id)}`}>
              <Instant at={alarm.last_raised_at} />
            </Link>{" "}
            {actor.rule === null && read(alarm.title)} {actor.subject === null && aboutWhat(alarm)}{" "}
            <span className="muted">{place(alarm)}</span> {t(`alarm_state.${alarm.state}`)}{" "}
            {alarm.occurrences > 1 && (
              <span className="muted">{t("alarms.occurrences", { count: alarm.occurrences })}</span>
            )}
          </li>
        ))}
      </ul>
      <More list={list} />
    </>
  );
}
