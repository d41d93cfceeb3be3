/** Says that nobody is judging readings now: no alarm can come, whatever happens on the property. */
import { useTranslation } from "react-i18next";
import { writeTime } from "../i18n/instant";
import { useText } from "../i18n/i18n";
import { useSites } from "../parts/places";
import { useLink } from "./LiveProvider";
import "./live.css";

export function WatchBanner() {
  const { t } = useTranslation();
  const { watch } = useLink();
  const { data: sites = [] } = useSites();
  const read = useText();
  const unwatched = watch?.sites.filter((site) => !site.watching) ?? [];
  const nameOf = (id: string) => {
    const site = sites.find((one) => one.id === id);
    return site === undefined ? id : read(site.name);
  };
  return (
    <div role="alert">
      {watch !== undefined && !watch.watching && (
        <p className="banner banner-watch">
          <strong>{t("live.not_watching")}</strong> {t("live.not_watching_means")}{" "}
          {unwatched
            .map(({ site, judged_at }) =>
              judged_at === null
                ? t("live.never_judged", { site: nameOf(site) })
                : t("live.judged_at", { site: nameOf(site), time: writeTime(judged_at) }),
            )
            .join(" ")}
        </p>
      )}
    </div>
  );
}
