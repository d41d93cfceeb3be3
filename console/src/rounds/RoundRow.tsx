/** One round: when, how it stands in a word, its points as a strip, and what there is to say of it. */
import { Tooltip } from "antd";
import { useTranslation } from "react-i18next";
import type { Round } from "../api/types";
import { useText } from "../i18n/i18n";
import { writeInstant, writeTime } from "../i18n/instant";

type Point = Round["points"][number];

/** A shape for each state, so that nobody needs the colours. */
const SHAPES: Record<Point["state"], string> = { waiting: "○", passed: "●", late: "◐", missed: "✕" };

function PointMark({ point }: { point: Point }) {
  const { t } = useTranslation();
  const read = useText();
  const words = [
    point.name === null ? point.id : read(point.name),
    t(`rounds.point.${point.state}`),
    point.at === null ? "" : writeInstant(point.at),
    point.guard ?? "",
  ].filter((word) => word !== "");
  return (
    <Tooltip title={words.join(" · ")}>
      <li className={`round-point round-point-${point.state}`} aria-label={words.join(", ")}>
        {SHAPES[point.state]}
      </li>
    </Tooltip>
  );
}

export function RoundRow({ round }: { round: Round }) {
  const { t } = useTranslation();
  const passed = round.points.filter((point) => point.at !== null).length;
  return (
    <tr>
      <td className="figures round-start" title={writeInstant(round.starts_at)}>
        {writeTime(round.starts_at)}
      </td>
      <td className={`round-state round-state-${round.state}`}>
        {t(`rounds.state.${round.state}`)}
        {round.amended && <span className="muted"> · {t("rounds.amended")}</span>}
      </td>
      <td>
        <ol className="round-strip">
          {round.points.map((point) => (
            <PointMark key={point.id} point={point} />
          ))}
        </ol>
      </td>
      <td className="figures muted">
        {passed}/{round.points.length}
      </td>
      <td className="muted">{round.guards.join(", ")}</td>
      <td>
        {round.findings.map((finding) => (
          <div key={finding.type} className="round-finding">
            {t(`rounds.finding.${finding.type}`)}
            {finding.told.length + finding.points.length > 0 && ": "}
            {(finding.told.length > 0 ? finding.told : finding.points).join(", ")}
          </div>
        ))}
      </td>
    </tr>
  );
}
