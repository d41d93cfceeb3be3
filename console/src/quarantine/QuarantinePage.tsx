/** What could not be read, for whoever looks after the devices. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, taken } from "../api/client";
import type { Quarantined } from "../api/types";
import { ColumnHeads } from "../parts/ColumnHeads";
import { Empty, Failed, Loading, More } from "../parts/states";
import { Age } from "../parts/times";
import "./quarantine.css";

const PAGE = 100;
const REFRESH_MS = 10_000;
const COLUMNS = ["topic", "reason", "payload", "count", "seen"] as const;

function useQuarantine() {
  return useInfiniteQuery({
    queryKey: ["quarantine"],
    initialPageParam: undefined as string | undefined,
    refetchInterval: REFRESH_MS,
    queryFn: ({ pageParam: cursor, signal }) =>
      taken(api.GET("/api/v1/quarantine", { params: { query: { limit: PAGE, cursor } }, signal })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

function useReason(): (reason: string) => string {
  const { t, i18n } = useTranslation();
  return (reason) => {
    const key = `reject.${reason}`;
    return i18n.exists(key) ? (t as (key: string) => string)(key) : reason.replaceAll("_", " ");
  };
}

function Row({ entry }: { entry: Quarantined }) {
  const { t } = useTranslation();
  const reason = useReason();
  return (
    <tr>
      <td>
        <code>{entry.topic}</code>
      </td>
      <td>
        {reason(entry.reason)} {entry.metric !== null && <code>{entry.metric}</code>}
        <div className="muted">{entry.detail}</div>
      </td>
      <td>
        <details>
          <summary>{t("quarantine.bytes", { count: entry.size })}</summary>
          <pre className="quarantine-head">{entry.head}</pre>
        </details>
      </td>
      <td className="end figures" data-word={t("quarantine.column.count")}>
        {entry.count}
      </td>
      <td className="end" data-word={t("quarantine.column.seen")}>
        <Age since={entry.last_at} />
      </td>
    </tr>
  );
}

export function QuarantinePage() {
  const { t } = useTranslation();
  const list = useQuarantine();
  const { data, error, isPending, refetch } = list;
  const entries = data?.pages.flatMap((page) => page.items) ?? [];
  const total = data?.pages[0]?.total;
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.quarantine")}</h1>
        {typeof total === "number" && (
          <span className="muted">{t("quarantine.total", { count: total })}</span>
        )}
      </div>
      <div className="panel">
        {isPending && <Loading />}
        {error !== null && data === undefined && <Failed error={error} retry={() => void refetch()} />}
        {data !== undefined && entries.length === 0 && (
          <Empty title={t("quarantine.none")}>{t("quarantine.none_means")}</Empty>
        )}
        {entries.length > 0 && (
          <table className="grid quarantine stacks">
            <ColumnHeads
              columns={COLUMNS}
              words={(column) => t(`quarantine.column.${column}`)}
              end={(column) => column === "count" || column === "seen"}
            />
            <tbody>
              {entries.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        )}
      </div>
      <More list={list} />
    </div>
  );
}
