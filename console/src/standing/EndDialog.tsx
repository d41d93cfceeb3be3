/** Ends a test, or returns a device to service, with a note. */
import { useTranslation } from "react-i18next";
import type { Measure } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { NoteForm } from "../parts/NoteForm";
import { useBringBack, useEndTest, useEndWindow } from "./queries";

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

function EndWindow({ measure, onClose }: Props) {
  const { t } = useTranslation();
  const end = useEndWindow(measure.id);
  return (
    <NoteForm
      label={t("standing.out.return_note")}
      act={t("standing.window.end")}
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

const FORMS = { test: EndTest, window: EndWindow, device: BringBack } as const;

/** What is ended: a test, a maintenance window, or one device's time out of service. */
function kindOf({ type, window }: Measure): keyof typeof FORMS {
  if (type === "test") return "test";
  return window === null ? "device" : "window";
}

export function EndDialog({ measure, onClose }: Props) {
  const { t } = useTranslation();
  const kind = kindOf(measure);
  const titles = {
    test: t("standing.test.end_title"),
    window: t("standing.window.end_title", { window: measure.window }),
    device: t("standing.out.return_title", { device: measure.devices[0] }),
  };
  const EndForm = FORMS[kind];
  return (
    <Dialog title={titles[kind]} onClose={onClose}>
      <p className="muted">{t(kind === "test" ? "standing.test.end_means" : "standing.out.return_means")}</p>
      <EndForm measure={measure} onClose={onClose} />
    </Dialog>
  );
}
