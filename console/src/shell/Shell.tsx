/** The frame around every page: bar, banners, the life-safety band, then the page, which alone scrolls. */
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet } from "react-router";
import { AlarmAnnouncer } from "../alarms/AlarmAnnouncer";
import { LifeSafetyBand } from "../alarms/LifeSafetyBand";
import { SoundControl } from "../alarms/SoundControl";
import { LinkBanner } from "../live/LinkBanner";
import { LinkStatus } from "../live/LinkStatus";
import { WatchBanner } from "../live/WatchBanner";
import { STAGE } from "../parts/stage";
import { Loading } from "../parts/states";
import { StandingStrip } from "../standing/StandingStrip";
import { FurtherNavigation, Navigation } from "./Navigation";
import { PersonMenu } from "./PersonMenu";
import "./shell.css";

export function Shell() {
  const { t } = useTranslation();
  const [further, showFurther] = useState(false);
  return (
    <div className="shell">
      <a className="skip" href="#page">
        {t("shell.skip")}
      </a>
      <header className="bar">
        <span className="brand" translate="no">
          <span className="brand-long">{t("brand.latin")} </span>
          {t("brand.han")}
        </span>
        <Navigation further={further} showFurther={showFurther} />
        <div className="bar-end">
          <LinkStatus />
          <SoundControl />
          <PersonMenu />
        </div>
      </header>
      <FurtherNavigation asked={further} />
      <LinkBanner />
      <WatchBanner />
      <LifeSafetyBand />
      <StandingStrip />
      <div id={STAGE} className="stage">
        <main id="page" className="page" tabIndex={-1}>
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <AlarmAnnouncer />
    </div>
  );
}
