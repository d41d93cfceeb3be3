/** A manager's word on a cycle, with its reason. */
import { useTranslation } from "react-i18next";
import type { Duty } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { NoteForm } from "../parts/NoteForm";
import { useDecide, type Decision } from "./queries";

interface Props {
  duty: Duty;
  decision: Decision;
  onClose: () => void;
}

export function DecideDialog({ duty, decision, onClose }: Props) {
  const { t } = useTranslation();
  const decide = useDecide(duty.id, decision);
  return (
    <Dialog title={t(`duties.decide.${decision}`)} onClose={onClose}>
      <p className="muted">{t(`duties.means.${decision}`)}</p>
      <NoteForm
        label={t("duties.reason")}
        act={t(`duties.decide.${decision}`)}
        primary
        pending={decide.isPending}
        error={decide.error}
        onSend={(reason) => decide.mutate(reason, { onSuccess: onClose })}
      />
    </Dialog>
  );
}
