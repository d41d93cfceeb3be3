/** Says that there are more alarms than a person can take in. */
import { useTranslation } from "react-i18next";
import type { Flood } from "../api/types";
import { writeTime } from "../i18n/instant";
import { useText } from "../i18n/i18n";
import { useSites } from "../parts/places";
import "./flood.css";

export function FloodBanner({ floods }: { floods: readonly Flood[] }) {
  const { t } = useTranslation();
  const read = useText();
  const { data: sites = [] } = useSites();
  if (floods.length === 0) return null;
  const nameOf = (id: string) => {
    const site = sites.find((one) => one.id === id);
    return site === undefined ? id : read(site.name);
  };
  return (
    <div className="flood" role="status">
      <strong>{t("flood.title")}</strong>{" "}
      {floods.map((flood) => (
        <span key={flood.site} className="flood-site">
          {t("flood.since", {
            site: nameOf(flood.site),
            count: flood.alarms,
            time: writeTime(Date.parse(flood.began_at)),
          })}
        </span>
      ))}
      <div className="muted">{t("flood.means")}</div>
    </div>
  );
}
