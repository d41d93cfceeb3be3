/** What hides an alarm: a person's measure in their words, or the alarm that explains it; else by its bare name. */
import { Link } from "react-router";
import { useOpenAlarms } from "../alarms/queries";
import type { Alarm } from "../api/types";
import { useText } from "../i18n/i18n";
import { useMeasures } from "./queries";

export function HiddenBy({ alarm }: { alarm: Pick<Alarm, "standing_by"> }) {
  const read = useText();
  const { data: measures = [] } = useMeasures();
  const { data: alarms = [] } = useOpenAlarms();
  const measure = measures.find((one) => one.id === alarm.standing_by);
  const cause = alarms.find((one) => one.id === alarm.standing_by);
  if (measure !== undefined)
    return (
      <>
        {measure.reason}{" "}
        <span className="muted">{[measure.by, measure.second].filter(Boolean).join(" + ")}</span>
      </>
    );
  if (cause !== undefined)
    return (
      <Link to={`/alarms/${encodeURIComponent(cause.id)}`}>
        {cause.device ?? cause.subject.id} · {read(cause.title)}
      </Link>
    );
  return <span>{alarm.standing_by}</span>;
}
