/**
 * Sound for alarms that nobody has acknowledged. Off until a person clicks, because browsers demand it; that it is off
 * is always said. Silencing ends the present sounds; whatever comes next is heard.
 */
import { Button, Tooltip } from "antd";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useOpenAlarms } from "./queries";
import { occurrenceKey, toneDue, toneOf } from "./sounding";
import { Speaker } from "./speaker";

const watchers = new Set<() => void>();
/** One loudspeaker for the whole page; a second would play over the first. */
const speaker = new Speaker(() => watchers.forEach((watcher) => watcher()));

function subscribe(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function SpeakerIcon({ on }: { on: boolean }) {
  return (
    <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true" style={{ verticalAlign: "-2px" }}>
      <path d="M2 6h2.5L8 3v10L4.5 10H2Z" fill="currentColor" />
      <path
        d={on ? "M10.5 5.5a3.5 3.5 0 0 1 0 5M12.5 3.5a6 6 0 0 1 0 9" : "m10.5 6 4 4m0-4-4 4"}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
      />
    </svg>
  );
}

export function SoundControl() {
  const { t } = useTranslation();
  const { data: alarms = [] } = useOpenAlarms();
  const [silenced, setSilenced] = useState<ReadonlySet<string>>(new Set());
  const running = useSyncExternalStore(subscribe, () => speaker.running);
  const tone = toneDue(alarms, silenced);

  useEffect(() => speaker.play(tone), [tone]);
  useEffect(() => () => speaker.play(undefined), []);

  const silence = () =>
    setSilenced(new Set(alarms.filter((alarm) => toneOf(alarm) !== undefined).map(occurrenceKey)));

  return (
    <>
      {running && tone !== undefined && (
        <Button size="small" onClick={silence} title={t("sound.silence_means")}>
          {t("sound.silence")}
        </Button>
      )}
      <Tooltip title={running ? t("sound.on_means") : t("sound.off_means")}>
        <Button
          size="small"
          type={running ? "text" : "default"}
          className={running ? "sound" : "sound sound-off"}
          aria-pressed={running}
          aria-label={running ? t("sound.on") : t("sound.enable")}
          icon={<SpeakerIcon on={running} />}
          onClick={() => void (running ? speaker.disable() : speaker.enable())}
        >
          <span className="sound-word">{running ? t("sound.on") : t("sound.enable")}</span>
        </Button>
      </Tooltip>
    </>
  );
}
