/** One unit and what it owes: how it stands in a word, by when, when it was done last and by whom. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Duty } from "../api/types";
import { useText } from "../i18n/i18n";
import { cycleOf, mayBeRecorded } from "./board";
import type { Decision } from "./queries";

interface Props {
  duty: Duty;
  mayDecide: boolean;
  decide: (decision: Decision) => void;
}

interface RowProps extends Props {
  record: () => void;
}

function useCycleWords(): (cycle: Duty["cycle"]) => string {
  const { t } = useTranslation();
  return (cycle) => {
    const [unit, count] = cycleOf(cycle);
    return t(`duties.every.${unit}`, { count });
  };
}

function Proposed({ duty, mayDecide, decide }: Props) {
  const { t } = useTranslation();
  const words = useCycleWords();
  if (duty.proposal === null) return null;
  return (
    <div className="duty-proposal">
      <Link to={`/orders/${encodeURIComponent(duty.proposal.order)}`}>
        {t("duties.proposed", { count: duty.proposal.alarms.length, cycle: words(duty.proposal.cycle) })}
      </Link>
      {mayDecide && (
        <>
          <Button size="small" onClick={() => decide("accept-cycle")}>
            {t("duties.accept")}
          </Button>
          <Button size="small" onClick={() => decide("decline-cycle")}>
            {t("duties.decline")}
          </Button>
        </>
      )}
    </div>
  );
}

export function DutyRow({ duty, mayDecide, decide, record }: RowProps) {
  const { t } = useTranslation();
  const read = useText();
  const words = useCycleWords();
  const { last_done: last, override } = duty;
  return (
    <tr>
      <td>
        <strong>{duty.per === "site" ? "" : duty.unit}</strong>{" "}
        <span className="muted">{duty.name !== null && read(duty.name)}</span>
      </td>
      <td className={`duty-state duty-state-${duty.state}`}>
        {duty.order === null ? (
          t(`duties.state.${duty.state}`)
        ) : (
          <Link to={`/orders/${encodeURIComponent(duty.order)}`}>{t(`duties.state.${duty.state}`)}</Link>
        )}
      </td>
      <td className="figures">{duty.due_day}</td>
      <td>
        {last === null ? (
          <span className="muted">{t("duties.never", { day: duty.since })}</span>
        ) : (
          <>
            <span className="figures">{last.day}</span>{" "}
            <span className="muted">
              {last.by}
              {last.late && ` · ${t("duties.late")}`}
            </span>
          </>
        )}
      </td>
      <td>
        {override !== null && (
          <span title={override.reason}>
            {t("duties.override", { cycle: words(override.cycle), who: override.by })}{" "}
            {mayDecide && (
              <Button size="small" onClick={() => decide("restore-cycle")}>
                {t("duties.restore")}
              </Button>
            )}
          </span>
        )}
        <Proposed duty={duty} mayDecide={mayDecide} decide={decide} />
      </td>
      <td className="end">
        {mayDecide && mayBeRecorded(duty) && (
          <Button size="small" onClick={record}>
            {t("duties.record")}
          </Button>
        )}
      </td>
    </tr>
  );
}
