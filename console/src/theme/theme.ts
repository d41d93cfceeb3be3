/**
 * The theme: what the person chose, or else what the system says.
 *
 * Promises: `data-theme` on the root element is set before the first paint of the application and follows both.
 */
import { useSyncExternalStore } from "react";

export type Choice = "system" | "dark" | "light";
export type Shade = "dark" | "light";

const KEPT_AS = "watchkeeper.theme";
const CHOICES: readonly Choice[] = ["system", "dark", "light"];
const system = window.matchMedia("(prefers-color-scheme: light)");
const listeners = new Set<() => void>();
let choice: Choice = kept();

function kept(): Choice {
  const found = localStorage.getItem(KEPT_AS);
  return CHOICES.find((one) => one === found) ?? "system";
}

function shade(): Shade {
  if (choice !== "system") return choice;
  return system.matches ? "light" : "dark";
}

function apply(): void {
  document.documentElement.dataset.theme = shade();
  for (const listener of listeners) listener();
}

/** Show the theme that is due, now and whenever the system changes its mind. Called once, at the start. */
export function startTheme(): void {
  apply();
  system.addEventListener("change", apply);
}

export function chooseTheme(next: Choice): void {
  choice = next;
  localStorage.setItem(KEPT_AS, next);
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The shade on screen. */
export function useShade(): Shade {
  return useSyncExternalStore(subscribe, shade);
}

/** What the person chose. */
export function useThemeChoice(): Choice {
  return useSyncExternalStore(subscribe, () => choice);
}

/** The value of a token of tokens.css, as it is now. For canvas, which knows no custom properties. */
export function token(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
