// A whole page that says one thing: nothing to show, or why it cannot be shown, and what to do.
import { Center, Code, Group, Stack, Text, Title } from '@mantine/core';
import { TillstreamError } from '@tillstream/client';
import type { ReactNode } from 'react';
import { Wordmark } from './wordmark.tsx';

type MessageProps = { title: string; detail?: string; error?: Error; children?: ReactNode };

export function Message({ title, detail, error, children }: MessageProps) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack maw={480} gap="md">
        <Wordmark />
        <Title order={1} size="h3">
          {title}
        </Title>
        <Text>{detail ?? error?.message}</Text>
        {error instanceof TillstreamError && <ErrorReference error={error} />}
        <Group>{children}</Group>
      </Stack>
    </Center>
  );
}

/** The code and request id of a refusal: what support asks for first. */
export function ErrorReference({ error }: { error: TillstreamError }) {
  return (
    <Text size="sm" c="dimmed">
      <Code>{error.code}</Code>
      {error.requestId !== undefined && <> · request {error.requestId}</>}
    </Text>
  );
}
