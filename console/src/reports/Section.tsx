/** One report: its head with the export, then its figures, or why there are none. */
import { Button } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ListState, type List } from "../parts/states";
import { keep } from "./csv";

interface Props {
  title: string;
  list: List;
  file: string;
  /** The file's content; undefined while there is nothing to export. */
  csv: (() => string) | undefined;
  children: ReactNode;
}

export function Section({ title, list, file, csv, children }: Props) {
  const { t } = useTranslation();
  return (
    <section className="panel report" aria-label={title}>
      <div className="report-head">
        <h2>{title}</h2>
        {csv !== undefined && (
          <Button size="small" onClick={() => keep(file, csv())}>
            {t("reports.export")}
          </Button>
        )}
      </div>
      <ListState list={list} />
      {list.data !== undefined && children}
    </section>
  );
}
