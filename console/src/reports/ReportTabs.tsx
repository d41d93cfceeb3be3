/** From one report to the other. */
import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";

const TABS = { figures: "/reports", actors: "/reports/bad-actors" } as const;
type Tab = keyof typeof TABS;
const NAMES: readonly Tab[] = ["figures", "actors"];

export function ReportTabs({ tab }: { tab: Tab }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Segmented<Tab>
      aria-label={t("nav.reports")}
      value={tab}
      onChange={(next) => void navigate(TABS[next])}
      options={NAMES.map((one) => ({ value: one, label: t(`reports.tab.${one}`) }))}
    />
  );
}
