// The look: Mantine's own components, one typeface with tabular figures, and colours that keep 4.5:1 contrast.
import { type CSSVariablesResolver, createTheme } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 7 },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '600' },
  defaultRadius: 'md',
  cursorType: 'pointer',
});

/** Mantine's dimmed text is 3.3:1 on white; a shop owner reads it on a phone in daylight. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#53606c', '--mantine-color-body': '#f6f8f9' },
  dark: { '--mantine-color-dimmed': '#a9b1b8', '--mantine-color-body': '#15181a' },
});
