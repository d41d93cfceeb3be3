/** What was told to people outside the console, what waits, and what could not be delivered. */
import { Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { ChannelCount, Notice } from "../api/types";
import { useText } from "../i18n/i18n";
import { ColumnHeads } from "../parts/ColumnHeads";
import { ChoiceFilter, SiteFilter } from "../parts/filters";
import { SeverityMark } from "../parts/severity";
import { Empty, ListState, More } from "../parts/states";
import { Instant } from "../parts/times";
import { NoticeStateWord } from "./NoticeStateWord";
import { useChannelCounts, useNotices } from "./queries";

const TABS = ["all", "waiting", "sent", "failed"] as const;
type Tab = (typeof TABS)[number];
const COLUMNS = ["state", "when", "severity", "what", "channel", "whom", "tries"] as const;

function NoticeRow({ notice }: { notice: Notice }) {
  const { t } = useTranslation();
  const read = useText();
  return (
    <tr>
      <td>
        <NoticeStateWord notice={notice} />
      </td>
      <td>
        <Instant at={notice.sent_at ?? notice.failed_at ?? notice.made_at} />
        {notice.next_at !== null && (
          <div className="muted">
            {t("notices.next")} <Instant at={notice.next_at} />
          </div>
        )}
      </td>
      <td>
        <SeverityMark severity={notice.severity} />
      </td>
      <td>
        {notice.alarm === null ? (
          read(notice.what)
        ) : (
          <Link to={`/alarms/${encodeURIComponent(notice.alarm)}`}>{read(notice.what)}</Link>
        )}{" "}
        {notice.status === "resolved" && <span className="muted">{t("notices.resolved")}</span>}
        <div className="muted">{read(notice.because)}</div>
      </td>
      <td>{notice.channel}</td>
      <td>
        {notice.whom !== null && read(notice.whom)}
        <div className="muted">{notice.receivers.join(", ")}</div>
      </td>
      <td data-word={t("notices.column.tries")}>
        <span className="figures">{notice.tries}</span>
        {notice.last_error !== null && <div className="muted notice-error">{notice.last_error}</div>}
      </td>
    </tr>
  );
}

function ChannelCounts({ counts }: { counts: readonly ChannelCount[] }) {
  const { t } = useTranslation();
  return (
    <ul className="channel-counts" aria-label={t("notices.by_channel")}>
      {counts.map(({ channel, sent, waiting, failed }) => (
        <li key={channel}>
          <strong>{channel}</strong>{" "}
          <span className="muted figures">{t("notices.counts", { sent, waiting })}</span>{" "}
          {failed > 0 && (
            <span className="notice-failed figures">{t("notices.failed", { count: failed })}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

export function NoticesPage() {
  const { t } = useTranslation();
  const [tab, setTab] = useState<Tab>("all");
  const [site, setSite] = useState<string>();
  const [channel, setChannel] = useState<string>();
  const list = useNotices({ site, channel, state: tab === "all" ? undefined : tab });
  const { data: counts = [] } = useChannelCounts(site);
  const shown = list.data ?? [];
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.notices")}</h1>
        <Segmented<Tab>
          value={tab}
          onChange={setTab}
          options={TABS.map((one) => ({ value: one, label: t(`notices.tab.${one}`) }))}
        />
        <div className="sheet-end">
          <SiteFilter value={site} onChange={setSite} />
          <ChoiceFilter
            by={t("notices.column.channel")}
            width={170}
            value={channel}
            options={counts.map((one) => ({ value: one.channel, label: one.channel }))}
            onChange={setChannel}
          />
        </div>
      </div>
      {counts.length > 0 && <ChannelCounts counts={counts} />}
      <div className="panel scroll-x">
        <ListState list={list} />
        {list.data !== undefined && shown.length === 0 && (
          <Empty title={t(`notices.none.${tab}`)}>{t("notices.none_means")}</Empty>
        )}
        {shown.length > 0 && (
          <table className="grid notices stacks" aria-label={t("nav.notices")}>
            <ColumnHeads columns={COLUMNS} words={(column) => t(`notices.column.${column}`)} />
            <tbody>
              {shown.map((notice) => (
                <NoticeRow key={notice.key} notice={notice} />
              ))}
            </tbody>
          </table>
        )}
      </div>
      <More list={list} />
    </div>
  );
}
