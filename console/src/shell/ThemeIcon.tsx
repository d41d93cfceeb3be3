/** A sun, a moon, or a screen for what the system says. */
import type { Choice } from "../theme/theme";

const PATHS: Record<Choice, string> = {
  light:
    "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  dark: "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z",
  system: "M2 3h12v8H2ZM5.5 14h5M8 11v3",
};

export function ThemeIcon({ choice }: { choice: Choice }) {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" style={{ verticalAlign: "middle" }}>
      <path d={PATHS[choice]} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" />
    </svg>
  );
}
