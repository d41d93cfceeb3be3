/** Alarms a day as bars, life-safety told by a mark on top. The figures are in the table beside it. */
import { useTranslation } from "react-i18next";
import type { AlarmReport } from "../api/types";

const WIDTH = 640;
const HEIGHT = 120;
const BAR_SHARE = 0.7;
const WIDEST = 22;
const MARK = 5;

export function DayBars({ days }: { days: AlarmReport["days"] }) {
  const { t } = useTranslation();
  const totals = days.map((day) => day.urgent + day.important + day.general);
  const most = Math.max(1, ...totals);
  const step = WIDTH / days.length;
  const width = Math.min(step * BAR_SHARE, WIDEST);
  const label = t("reports.days_chart", { most });
  return (
    <figure className="day-bars">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
        {days.map((day, index) => {
          const total = totals[index] ?? 0;
          const height = (total / most) * (HEIGHT - 3 * MARK);
          const left = (index + 0.5) * step - width / 2;
          return (
            <g key={day.day}>
              <title>{t("reports.day_total", { day: day.day, count: total })}</title>
              <rect x={left} y={HEIGHT - height} width={width} height={height} />
              {day.life_safety > 0 && (
                <rect
                  className="day-life"
                  x={left}
                  y={HEIGHT - height - 2 * MARK}
                  width={width}
                  height={MARK}
                />
              )}
            </g>
          );
        })}
      </svg>
      <figcaption className="muted figures">
        <span>{days[0]?.day}</span>
        <span>{label}</span>
        <span>{days.at(-1)?.day}</span>
      </figcaption>
    </figure>
  );
}
