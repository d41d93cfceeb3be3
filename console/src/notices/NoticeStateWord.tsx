/** How a notice stands, by shape and word; colour only for one that did not get through. */
import { useTranslation } from "react-i18next";
import type { Notice } from "../api/types";
import { wordOf } from "./standing";
import "./notices.css";

const SHAPES = { waiting: "○", retrying: "◐", sent: "●", failed: "✕" } as const;

export function NoticeStateWord({ notice }: { notice: Notice }) {
  const { t } = useTranslation();
  const word = wordOf(notice);
  return (
    <span className={`notice-state notice-${word}`}>
      <span aria-hidden="true">{SHAPES[word]}</span> {t(`notices.state.${word}`)}
    </span>
  );
}
