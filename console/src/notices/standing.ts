/** How a notice stands, as a person reads it. Pure. */
import type { Notice } from "../api/types";

export type NoticeWord = "waiting" | "retrying" | "sent" | "failed";

/** One that waits after a try that did not work is told from one that was never tried. */
export function wordOf(notice: Pick<Notice, "state" | "tries" | "last_error">): NoticeWord {
  if (notice.state !== "waiting") return notice.state;
  return notice.tries > 0 && notice.last_error !== null ? "retrying" : "waiting";
}
