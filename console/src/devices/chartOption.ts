/** From a range of history to what ECharts draws. Colours are read from the theme's tokens at this moment. */
import type { EChartsCoreOption } from "echarts/core";
import type { History, Metric } from "../api/types";
import type { Text } from "../i18n/i18n";
import { writeInstant } from "../i18n/instant";
import { writeValue } from "../parts/values";
import { token } from "../theme/theme";

type Item = History["items"][number];
type Point = [number, number | null];

export interface Labels {
  metric: Metric | undefined;
  label: string;
  words: { yes: string; no: string; bad: string; mean: string; band: string };
  read: (text: Text) => string;
}

/** A silence this many times longer than usual is a gap: it is shown as a gap, never drawn over. */
const GAP_TIMES = 5;

/** Points with a break wherever the device was silent for much longer than it usually is between two points. */
export function withGaps(points: readonly (readonly [number, number])[], spanMs: number): Point[] {
  const silences = points.slice(1).map(([at], index) => at - (points[index]?.[0] ?? at));
  const usual = silences.toSorted((one, other) => one - other)[Math.floor(silences.length / 2)] ?? 0;
  const longest = GAP_TIMES * Math.max(usual, spanMs);
  return points.flatMap(([at, value], index): Point[] => {
    const before = points[index - 1];
    const gap = before !== undefined && at - before[0] > longest;
    return gap
      ? [
          [before[0] + spanMs + 1, null],
          [at, value],
        ]
      : [[at, value]];
  });
}

/** The places on the axis of words: a metric's choices, then whatever else was said. */
export function categories(items: readonly Item[], metric: Metric | undefined): string[] {
  const said = items.map((item) => item.value).filter((value): value is string => typeof value === "string");
  return [...new Set([...Object.keys(metric?.choices ?? {}), ...said])];
}

function axisOf(item: Item, places: readonly string[]): number {
  if (typeof item.value === "boolean") return Number(item.value);
  return typeof item.value === "number" ? item.value : places.indexOf(item.value);
}

export function chartOption(history: History, labels: Labels): EChartsCoreOption {
  const { metric, words, read } = labels;
  const [text, muted, line, mean, band] = [
    token("--text"),
    token("--muted"),
    token("--line-soft"),
    token("--chart-mean"),
    token("--chart-band"),
  ];
  const spanMs = (history.span_s ?? 0) * 1000;
  const places = categories(history.items, metric);
  const numeric = (metric?.type ?? "number") === "number" && places.length === 0;
  const word = (name: "yes" | "no" | "bad") => words[name];
  const written = (value: number): string => {
    const said = places[value];
    if (said !== undefined) return writeValue(said, metric, read, word);
    if (metric?.type === "boolean") return word(value > 0 ? "yes" : "no");
    return writeValue(value, metric, read, word);
  };
  const at = (item: Item) => Date.parse(item.at);
  const items = new Map(history.items.map((item) => [at(item), item]));
  const points = (value: (item: Item) => number) =>
    withGaps(
      history.items.map((item) => [at(item), value(item)] as const),
      spanMs,
    );
  const steps = { type: "line", showSymbol: false, animation: false, lineStyle: { color: mean, width: 1.5 } };
  const invisible = {
    ...steps,
    lineStyle: { opacity: 0 },
    silent: true,
    stack: "band",
    stackStrategy: "all",
  };
  const low = (item: Item) => item.low ?? axisOf(item, places);
  const high = (item: Item) => item.high ?? axisOf(item, places);

  return {
    backgroundColor: "transparent",
    textStyle: { color: text, fontFamily: "inherit" },
    grid: { left: 12, right: 18, top: 18, bottom: 8, containLabel: true },
    dataZoom: [{ type: "inside" }],
    tooltip: {
      trigger: "axis",
      backgroundColor: token("--raised"),
      borderColor: token("--line"),
      textStyle: { color: text },
      formatter: (shown: { axisValue: number }[]) => {
        const item = items.get(shown[0]?.axisValue ?? NaN);
        if (item === undefined) return "";
        const value = written(numeric ? (item.mean ?? axisOf(item, places)) : axisOf(item, places));
        const spread = numeric && item.low !== null && item.low !== undefined;
        return [
          writeInstant(at(item)),
          `${spread ? words.mean : labels.label}: ${escaped(value)}`,
          ...(spread ? [`${words.band}: ${written(low(item))} – ${written(high(item))}`] : []),
        ].join("<br>");
      },
    },
    xAxis: {
      type: "time",
      min: Date.parse(history.start),
      max: Date.parse(history.end),
      axisLine: { lineStyle: { color: line } },
      axisLabel: { color: muted, hideOverlap: true },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      scale: numeric,
      min: numeric ? undefined : 0,
      max: numeric ? undefined : Math.max(1, places.length - 1),
      interval: numeric ? undefined : 1,
      name: metric?.unit,
      nameTextStyle: { color: muted, align: "right" },
      axisLabel: { color: muted, formatter: numeric ? undefined : written },
      splitLine: { lineStyle: { color: line } },
    },
    series: numeric
      ? [
          { ...invisible, name: "low", data: points(low) },
          {
            ...invisible,
            name: "spread",
            data: points((item) => high(item) - low(item)),
            areaStyle: { color: band },
          },
          { ...steps, name: "mean", data: points((item) => item.mean ?? axisOf(item, places)) },
        ]
      : [{ ...steps, name: "value", step: "end", data: points((item) => axisOf(item, places)) }],
  };
}

/** ECharts writes a tooltip as HTML; what a device said is text. */
function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
