/** Instants and ages on screen. Ages tick by themselves; pointing at one shows the instant. */
import { useTranslation } from "react-i18next";
import { useNow } from "../live/clock";
import { writeInstant } from "../i18n/instant";
import { spanWords } from "../i18n/span";

export function Age({ since }: { since: string }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <time className="figures" dateTime={since} title={writeInstant(since)}>
      {spanWords(t, now - Date.parse(since))}
    </time>
  );
}

export function Instant({ at }: { at: string }) {
  return (
    <time className="figures" dateTime={at}>
      {writeInstant(at)}
    </time>
  );
}
