/** What files an order takes, and how they are told. Pure; the server decides by their content. */
import type { WorkOrderDetail } from "../api/types";

type FileType = WorkOrderDetail["attachments"][number]["type"];

const KIB = 1024;
const MIB = KIB * KIB;

export const LARGEST_BYTES = 10 * MIB;

/** For the browser's own dialog; on a phone it offers the camera. */
export const ACCEPTED = "image/*,application/pdf,video/mp4,video/quicktime,audio/mpeg,audio/mp4";

const SHOWN: ReadonlySet<FileType> = new Set<FileType>(["image/jpeg", "image/png", "image/webp"]);

export function isPicture(type: FileType): boolean {
  return SHOWN.has(type);
}

export function pathOf(order: string, file: string): string {
  return `/api/v1/work-orders/${encodeURIComponent(order)}/attachments/${encodeURIComponent(file)}`;
}

/** `340 KiB`, `2.4 MiB`. */
export function writeSize(bytes: number): string {
  return bytes < MIB
    ? `${String(Math.max(1, Math.round(bytes / KIB)))} KiB`
    : `${(bytes / MIB).toFixed(1)} MiB`;
}

/** A sum as people write it, from hundredths. */
export function writeCost(cost: { cents: number; currency: string }): string {
  return `${(cost.cents / 100).toFixed(2)} ${cost.currency}`;
}
