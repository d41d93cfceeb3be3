/** What was told to people outside the console about one alarm. */
import { useTranslation } from "react-i18next";
import { NoticeStateWord } from "../notices/NoticeStateWord";
import { useNoticesOf } from "../notices/queries";
import { Failed, Loading } from "../parts/states";
import { Instant } from "../parts/times";
import { useText } from "../i18n/i18n";

export function AlarmNotices({ id }: { id: string }) {
  const { t } = useTranslation();
  const read = useText();
  const { data: notices, error, isPending, refetch } = useNoticesOf(id);
  if (isPending) return <Loading />;
  if (notices === undefined) return <Failed error={error} retry={() => void refetch()} />;
  if (notices.length === 0) return <p className="muted">{t("notices.none_of_alarm")}</p>;
  return (
    <ol className="timeline">
      {notices.map((notice) => (
        <li key={notice.key}>
          <Instant at={notice.sent_at ?? notice.failed_at ?? notice.made_at} />
          <div>
            <NoticeStateWord notice={notice} /> {notice.channel}{" "}
            <span className="muted">
              {[notice.whom === null ? "" : read(notice.whom), notice.receivers.join(", ")]
                .filter((word) => word !== "")
                .join(": ")}
            </span>
            <p className="timeline-told muted">{read(notice.because)}</p>
            {notice.last_error !== null && <p className="timeline-told">{notice.last_error}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
