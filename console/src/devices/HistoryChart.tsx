/** One metric over time: the mean as a line, lowest to highest as a band; on and off, and words, as steps. */
import { LineChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use as install, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Metric } from "../api/types";
import { useText } from "../i18n/i18n";
import { Empty, Failed } from "../parts/states";
import { useShade } from "../theme/theme";
import { chartOption } from "./chartOption";
import { useHistory } from "./queries";
import type { Range } from "./ranges";

install([LineChart, GridComponent, TooltipComponent, DataZoomComponent, CanvasRenderer]);

interface Props {
  site: string;
  device: string;
  name: string;
  metric: Metric | undefined;
  range: Range;
}

export function HistoryChart({ site, device, name, metric, range }: Props) {
  const { t, i18n } = useTranslation();
  const read = useText();
  const shade = useShade();
  const { data: history, error, isPending, refetch } = useHistory(site, device, name, range);
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);

  useEffect(() => {
    if (place.current === null) return;
    const made = init(place.current);
    chart.current = made;
    const resized = new ResizeObserver(() => made.resize());
    resized.observe(place.current);
    return () => {
      resized.disconnect();
      made.dispose();
    };
  }, []);

  const label = metric === undefined ? name : read(metric.label);
  useEffect(() => {
    if (history === undefined) return;
    const words = {
      yes: t("why.word.yes"),
      no: t("why.word.no"),
      bad: t("why.word.bad"),
      mean: t("chart.mean"),
      band: t("chart.band"),
    };
    chart.current?.setOption(chartOption(history, { metric, label, words, read }), { notMerge: true });
    // `read` follows the language, the option's colours follow the shade.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [history, metric, label, shade, i18n.language]);

  return (
    <div className="chart" aria-busy={isPending}>
      <div ref={place} className="chart-canvas" role="img" aria-label={t("chart.of", { label, device })} />
      {history?.items.length === 0 && (
        <div className="chart-note">
          <Empty title={t("chart.none")} />
        </div>
      )}
      {error !== null && history === undefined && (
        <div className="chart-note">
          <Failed error={error} retry={() => void refetch()} />
        </div>
      )}
    </div>
  );
}
