/** Every step that is possible now as a button, and the form with what the step asks for. */
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Step, WorkOrder } from "../api/types";
import { useSession } from "../session/session";
import { PromiseDialog } from "./PromiseDialog";
import { StepDialog } from "./StepDialog";
import { isOnward, permissionFor } from "./steps";

export function Steps({ order }: { order: WorkOrder }) {
  const { t } = useTranslation();
  const { data: session } = useSession();
  const [step, setStep] = useState<Step>();
  const [promising, setPromising] = useState(false);
  const may = (one: Step) => session?.permissions.includes(permissionFor(one)) ?? false;
  const steps = [...order.possible_steps].sort(
    (one, other) => Number(isOnward(other)) - Number(isOnward(one)),
  );
  return (
    <>
      <div className="order-steps">
        {steps.map((one) => (
          <Button
            key={one}
            type={isOnward(one) ? "primary" : "default"}
            disabled={!may(one)}
            title={may(one) ? undefined : t("orders.needs_approval")}
            onClick={() => setStep(one)}
          >
            {t(`step.${one}`)}
          </Button>
        ))}
        {order.clocks.some((clock) => clock.name === "fix" && clock.met_at === null) && (
          <Button onClick={() => setPromising(true)}>{t("orders.promise")}</Button>
        )}
      </div>
      {promising && <PromiseDialog order={order} onClose={() => setPromising(false)} />}
      {step !== undefined && <StepDialog order={order} step={step} onClose={() => setStep(undefined)} />}
    </>
  );
}
