/** What of the list is shown: site, severity, words. */
import { useTranslation } from "react-i18next";
import { ChoiceFilter, SiteFilter, WordsFilter } from "../parts/filters";
import { SEVERITIES, SeverityMark } from "../parts/severity";
import type { AlarmSieve } from "./filter";

interface Props {
  sieve: AlarmSieve;
  onChange: (sieve: AlarmSieve) => void;
}

export function AlarmFilters({ sieve, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <SiteFilter value={sieve.site} onChange={(site) => onChange({ ...sieve, site })} />
      <ChoiceFilter
        by={t("filter.severity")}
        width={120}
        value={sieve.severity}
        options={SEVERITIES.map((one) => ({ value: one, label: <SeverityMark severity={one} /> }))}
        onChange={(severity) => onChange({ ...sieve, severity })}
      />
      <WordsFilter width={110} value={sieve.words} onChange={(words) => onChange({ ...sieve, words })} />
    </>
  );
}
