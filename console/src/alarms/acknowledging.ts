/** Acknowledging from anywhere on screen; who was faster is told. */
import { App } from "antd";
import { useTranslation } from "react-i18next";
import { useErrorWords } from "../parts/states";
import { useMay } from "../session/session";
import { useAcknowledge, useAcknowledgeGroup } from "./queries";

const READING_SECONDS = 6;

export function useAcknowledging() {
  const { notification } = App.useApp();
  const { t } = useTranslation();
  const words = useErrorWords();
  const mayHandle = useMay("handle_alarms");
  const { mutate, isPending, variables } = useAcknowledge();
  return {
    mayHandle,
    /** The id that is under way. */
    acknowledging: isPending ? variables : undefined,
    acknowledge: (id: string) =>
      mutate(id, {
        onError: (error) =>
          notification.error({
            title: t("problem.not_acknowledged"),
            description: words(error),
            placement: "bottomRight",
            duration: READING_SECONDS,
          }),
      }),
  };
}

/** Acknowledging what a group shows unseen, with one word. */
export function useAcknowledgingGroup() {
  const { notification } = App.useApp();
  const { t } = useTranslation();
  const words = useErrorWords();
  const mayHandle = useMay("handle_alarms");
  const { mutate, isPending } = useAcknowledgeGroup();
  const tell = (description: React.ReactNode): void =>
    notification.error({
      title: t("problem.not_acknowledged"),
      description,
      placement: "bottomRight",
      duration: READING_SECONDS,
    });
  return {
    mayHandle,
    acknowledging: isPending,
    acknowledge: (ids: readonly string[]) =>
      mutate(ids, {
        onError: (error) => tell(words(error)),
        onSuccess: ({ left }) => {
          if (left.length > 0) tell(left.map((one) => `${one.alarm}: ${one.why}`).join("; "));
        },
      }),
  };
}
