// A panel of the board: a heading, something on the right of it, and the content.
import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';

type PanelProps = { title: string; aside?: ReactNode; children: ReactNode; testId?: string };

export function Panel({ title, aside, children, testId }: PanelProps) {
  const headingId = useId();
  return (
    <Paper component="section" aria-labelledby={headingId} withBorder radius="md" p="md" data-testid={testId}>
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={2} size="h5" id={headingId}>
            {title}
          </Title>
          {aside}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}

/** What a panel says when it has nothing to show yet. */
export function EmptyPanel({ title, detail }: { title: string; detail: string }) {
  return (
    <Center py="lg" px="md">
      <Stack gap={2} align="center">
        <Text fw={500}>{title}</Text>
        <Text size="sm" c="dimmed" ta="center">
          {detail}
        </Text>
      </Stack>
    </Center>
  );
}
