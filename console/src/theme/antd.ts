/** antd in the console's own greys: compact, flat, no colour that means nothing. */
import { theme, type ThemeConfig } from "antd";
import type { Shade } from "./theme";

const PALETTE = {
  dark: {
    page: "#14171a",
    surface: "#1a1e22",
    raised: "#22272c",
    line: "#3a4249",
    text: "#d9dde1",
    muted: "#9ca6ae",
    accent: "#7f9db6",
  },
  light: {
    page: "#d3d7da",
    surface: "#e4e7e9",
    raised: "#f1f2f3",
    line: "#b9bfc4",
    text: "#171b1f",
    muted: "#48525a",
    accent: "#3f5e78",
  },
} as const;

export function antdTheme(shade: Shade): ThemeConfig {
  const colours = PALETTE[shade];
  return {
    algorithm: shade === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      colorPrimary: colours.accent,
      colorInfo: colours.accent,
      colorTextBase: colours.text,
      colorTextDescription: colours.muted,
      colorTextPlaceholder: colours.muted,
      colorBgBase: colours.surface,
      colorBgContainer: colours.raised,
      colorBgElevated: colours.raised,
      colorBgLayout: colours.page,
      colorBorder: colours.line,
      colorBorderSecondary: colours.line,
      borderRadius: 3,
      fontSize: 14,
      fontSizeSM: 12,
      controlHeight: 30,
      fontFamily: "inherit",
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.16s",
      boxShadow: "0 4px 16px rgb(0 0 0 / 30%)",
      boxShadowSecondary: "0 4px 16px rgb(0 0 0 / 30%)",
    },
    components: {
      Button: {
        contentFontSizeSM: 13,
        primaryShadow: "none",
        defaultShadow: "none",
        primaryColor: shade === "dark" ? "#10151a" : "#ffffff",
      },
      Form: { itemMarginBottom: 14 },
      Drawer: { paddingLG: 16 },
    },
  };
}
