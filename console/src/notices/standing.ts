/** How a notice stands, as a person reads it. Pure. */
import type { Notice } from "../api/types";

export type NoticeWord = "waiting" | "retrying" | "sent" | "failed";

/** One that waits after a try that did not work is told from one that was never tried. */
export function wordOf(notice: Pick<Notice, "state" | "tries" | "last_error">): NoticeWord {
  if (notice.state !== "waiting") return notice.state;
  return notice.tries > 0 && notice.last_error !== null ? "retrying" : "waiting";
}

/** The channels of these notices, by name. */
export function channelsOf(notices: readonly Notice[]): string[] {
  return [...new Set(notices.map((notice) => notice.channel))].sort();
}

export interface ChannelCount {
  channel: string;
  sent: number;
  waiting: number;
  failed: number;
}

/** How the notices of each channel stand. */
export function countsByChannel(notices: readonly Notice[]): ChannelCount[] {
  return channelsOf(notices).map((channel) => {
    const those = notices.filter((notice) => notice.channel === channel);
    const count = (state: Notice["state"]) => those.filter((notice) => notice.state === state).length;
    return { channel, sent: count("sent"), waiting: count("waiting"), failed: count("failed") };
  });
}
