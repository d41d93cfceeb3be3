/** The start: theme and words first, so that the first paint is already right. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startLanguages } from "./i18n/i18n";
import { App } from "./shell/App";
import { startTheme } from "./theme/theme";
import "./theme/base.css";
import "./theme/tokens.css";

startTheme();
await startLanguages();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
