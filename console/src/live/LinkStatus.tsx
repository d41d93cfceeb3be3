/** The small word in the bar: live, connecting or lost, and when the server was last heard. */
import { useTranslation } from "react-i18next";
import { writeTime } from "../i18n/instant";
import { useLink } from "./LiveProvider";

export function LinkStatus() {
  const { t } = useTranslation();
  const { link, heardMs } = useLink();
  const heard = heardMs === undefined ? undefined : writeTime(heardMs);
  return (
    <span className={`link-status link-${link}`} title={t("live.last_update")}>
      <span>{t(`live.${link === "lost" ? "reconnecting" : link}`)}</span>
      {heard !== undefined && <span className="figures muted">{heard}</span>}
    </span>
  );
}
