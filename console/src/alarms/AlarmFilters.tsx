/** What of the list is shown: site, severity, words. */
import { Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useText } from "../i18n/i18n";
import { useSites } from "../parts/places";
import { SEVERITIES, SeverityMark } from "../parts/severity";
import type { AlarmSieve } from "./filter";

interface Props {
  sieve: AlarmSieve;
  onChange: (sieve: AlarmSieve) => void;
}

export function AlarmFilters({ sieve, onChange }: Props) {
  const { t } = useTranslation();
  const { data: sites = [] } = useSites();
  const read = useText();
  return (
    <>
      {sites.length > 1 && (
        <Select
          allowClear
          aria-label={t("filter.site")}
          placeholder={t("filter.site")}
          style={{ width: 150 }}
          value={sieve.site}
          options={sites.map((site) => ({ value: site.id, label: read(site.name) }))}
          onChange={(site?: string) => onChange({ ...sieve, site })}
        />
      )}
      <Select
        allowClear
        aria-label={t("filter.severity")}
        placeholder={t("filter.severity")}
        style={{ width: 120 }}
        value={sieve.severity}
        options={SEVERITIES.map((one) => ({ value: one, label: <SeverityMark severity={one} /> }))}
        onChange={(severity?: AlarmSieve["severity"]) => onChange({ ...sieve, severity })}
      />
      <Input
        allowClear
        type="search"
        aria-label={t("filter.words")}
        placeholder={t("filter.words")}
        style={{ width: 110 }}
        value={sieve.words}
        onChange={(event) => onChange({ ...sieve, words: event.target.value })}
      />
    </>
  );
}
