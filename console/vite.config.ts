import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where the API answers while the console is developed; `make run` serves it there. */
const API = process.env.WATCHKEEPER_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: { host: "127.0.0.1", proxy: { "/api": API, "/healthz": API, "/readyz": API } },
  build: {
    outDir: "dist",
    target: "es2022",
    // Inlined data: addresses would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/test-setup.ts"] },
});
