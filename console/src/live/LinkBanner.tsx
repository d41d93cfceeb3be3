/** Says that what is on screen may be old, and how old. */
import { useTranslation } from "react-i18next";
import { writeTime } from "../i18n/instant";
import { useTick } from "./clock";
import { useLink } from "./LiveProvider";
import { isLost } from "./lost";
import "./live.css";

export function LinkBanner() {
  const { t } = useTranslation();
  const state = useLink();
  const lost = isLost(state, useTick());
  return (
    <div role="alert">
      {lost && (
        <p className="banner banner-lost">
          <strong>{t("live.lost")}</strong>{" "}
          {state.heardMs === undefined
            ? t("live.never_heard")
            : t("live.as_of", { time: writeTime(state.heardMs) })}
        </p>
      )}
    </div>
  );
}
