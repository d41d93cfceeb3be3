/** Where pages, drawers and dialogs play: below the banners and the life-safety band, which nothing may cover. */
export const STAGE = "stage";

export function stage(): HTMLElement {
  return document.getElementById(STAGE) ?? document.body;
}
