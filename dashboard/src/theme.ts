// The look: Mantine's own components, one typeface with tabular figures, and colours that keep 4.5:1 contrast.
import { type CSSVariablesResolver, createTheme, Notification, Paper, ScrollArea } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'cyan',
  // White on the ninth shade is 5.5:1 in both schemes; Mantine's own choice for dark is 3.4:1.
  primaryShade: 9,
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '600' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  components: {
    // Beside a title Mantine greys the message to 3.3:1.
    Notification: Notification.extend({ styles: { description: { color: 'var(--mantine-color-dimmed)' } } }),
    Paper: Paper.extend({ defaultProps: { bg: 'var(--mantine-color-default)' } }),
    ScrollAreaAutosize: ScrollArea.Autosize.extend({
      defaultProps: { type: 'auto', offsetScrollbars: 'present', scrollbarSize: 8 },
    }),
  },
});

/** Fills of the two grave states; white on them is at least 5:1. */
export const stateColors = { grave: '#b3261e', warning: '#b54708' } as const;

/** Mantine's dimmed text is 3.3:1 on white; a shop owner reads it on a phone in daylight. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#53606c', '--mantine-color-body': '#f6f8f9' },
  dark: { '--mantine-color-dimmed': '#a9b1b8', '--mantine-color-body': '#15181a' },
});
