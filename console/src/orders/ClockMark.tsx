/** One clock, counting down: grey while there is time, amber when warned, red with the word when breached. */
import { useTranslation } from "react-i18next";
import type { Clock } from "../api/types";
import { writeInstant } from "../i18n/instant";
import { spanWords } from "../i18n/span";
import { useNow } from "../live/clock";
import { leftMs, standingOf } from "./clocks";
import "./clocks.css";

export function ClockMark({ clock }: { clock: Clock }) {
  const { t } = useTranslation();
  const now = useNow();
  const standing = standingOf(clock, now);
  const left = leftMs(clock, now);
  const over =
    standing === "breached" ? t("clock.overdue", { span: spanWords(t, -left) }) : spanWords(t, left);
  const settled = standing === "met" || standing === "met_late";
  return (
    <span className={`clock clock-${standing}`} title={t("clock.due_at", { at: writeInstant(clock.due_at) })}>
      <span className="clock-name">{t(`clock.name.${clock.name}`)}</span>
      {!settled && <span className="figures">{over}</span>}
      {clock.missed > 0 && <span className="clock-missed">{t("clock.missed", { count: clock.missed })}</span>}
      {standing !== "running" && <span className="clock-word">{t(`clock.standing.${standing}`)}</span>}
    </span>
  );
}
