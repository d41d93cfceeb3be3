/** What a measure is about, in words: a zone, devices, or a rule on a subject. */
import type { Measure } from "../api/types";
import { useText } from "../i18n/i18n";
import { useKindName, usePlaceName } from "../parts/places";
import { useRules } from "../rules/queries";

const MOST_NAMED = 6;

export function useMeasureWhat(): (measure: Measure) => string {
  const place = usePlaceName();
  const read = useText();
  const kindName = useKindName();
  const { data: rules } = useRules();
  return (measure) => {
    if (measure.devices.length === 0 && measure.rule === null) {
      const kind = measure.kind === null ? [] : [kindName(measure.kind)];
      return [...kind, place(measure)].join(" · ");
    }
    if (measure.rule !== null) {
      const rule = rules?.find((one) => one.id === measure.rule);
      return `${measure.subject?.id ?? ""} · ${rule === undefined ? measure.rule : read(rule.title)}`;
    }
    const named = measure.devices.slice(0, MOST_NAMED).join(", ");
    return measure.devices.length > MOST_NAMED ? `${named}, … (${measure.devices.length})` : named;
  };
}
