/** The installation itself: which part can do its work now, and which rules are in force. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import type { RulesReloaded } from "../api/types";
import { ListState, useErrorWords } from "../parts/states";
import { Instant } from "../parts/times";
import { useMay } from "../session/session";
import { useReadiness, useReload, useRevision } from "./queries";
import "./system.css";

/** A shape beside the word, so that nobody needs the colour. */
function shapeOf({ ready }: { ready: boolean }): string {
  return ready ? "●" : "✕";
}

function Parts() {
  const { t, i18n } = useTranslation();
  const list = useReadiness();
  const nameOf = (part: string): string => {
    const key = `system.part.${part}`;
    return i18n.exists(key) ? (t as (key: string) => string)(key) : part;
  };
  return (
    <section className="panel block" aria-label={t("system.parts")}>
      <h2 className="system-title">{t("system.parts")}</h2>
      <ListState list={list} />
      {list.data !== undefined && (
        <table className="grid" aria-label={t("system.parts")}>
          <tbody>
            {list.data.parts.map((one) => (
              <tr key={one.part}>
                <th scope="row" className="system-part">
                  {nameOf(one.part)}
                </th>
                <td className={one.ready ? "system-ready" : "system-away"}>
                  <span aria-hidden="true">{shapeOf(one)}</span>{" "}
                  {t(one.ready ? "system.ready" : "system.not_ready")}
                </td>
                <td className="muted">{one.detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Changes({ reloaded }: { reloaded: RulesReloaded }) {
  const { t } = useTranslation();
  const lists = (["added", "changed", "removed", "arrangements"] as const).filter(
    (name) => (reloaded[name] ?? []).length > 0,
  );
  if (lists.length === 0)
    return <p role="status">{t("system.unchanged", { revision: reloaded.revision })}</p>;
  return (
    <div role="status">
      <p>{t("system.revised", { revision: reloaded.revision })}</p>
      <dl className="facts">
        {lists.map((name) => (
          <div key={name} className="fact">
            <dt>{t(`system.${name}`)}</dt>
            <dd>
              <code>{(reloaded[name] ?? []).join(", ")}</code>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** What is wrong with the files, each with its place; what was in force still is. */
function Mistakes({ error }: { error: unknown }) {
  const words = useErrorWords();
  const places = error instanceof Problem ? error.errors : [];
  return (
    <div className="note-error" role="alert">
      <p>{words(error)}</p>
      {places.length > 0 && (
        <ul>
          {places.map(({ place, problem }) => (
            <li key={`${place} ${problem}`}>
              <code>{place}</code> {problem}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Rules() {
  const { t } = useTranslation();
  const mayChange = useMay("change_rules");
  const list = useRevision();
  const reload = useReload();
  const found = list.data;
  return (
    <section className="panel block" aria-label={t("system.rules")}>
      <h2 className="system-title">{t("system.rules")}</h2>
      <ListState list={list} />
      {found !== undefined && (
        <div className="system-body">
          <dl className="facts">
            <dt>{t("system.revision")}</dt>
            <dd>{found.revision ?? t("system.no_revision")}</dd>
            <dt>{t("system.count")}</dt>
            <dd>{found.rules}</dd>
            {found.revised_at !== null && (
              <>
                <dt>{t("system.revised_at")}</dt>
                <dd>
                  <Instant at={found.revised_at} /> <span className="muted">{found.revised_by}</span>
                </dd>
              </>
            )}
          </dl>
          {mayChange && (
            <>
              <p className="muted">{t("system.reload_means")}</p>
              <Button loading={reload.isPending} onClick={() => reload.mutate()}>
                {t("system.reload")}
              </Button>
            </>
          )}
          {reload.error !== null && <Mistakes error={reload.error} />}
          {reload.data !== undefined && <Changes reloaded={reload.data} />}
        </div>
      )}
    </section>
  );
}

export function SystemPage() {
  const { t } = useTranslation();
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.system")}</h1>
      </div>
      <div className="system">
        <Parts />
        <Rules />
      </div>
    </div>
  );
}
