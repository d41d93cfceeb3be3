/** What of a list is shown: a choice of some, a site, words. Each says what it filters by until something is chosen. */
import { Input, Select } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useText } from "../i18n/i18n";
import { useSites } from "./places";

interface ChoiceProps<T extends string> {
  by: string;
  width: number;
  value: T | undefined;
  options: { value: T; label: ReactNode }[];
  onChange: (value: T | undefined) => void;
}

export function ChoiceFilter<T extends string>({ by, width, value, options, onChange }: ChoiceProps<T>) {
  return (
    <Select<T>
      allowClear
      aria-label={by}
      placeholder={by}
      style={{ width }}
      value={value}
      options={options}
      onChange={(one?: T) => onChange(one)}
    />
  );
}

interface SiteProps {
  value: string | undefined;
  onChange: (site: string | undefined) => void;
}

/** Not seen where there is but one site. */
export function SiteFilter(props: SiteProps) {
  const { t } = useTranslation();
  const read = useText();
  const { data: sites = [] } = useSites();
  if (sites.length < 2) return null;
  const options = sites.map((one) => ({ value: one.id, label: read(one.name) }));
  return <ChoiceFilter by={t("filter.site")} width={160} options={options} {...props} />;
}

interface WordsProps {
  width?: number;
  value: string;
  onChange: (words: string) => void;
}

export function WordsFilter({ width = 200, value, onChange }: WordsProps) {
  const { t } = useTranslation();
  return (
    <Input
      allowClear
      type="search"
      aria-label={t("filter.words")}
      placeholder={t("filter.words")}
      style={{ width }}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
