/** Tells screen readers of each new urgent or life-safety alarm, once an occurrence. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useText } from "../i18n/i18n";
import { usePlaceName } from "../parts/places";
import { isUnacknowledged } from "./order";
import { useOpenAlarms } from "./queries";
import { occurrenceKey } from "./sounding";

export function AlarmAnnouncer() {
  const { t } = useTranslation();
  const read = useText();
  const place = usePlaceName();
  const { data: alarms } = useOpenAlarms();
  const known = useRef<ReadonlySet<string> | undefined>(undefined);
  const [said, say] = useState("");

  useEffect(() => {
    if (alarms === undefined) return;
    const pressing = alarms.filter(
      (alarm) => (alarm.life_safety || alarm.severity === "urgent") && isUnacknowledged(alarm.state),
    );
    const before = known.current;
    known.current = new Set(pressing.map(occurrenceKey));
    // What was there when the page was opened is on the page; only news is announced.
    const news = before === undefined ? [] : pressing.filter((alarm) => !before.has(occurrenceKey(alarm)));
    if (news.length === 0) return;
    say(
      news
        .map((alarm) =>
          t(alarm.life_safety ? "alarms.announce_life_safety" : "alarms.announce_urgent", {
            title: read(alarm.title),
            place: place(alarm),
          }),
        )
        .join(" "),
    );
  }, [alarms, place, read, t]);

  return (
    <div className="unseen" aria-live="assertive">
      {said}
    </div>
  );
}
