/** Ends a test, or returns a device to service, with a note. */
import { useTranslation } from "react-i18next";
import type { Measure } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { NoteForm } from "../parts/NoteForm";
import { useBringBack, useEndTest } from "./queries";

interface Props {
  measure: Measure;
  onClose: () => void;
}

function EndTest({ measure, onClose }: Props) {
  const { t } = useTranslation();
  const end = useEndTest(measure.id);
  return (
    <NoteForm
      label={t("standing.test.end_note")}
      act={t("standing.test.end")}
      primary
      pending={end.isPending}
      error={end.error}
      onSend={(note) => end.mutate(note, { onSuccess: onClose })}
    />
  );
}

function BringBack({ measure, onClose }: Props) {
  const { t } = useTranslation();
  const bringBack = useBringBack(measure.site, measure.devices[0] ?? "");
  return (
    <NoteForm
      label={t("standing.out.return_note")}
      act={t("standing.out.return")}
      primary
      pending={bringBack.isPending}
      error={bringBack.error}
      onSend={(note) => bringBack.mutate(note, { onSuccess: onClose })}
    />
  );
}

export function EndDialog({ measure, onClose }: Props) {
  const { t } = useTranslation();
  const test = measure.type === "test";
  return (
    <Dialog
      title={
        test ? t("standing.test.end_title") : t("standing.out.return_title", { device: measure.devices[0] })
      }
      onClose={onClose}
    >
      <p className="muted">{t(test ? "standing.test.end_means" : "standing.out.return_means")}</p>
      {test ? (
        <EndTest measure={measure} onClose={onClose} />
      ) : (
        <BringBack measure={measure} onClose={onClose} />
      )}
    </Dialog>
  );
}
