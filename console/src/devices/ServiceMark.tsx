/** Whether a device is out of service, and the act that takes it out or brings it back. */
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Device } from "../api/types";
import { Instant } from "../parts/times";
import { useMay } from "../session/session";
import { outOfService } from "../standing/hidden";
import { useMeasures } from "../standing/queries";

const OutOfServiceDialog = lazy(async () => ({
  default: (await import("../standing/OutOfServiceDialog")).OutOfServiceDialog,
}));
const EndDialog = lazy(async () => ({ default: (await import("../standing/EndDialog")).EndDialog }));

export function ServiceMark({ device }: { device: Device }) {
  const { t } = useTranslation();
  const mayDecide = useMay("take_out_of_service");
  const { data: measures } = useMeasures();
  const [asking, setAsking] = useState(false);
  const measure = outOfService(measures ?? [], device.site, device.id);
  const close = () => setAsking(false);
  return (
    <>
      {measure !== undefined && (
        <span title={measure.reason}>
          <strong>{t("alarm_standing.out_of_service")}</strong>{" "}
          <span className="muted">
            {measure.by}, {t("alarm_standing.until")} <Instant at={measure.until} />
          </span>
        </span>
      )}
      {mayDecide && measures !== undefined && (
        <Button size="small" onClick={() => setAsking(true)}>
          {t(measure === undefined ? "standing.out.open" : "standing.out.return")}
        </Button>
      )}
      <Suspense>
        {asking && measure === undefined && <OutOfServiceDialog device={device} onClose={close} />}
        {asking && measure !== undefined && <EndDialog measure={measure} onClose={close} />}
      </Suspense>
    </>
  );
}
